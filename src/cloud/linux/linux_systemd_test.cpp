// The image built from Debian's packages, which boots systemd. Slow and needs Debian's mirror: only with
// HOLDFAST_SLOW_TESTS=1.
#include <gtest/gtest.h>

#include <cstdlib>

#include "cloud/linux/test_cloud.h"

namespace holdfast::cloud::linux_ {
namespace {

TEST(SystemdOnLinux, BootsRunsUserDataAndShutsDown) {
  if (::getenv("HOLDFAST_SLOW_TESTS") == nullptr) GTEST_SKIP() << "slow: set HOLDFAST_SLOW_TESTS=1";
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: namespaces, loop devices, bridges";
  TestCloud cloud(int64_t{16} << 30);
  ASSERT_OK(cloud.start());
  ASSERT_OK(cloud.build("debian-12-postgresql"));
  ASSERT_OK(cloud.volume("vol-root-10", 6, "debian-12-postgresql"));
  auto spec =
      cloud.spec(10, "#!/bin/bash\necho hello from systemd\nsystemctl is-active multi-user.target dbus\ntrue\n");
  spec.memory_mib = 1024;
  double took = 0;
  ASSERT_OK(cloud.launch(spec, &took));
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = cloud.events().wait_for_user_data(spec.id, 1, std::chrono::seconds(60));
  const std::chrono::duration<double, std::milli> booted = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(outcome, UserDataOutcome::succeeded) << cloud.substrate().console_output(spec.id).value_or("");
  EXPECT_TRUE(cloud.wait_for_console(spec, "hello from systemd"))
      << cloud.substrate().console_output(spec.id).value_or("");
  EXPECT_EQ(cloud.in(spec, "cat /proc/1/comm"), "systemd");
  EXPECT_EQ(cloud.in(spec, "systemctl --failed --no-legend | cat"), "");
  cloud.in(spec, "echo kept >/root/file");
  double stopped = 0;
  ASSERT_OK(cloud.stop(spec, StopHow::shutdown, &stopped));
  fmt::print("launch {:.1f} ms, user data done after {:.0f} ms, shutdown {:.0f} ms\n", took, booted.count(), stopped);
  EXPECT_LT(stopped, 25'000) << "it heeded its stop signal";
  ASSERT_OK(cloud.launch(spec));
  EXPECT_EQ(cloud.in(spec, "cat /root/file"), "kept");
}

}  // namespace
}  // namespace holdfast::cloud::linux_
