// The program as it is installed, with the commands of all rooms on one command line: its manual page, its completions,
// its settings. No service runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/child.h"
#include "support/service.h"

namespace holdfast::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/var/tmp/holdfast-program-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  // In a shell, so that pipes and variables stand as a user would type them; $H is the program.
  Ended shell(const std::string& line) {
    auto ended = run({"/bin/bash", "-c", "set -o pipefail; H=" + holdfast_binary() + "; cd " + folder_ + "; " + line});
    EXPECT_TRUE(ended) << ended.error().message;
    return ended.value_or(Ended{});
  }
  std::string folder_;
};

TEST_F(ProgramTest, TheManualPageHasTheCommandsOfEveryRoom) {
  Ended page = shell("$H man");
  EXPECT_EQ(page.status, 0);
  for (const char* command :
       {"apply", "serve", "doctor", "config", "cloud serve", "cloud destroy", "aws check", "man"}) {
    EXPECT_THAT(page.output, HasSubstr(std::string("\n.SS holdfast ") + command + "\n")) << command;
  }
}

TEST_F(ProgramTest, TheManualPageIsReadWithoutAWarning) {
  if (shell("command -v groff").status != 0) GTEST_SKIP() << "groff is not installed (package groff-base)";
  EXPECT_EQ(shell("$H man | groff -man -Tutf8 -ww 2>&1 >page").output, "");
  // As a reader sees it: options and quotes that can be copied.
  Ended shown = shell("$H man | groff -man -Tascii -P-c -P-b -P-u -P-o");
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.output, AllOf(HasSubstr("holdfast delete [ID...] [OPTION...]"), HasSubstr("--yes-purge-all"),
                                  HasSubstr("-f, --file FILE"), HasSubstr("holdfast apply -f FILE [OPTION...]"),
                                  HasSubstr("holdfast get postgres -o json"), HasSubstr("5      no service answers")));
}

TEST_F(ProgramTest, CompletionsKnowTheCommandsOfEveryRoom) {
  EXPECT_THAT(shell("$H completion bash").output, AllOf(HasSubstr("'holdfast config'"), HasSubstr("--yes-purge-all")));
  EXPECT_EQ(shell("$H completion bash >c && . ./c && COMP_WORDS=(holdfast con) COMP_CWORD=1 && _holdfast && "
                  "echo ${COMPREPLY[@]}")
                .output,
            "config\n");
}

TEST_F(ProgramTest, ConfigTellsWhereEachSettingComesFromAndNoSecret) {
  std::ofstream(folder_ + "/settings.yaml")
      << "cloud:\n  access_key: AK\n  secret_key: hush1\nsweep_interval_seconds: 7\n";
  Ended told =
      shell("HOLDFAST_TOKEN=hush2 HOLDFAST_LOG_LEVEL=warn HOLDFAST_CONFIG=settings.yaml $H config --port 7500 -o json");
  EXPECT_EQ(told.status, 0) << told.output;
  EXPECT_THAT(told.output, AllOf(HasSubstr("\"flag --port\""), HasSubstr("\"environment HOLDFAST_LOG_LEVEL\""),
                                 HasSubstr("\"file settings.yaml\""), HasSubstr("\"environment HOLDFAST_TOKEN\""),
                                 HasSubstr("\"default\""), Not(HasSubstr("hush"))));
  EXPECT_THAT(shell("$H config --port 7500").output, HasSubstr("service.listen.port"));
  Ended refused = shell("HOLDFAST_PORT=x $H config");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.output, HasSubstr("HOLDFAST_PORT"));
}

}  // namespace
}  // namespace holdfast::support
