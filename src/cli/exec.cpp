// exec: a command inside the machine of the local cloud.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/instance.h"
#include "cli/parts.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr size_t kMaxInputBytes = 512 << 10;  // a request of the API is bounded
constexpr int kMaxExecSeconds = 600;
constexpr auto kAnswerMargin = std::chrono::seconds(10);

struct ExecOptions : Options {
  std::string word;
  ExecOptions() { timeout_seconds = 60; }
};

Result<std::string> read_input(Terminal& terminal) {
  std::string input;
  if (terminal.in_is_tty) return input;
  char buffer[8192];
  while (terminal.in.read(buffer, sizeof buffer) || terminal.in.gcount() > 0) {
    input.append(buffer, static_cast<size_t>(terminal.in.gcount()));
    if (input.size() > kMaxInputBytes) {
      return fail(
          ErrorKind::invalid, "TooLarge",
          fmt::format("Standard input has more than {} bytes: put them on a volume, or send them by the network",
                      kMaxInputBytes));
    }
  }
  if (is_utf8(input)) return input;
  return fail(ErrorKind::invalid, "NotText",
              "Standard input is not UTF-8 text: encode it (base64) and decode it inside");
}

Result<int> exec(Session& session, const ExecOptions& options, const std::vector<std::string>& command) {
  for (const std::string& word : command) {
    if (!is_utf8(word)) return fail(ErrorKind::invalid, "NotText", "The command is not UTF-8 text");
  }
  HF_TRY(std::string instance, instance_of(session, options.word));
  HF_TRY(std::string input, read_input(session.terminal()));
  json::object body{{"argv", json::value_from(command)}, {"timeoutSeconds", options.timeout_seconds}};
  if (!input.empty()) body["stdin"] = input;
  HF_TRY(json::value outcome,
         only_item(session.api().call({"POST", fmt::format("/cloud/instances/{}/exec", escaped(instance)),
                                       json::serialize(body), session.timeout() + kAnswerMargin})));
  session.terminal().out << bytes_at(outcome, "stdout") << std::flush;
  session.terminal().err << bytes_at(outcome, "stderr") << std::flush;
  const int status = static_cast<int>(number_at(outcome, "exitStatus"));
  const json::value* cut = outcome.as_object().if_contains("outputCut");
  if (cut == nullptr || *cut != json::value(true)) return status;
  return fail(ErrorKind::invalid, "OutputCut",
              fmt::format("The command printed more than 1 MiB: what is shown is only its beginning (its exit status "
                          "was {}). Let it write to a file on a volume, or filter it inside",
                          status));
}

}  // namespace

Result<std::string> instance_of(Session& session, const std::string& word) {
  if (word.rfind("i-", 0) == 0) return word;
  HF_TRY(std::string id, session.find(word));
  HF_TRY(json::value status, session.status(id));
  std::string instance = text_at(status, "instanceId");
  if (!instance.empty()) return instance;
  return fail(ErrorKind::conflict, "NoInstance",
              fmt::format("{} has no instance now (status {}); `holdfast describe {}` says why", word,
                          text_at(status, "status"), id));
}

std::string bytes_at(const json::value& item, const std::string& name) {
  if (std::string text = text_at(item, name); !text.empty()) return text;
  return base64_decode(text_at(item, name + "Base64")).value_or("");
}

void add_exec(CLI::App& app, Run& run) {
  auto options = std::make_shared<ExecOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("exec", "Run a command inside: exec ID -- COMMAND…");
  command->add_option("ID", options->word, "Id or name of a managed instance, or an instance's id (i-…)")->required();
  command->add_option("--timeout", options->timeout_seconds, "Let it run at most so many seconds (60)")
      ->check(CLI::Range(1, kMaxExecSeconds))
      ->type_name("SECONDS");
  add_connection(*command, *options);
  add_examples(*command,
               "  holdfast exec postgres -- cat /etc/hostname\n"
               "  echo 'select now()' | holdfast exec postgres -- psql -h 127.0.0.1 -U postgres\n\n"
               "Standard input (text, at most 512 KiB) is passed on unless it is a terminal. The exit status is the "
               "command's, or 6\n"
               "if it was ended at its timeout; of its output at most 1 MiB is shown, and if there was more, that is "
               "an error (4).");
  command->callback([options, &run] {
    if (run.command.empty()) throw CLI::ValidationError("exec", "the command is missing; write: exec ID -- COMMAND…");
    run_in_session(*options, run, [&](Session& s) { return exec(s, *options, run.command); });
  });
}

}  // namespace holdfast::cli
