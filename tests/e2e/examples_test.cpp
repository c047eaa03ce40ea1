// Every file in examples/ is a document that the service accepts, and its user data is what the file says.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "model/document.h"
#include "support/api_client.h"
#include "support/child.h"
#include "support/scratch.h"
#include "support/service.h"

namespace holdfast::support {
namespace {

TEST(Examples, AreAcceptedToTheLastField) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_file("examples"))) {
    SCOPED_TRACE(entry.path().filename().string());
    const Result<std::string> document = document_of(entry.path(), {});
    ASSERT_TRUE(document) << describe(document.error());
    const model::Checked<model::Spec> spec = model::read_spec(*document);
    if (!spec) {
      for (const Error& error : spec.error().errors) ADD_FAILURE() << describe(error);
      continue;
    }
    const auto user_data = base64_decode(spec->compute.user_data);
    ASSERT_TRUE(user_data);
    EXPECT_EQ(user_data->rfind("#!/bin/bash\n", 0), 0u);
    ++found;
  }
  EXPECT_GE(found, 3);
}

// The lines of the example's user data that decide whether a filesystem is made, run on a file in the volume's place.
class BlankCheck : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string document = document_of(source_file(GetParam()), {}).value();
    const std::string script = *base64_decode(model::read_spec(document)->compute.user_data);
    const size_t begin = std::min(script.find("if ! why=$(mount"), script.find("found=0\n"));
    const size_t end = script.find("\nfi\n", begin);
    ASSERT_NE(end, std::string::npos);
    // What stands for a mount succeeds where one would.
    lines_ = "set -euo pipefail\nmount_point=/srv\ndevice=" + volume_ +
             "\nmount() { [ \"$(blkid -p -o value -s TYPE \"$device\")\" = ext4 ]; }\n" +
             script.substr(begin, end + 4 - begin);
    ASSERT_EQ(script.find("mkfs", end), std::string::npos) << "a filesystem is made in one place only";
    ASSERT_EQ(shell("truncate -s 64M " + volume_), 0);
  }
  int shell(const std::string& script) {
    return run({"/bin/bash", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script}).value().status;
  }
  std::string content() { return run({"sha256sum", volume_}).value().output; }

  Scratch scratch_ = Scratch::make("holdfast-blank").value();
  std::string volume_ = scratch_.path() + "/volume";
  std::string lines_;
};

TEST_P(BlankCheck, MakesAFilesystemOnABlankVolumeAndNotAgain) {
  ASSERT_EQ(shell(lines_), 0);
  EXPECT_EQ(shell("[ \"$(blkid -p -o value -s TYPE " + volume_ + ")\" = ext4 ]"), 0);
  const std::string made = content();
  ASSERT_EQ(shell(lines_), 0);
  EXPECT_EQ(content(), made);
}

TEST_P(BlankCheck, LeavesAVolumeWithADamagedSuperblockAlone) {
  ASSERT_EQ(shell("mkfs.ext4 -q " + volume_ + " && dd if=/dev/zero of=" + volume_ +
                  " bs=1k seek=1 count=1 conv=notrunc status=none"),
            0);
  ASSERT_EQ(shell("blkid -p " + volume_), 2) << "no signature is left";
  const std::string damaged = content();
  EXPECT_NE(shell(lines_), 0);
  EXPECT_EQ(content(), damaged);
}

TEST_P(BlankCheck, LeavesAVolumeThatCannotBeReadAlone) {
  std::filesystem::remove(volume_);
  EXPECT_NE(shell(lines_), 0);
  EXPECT_FALSE(std::filesystem::exists(volume_));
}

INSTANTIATE_TEST_SUITE_P(Examples, BlankCheck,
                         testing::Values("examples/postgres.yaml", "examples/postgres-systemd.yaml"),
                         [](const auto& info) { return info.index == 0 ? "postgres" : "postgres_systemd"; });

}  // namespace
}  // namespace holdfast::support
