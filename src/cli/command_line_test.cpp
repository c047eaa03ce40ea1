// The command line itself: usage, help, completions, the manual page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <sstream>

#include "cli/command_tree.h"
#include "cli/fake_service.h"
#include "cli/man.h"

namespace holdfast::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(CommandLine, SaysThatNoServiceAnswers) {
  Outcome got = run_line(nullptr, {"get"});
  EXPECT_EQ(got.status, kUnreachable);
  EXPECT_THAT(got.err, AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("holdfast serve"), HasSubstr("HOLDFAST_URL")));
}

TEST(CommandLine, AnswersWrongUsageWithTheWayToHelp) {
  for (const char* line :
       {"", "dance", "get --nonsense", "describe", "apply", "get -o xml", "pause db --timeout 5",
        "delete db --delete everything", "delete db --purge --delete volumes", "completion tcsh", "cloud",
        "cloud image", "recycle db --wait --timeout 0", "get --document", "pause", "delete --yes", "diff", "plan"}) {
    Outcome got = run_line(nullptr, {line});
    EXPECT_EQ(got.status, kUsage) << line;
    EXPECT_THAT(got.err, HasSubstr("--help`")) << line;
    EXPECT_EQ(got.out, "") << line;
  }
  EXPECT_THAT(run_line(nullptr, {"get --nonsense"}).err, HasSubstr("`holdfast get --help`"));
}

TEST(CommandLine, HelpOfEveryCommandHasExamples) {
  for (const char* command : {"apply", "diff", "plan", "man", "get", "describe", "events", "pause", "resume", "recycle",
                              "delete", "exec", "cloud interrupt", "cloud image build", "completion"}) {
    Outcome got = run_line(nullptr, {std::string(command) + " --help"});
    EXPECT_EQ(got.status, kOk) << command;
    EXPECT_THAT(got.out, AllOf(HasSubstr("Examples:"), HasSubstr(std::string("holdfast ") + command))) << command;
  }
}

TEST(CommandLine, CompletionKnowsEveryCommandAndOption) {
  std::string bash = run_line(nullptr, {"completion bash"}).out;
  EXPECT_THAT(bash, AllOf(HasSubstr("'holdfast cloud interrupt'"), HasSubstr("--power-cut"), HasSubstr("complete -F")));
  EXPECT_THAT(run_line(nullptr, {"completion zsh"}).out, HasSubstr("#compdef holdfast"));
  EXPECT_THAT(run_line(nullptr, {"completion fish"}).out, HasSubstr("-l power-cut"));
}

// What the page must have of the command line is asked of the command line.
TEST(CommandLine, TheManualPageHasEveryCommandAndOption) {
  CLI::App app("Keeps things running.", "holdfast");
  std::istringstream in;
  std::ostringstream out;
  cli::Run run{{in, out, out}, 0, {}};
  add_client_commands(app, run);
  const std::string page = man_page(app);
  EXPECT_THAT(page, AllOf(StartsWith(".TH HOLDFAST 1 "), HasSubstr("\n.SH NAME\nholdfast \\- "),
                          HasSubstr("\\fB\\-\\-timeout\\fR \\fISECONDS\\fR\n"), HasSubstr("\n.SH EXIT STATUS\n"),
                          HasSubstr("\\fB5\\fR\nno service answers\n")));
  auto escaped = [](std::string text) {
    for (size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2) text.insert(at, "\\");
    return text;
  };
  for (const CommandNode& node : command_tree(app)) {
    if (!node.commands.empty()) continue;
    const size_t begin = page.find("\n.SS " + escaped(node.path) + "\n");
    ASSERT_NE(begin, std::string::npos) << node.path;
    const std::string section = page.substr(begin, page.find("\n.S", begin + 1) - begin);
    for (const auto& option : node.options) {
      for (const std::string& name : option.names) EXPECT_THAT(section, HasSubstr("\\fB" + escaped(name) + "\\fR"));
      if (option.names.empty()) {
        EXPECT_THAT(section, HasSubstr("\\fI" + option.value + "\\fR"));
      }
    }
  }
  EXPECT_EQ(run_line(nullptr, {"man"}).status, kOk);
}

TEST(CommandLine, BashCompletesWhatStandsAtTheCursor) {
  std::string script = testing::TempDir() + "holdfast-cli-completion.sh";
  std::ofstream(script) << run_line(nullptr, {"completion bash"}).out
                        << "COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); [ -n \"$2\" ] && COMP_WORDS+=('') "
                           "COMP_CWORD=$((COMP_CWORD+1)); _holdfast; echo \"${COMPREPLY[@]}\"\n";
  auto complete = [&](const std::string& words, bool next) {
    FILE* out = popen(("bash " + script + " '" + words + "' " + (next ? "next" : "")).c_str(), "r");
    char buffer[4096] = {};
    size_t size = fread(buffer, 1, sizeof buffer - 1, out);
    EXPECT_EQ(pclose(out), 0);
    return std::string(buffer, size);
  };
  EXPECT_EQ(complete("holdfast rec", false), "recycle\n");
  EXPECT_EQ(complete("holdfast cloud image", true), "list build -h --help\n");
  EXPECT_EQ(complete("holdfast cloud interrupt db --po", false), "--power-cut\n");
  EXPECT_EQ(complete("holdfast delete --yes-p", false), "--yes-purge-all\n");
}

TEST(CommandLine, VersionIsTheProgramsOwn) {
  EXPECT_EQ(run_line(nullptr, {"version"}).out, "holdfast 0.1.0\n");
  EXPECT_EQ(run_line(nullptr, {"--version"}).out, "holdfast 0.1.0\n");
}

}  // namespace
}  // namespace holdfast::cli
