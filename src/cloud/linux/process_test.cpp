#include "cloud/linux/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace holdfast::cloud::linux_ {
namespace {

TEST(Process, KeepsWhatTheProgramSaidAndHowItEnded) {
  const auto output = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(output) << holdfast::describe(output.error());
  EXPECT_EQ(output->exit_status, 3);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(run({"sh", "-c", "kill -TERM $$"})->exit_status, 128 + 15);
}

TEST(Process, CheckedFailureCarriesTheLastWords) {
  const auto output = run_checked({"sh", "-c", "echo no such pool >&2; exit 1"});
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message.find("no such pool"), std::string::npos);
}

TEST(Process, KillsTheWholeGroupWhenTheTimeIsOver) {
  const auto begin = std::chrono::steady_clock::now();
  const auto output = run({"sh", "-c", "sleep 60 & sleep 60"}, {.time = std::chrono::milliseconds(100)});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, "ProgramTimeout");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Process, EndsWithTheProgramThoughAGrandchildHoldsItsOutput) {
  const auto output = run({"sh", "-c", "sleep 30 & echo done"}, {.time = std::chrono::seconds(20)});
  ASSERT_TRUE(output) << holdfast::describe(output.error());
  EXPECT_EQ(output->out, "done\n");
}

TEST(Process, KeepsOnlyTheLastBytesOfALongOutput) {
  const auto output = run({"sh", "-c", "seq 100000"}, {.output_bytes = 1000});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out.size(), 1000u);
  EXPECT_TRUE(output->out.ends_with("99999\n100000\n"));
}

TEST(Process, PrivateMountsAreSeenByNobodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: mounts";
  const auto inside =
      run({"sh", "-c", "mount -t tmpfs none /mnt && grep -c ' /mnt ' /proc/self/mounts"}, {.private_mounts = true});
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->exit_status, 0) << inside->err;
  EXPECT_NE(run({"grep", "-q", "^none /mnt ", "/proc/self/mounts"})->exit_status, 0);
}

TEST(Process, NamesAProgramThatIsNotThere) {
  EXPECT_EQ(run({"holdfast-no-such-program"}).error().code, "ProgramNotFound");
}

}  // namespace
}  // namespace holdfast::cloud::linux_
