// pause, resume, recycle, delete.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "cli/wait.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

struct ActionOptions : Options {
  std::string word;
  std::string what;  // --delete: names from kDeletable, with commas
  bool purge = false;
  bool yes = false;
};

void tell(Session& session, const json::value& status, const std::string& done) {
  if (session.format() != Format::table) {
    session.terminal().out << written(status, session.format());
  } else {
    session.terminal().out << fmt::format("{} ({}) {}\n", printable(text_at(status, "name")), text_at(status, "id"),
                                          done);
  }
  session.terminal().out.flush();
}

// Asked, and waited for if wanted. `before` is the status when the action was decided on.
Result<int> finish(Session& session, const json::value& before, Wanted wanted, const std::string& asked) {
  if (!session.options().wait) {
    HF_TRY(json::value status, session.status(wanted.id));
    tell(session, status, asked);
    return kOk;
  }
  HF_TRY(json::value status, wait_for(session, wanted));
  std::string word = text_at(status, "status");
  tell(session, status.is_null() ? before : status, status.is_null() ? "is gone" : "is " + word);
  return kOk;
}

Result<int> act(Session& session, const ActionOptions& options, const std::string& action) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(json::value before, session.status(id));
  Wanted wanted;
  wanted.id = id;
  wanted.was_error = text_at(before, "status") == "ERROR";
  wanted.statuses = {action == "pause" ? "PAUSED" : "ACTIVE"};
  // A recycle is over when a newer instance is well. One that is under way already is not begun again.
  bool under_way = text_at(before, "status") == "RECYCLING";
  if (action == "recycle") wanted.least_generation = number_at(before, "generation") + (under_way ? 0 : 1);
  wanted.error_is_end = action != "pause";
  if (options.wait) {
    HF_TRY(wanted.after, newest_event(session, id));
  }
  HF_TRY_VOID(session.api().call({"PUT", fmt::format("{}/{}/{}", kManagedInstances, escaped(id), action), {}}));
  return finish(session, before, wanted, action + " asked");
}

void add_action(CLI::App& app, Run& run, const std::string& action, const std::string& help, const std::string& until) {
  auto options = std::make_shared<ActionOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand(action, help);
  command->add_option("ID", options->word, "Id or name")->required();
  add_wait(*command, *options, until);
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command,
               fmt::format("  holdfast {0} postgres\n  holdfast {0} smi-01234567 --wait --timeout 120", action));
  command->callback(
      [options, action, &run] { run_in_session(*options, run, [&](Session& s) { return act(s, *options, action); }); });
}

// ---- delete

const std::vector<std::pair<std::string, std::string>> kDeletable = {
    {"volumes", "shouldDeleteVolumes"},
    {"snapshots", "shouldDeleteSnapshots"},
    {"images", "shouldDeleteImages"},
    {"interfaces", "shouldDeleteNetworkInterfaces"},
};

// A fault's text, or nothing: as CLI11 wants it of a check.
std::string check_what(const std::string& list) {
  std::vector<std::string> names;
  for (const auto& entry : kDeletable) names.push_back(entry.first);
  for (const std::string& word : split(list, ',')) {
    if (std::find(names.begin(), names.end(), word) != names.end()) continue;
    return fmt::format("'{}' is none of {}", word, join(names, ", "));
  }
  return {};
}

std::string deallocation(const ActionOptions& options) {
  json::object what{{"shouldTerminateInstance", true}};
  const std::vector<std::string> named = split(options.what, ',');
  for (const auto& [name, field] : kDeletable) {
    what[field] = options.purge || std::find(named.begin(), named.end(), name) != named.end();
  }
  return json::serialize(json::object{{"deallocationConfig", std::move(what)}});
}

// Everything persisted goes, and no copy of it remains: the name must be typed.
Result<void> confirm(Session& session, const json::value& status) {
  Terminal& terminal = session.terminal();
  std::string name = text_at(status, "name");
  if (!terminal.in_is_tty) {
    return fail(ErrorKind::invalid, "NotConfirmed",
                "--purge erases everything that was persisted; without a terminal to ask at it needs --yes");
  }
  terminal.out.flush();
  terminal.err << fmt::format(
                      "This erases every volume, snapshot, image and interface of {} ({}). No copy remains.\nType its "
                      "name to go on: ",
                      printable(name), text_at(status, "id"))
               << std::flush;
  std::string typed;
  std::getline(terminal.in, typed);
  if (trim(typed) == name) return {};
  return fail(ErrorKind::invalid, "NotConfirmed", "That is not its name: nothing was deleted");
}

Result<int> remove(Session& session, const ActionOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(json::value before, session.status(id));
  if (options.purge && !options.yes) HF_TRY_VOID(confirm(session, before));
  Wanted wanted;
  wanted.id = id;
  wanted.statuses = {"DEALLOCATED"};
  wanted.gone_is_done = true;
  wanted.error_is_end = false;
  if (options.wait) {
    HF_TRY(wanted.after, newest_event(session, id));
  }
  HF_TRY_VOID(
      session.api().call({"DELETE", fmt::format("{}/{}", kManagedInstances, escaped(id)), deallocation(options)}));
  Terminal& terminal = session.terminal();
  if (!options.purge) {
    terminal.err << "What was not named with --delete is kept for a while; `holdfast describe " << id
                 << "` shows until when" << std::endl;
  }
  if (options.wait) return finish(session, before, wanted, {});
  tell(session, before, options.purge ? "is being deleted, with everything" : "is being deleted");
  return kOk;
}

void add_delete(CLI::App& app, Run& run) {
  auto options = std::make_shared<ActionOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("delete", "Take it down for good; what is not named is kept for a while");
  command->add_option("ID", options->word, "Id or name")->required();
  CLI::Option* what =
      command->add_option("--delete", options->what, "Delete these at once: volumes,snapshots,images,interfaces")
          ->check(check_what)
          ->type_name("WHAT,…");
  CLI::Option* purge =
      command->add_flag("--purge", options->purge, "Erase everything that was persisted")->excludes(what);
  command->add_flag("-y,--yes", options->yes, "Do not ask")->needs(purge);
  add_wait(*command, *options, "it is gone");
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command,
               "  holdfast delete postgres\n  holdfast delete postgres --delete snapshots,images --wait\n"
               "  holdfast delete postgres --purge");
  command->callback(
      [options, &run] { run_in_session(*options, run, [&](Session& s) { return remove(s, *options); }); });
}

}  // namespace

void add_actions(CLI::App& app, Run& run) {
  add_action(app, run, "pause", "Take it down and keep everything", "it is PAUSED");
  add_action(app, run, "resume", "Bring it back with everything that was kept", "it is ACTIVE");
  add_action(app, run, "recycle", "Move it to a new instance", "the new instance is well");
  add_delete(app, run);
}

}  // namespace holdfast::cli
