#include "cli/targets.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <set>

#include "cli/ask.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

// A fault's text, or nothing: as CLI11 wants it of a check.
std::string check_selector(const std::string& text) {
  size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0) return {};
  return fmt::format("'{}' is not KEY=VALUE, a tag of the document", text);
}

bool has_tag(const json::value& document, const std::string& selector) {
  const size_t equals = selector.find('=');
  for (const json::value& tag : list_at(document, "compute.launchSpecification.tags")) {
    bool same =
        text_at(tag, "tagKey") == selector.substr(0, equals) && text_at(tag, "tagValue") == selector.substr(equals + 1);
    if (same) return true;
  }
  return false;
}

Result<json::array> by_rule(Session& session, const Targets& targets) {
  HF_TRY(json::array all, session.api().call({"GET", kManagedInstances, {}}));
  json::array found;
  for (const json::value& one : all) {
    if (!std::all_of(targets.selectors.begin(), targets.selectors.end(),
                     [&](const std::string& selector) { return has_tag(one, selector); })) {
      continue;
    }
    Result<json::value> status = session.status(text_at(one, "id"));
    if (!status && status.error().kind == ErrorKind::not_found) continue;  // it went in between
    HF_TRY(json::value known, std::move(status));
    if (targets.deleted_too || !is_being_deleted(known)) found.push_back(std::move(known));
  }
  if (!found.empty() || targets.all) return found;
  return fail(ErrorKind::not_found, "NotFound",
              fmt::format("No managed instance has the tag {}; `holdfast get` lists them",
                          fmt::join(targets.selectors, " and ")));
}

Result<json::value> by_word(Session& session, const std::string& word) {
  HF_TRY(std::string id, session.find(word));
  return session.status(id);
}

}  // namespace

void add_targets(CLI::App& command, Targets& targets) {
  CLI::Option* ids = command.add_option("ID", targets.words, "Ids or names")->type_name("");
  CLI::Option* selector =
      command
          .add_option("-l,--selector", targets.selectors, "All that have this tag in their document; given again: and")
          ->check(check_selector)
          ->type_name("KEY=VALUE")
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->excludes(ids);
  command.add_flag("--all", targets.all, "All managed instances")->excludes(ids)->excludes(selector);
  command.add_flag("-y,--yes", targets.yes, "Do not ask");
}

void check_targets(const Targets& targets) {
  if (!targets.words.empty() || targets.chosen_by_rule()) return;
  throw CLI::ValidationError("ID", "say which: ids or names, --selector KEY=VALUE, or --all");
}

void Outcomes::failed(Terminal& terminal, const Error& error) {
  statuses_.push_back(report(terminal, error));
}

int Outcomes::exit_status() const {
  if (statuses_.empty()) return kOk;
  bool alike = std::all_of(statuses_.begin(), statuses_.end(), [&](int one) { return one == statuses_.front(); });
  return alike ? statuses_.front() : int(kFailed);
}

Result<json::array> find_targets(Session& session, const Targets& targets, Outcomes& outcomes) {
  if (targets.chosen_by_rule()) return by_rule(session, targets);
  json::array found;
  std::set<std::string> seen;
  for (const std::string& word : targets.words) {
    Result<json::value> status = by_word(session, word);
    // Where nobody answers, nobody answers for the next.
    if (!status && status.error().code == kCannotReach) return Failure(status.error());
    if (!status) {
      outcomes.failed(session.terminal(), status.error());
    } else if (seen.insert(text_at(*status, "id")).second) {
      found.push_back(std::move(*status));
    }
  }
  return found;
}

Result<void> confirm_targets(Session& session, const Targets& targets, const json::array& found,
                             const std::string& what, const std::string& answer) {
  if (targets.yes || found.empty() || (found.size() == 1 && !targets.chosen_by_rule())) return {};
  Terminal& terminal = session.terminal();
  Table table({"ID", "NAME", "STATUS", "INSTANCE"});
  for (const json::value& one : found) {
    table.add({text_at(one, "id"), text_at(one, "name"), text_at(one, "status"), text_at(one, "instanceId")});
  }
  const std::string which =
      found.size() == 1 ? "this managed instance" : fmt::format("these {} managed instances", found.size());
  terminal.out.flush();
  terminal.err << fmt::format("To {} {}:\n", what, which) << table.text(terminal.width, terminal.colour) << std::flush;
  if (terminal.in_is_tty) {
    const std::string question =
        answer == "y" ? std::string("Go on? [y/N] ") : fmt::format("Type '{}' to go on: ", answer);
    return ask(terminal, question, answer, fmt::format("Nothing was done: the answer was not '{}'", answer));
  }
  // Ids that a script wrote out are its word already; what a rule finds is not known to it beforehand.
  if (!targets.chosen_by_rule() && answer == "y") return {};
  return fail(ErrorKind::invalid, "NotConfirmed", "Without a terminal to ask at, this needs --yes. Nothing was done");
}

}  // namespace holdfast::cli
