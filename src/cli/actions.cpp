// pause, resume, recycle, delete: of one managed instance or of many.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <functional>
#include <iostream>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/foretold.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "cli/targets.h"
#include "cli/wait.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

struct ActionOptions : Options {
  Targets targets;
  std::string what;  // --delete: names from kDeletable, with commas
  bool dry_run = false;
  bool purge = false;
  bool purge_all = false;
};

// One thing to do with each.
struct Action {
  std::string done;                                                                    // "pause asked"
  std::function<Call(const std::string& id)> call;                                     // what asks for it
  std::function<Wanted(const json::value& before, const json::value& answer)> wanted;  // what it leads to
};

// Asked for, and what is left to wait for.
struct Asked {
  json::value before;
  Wanted wanted;
};

std::string label(const json::value& status) {
  return fmt::format("{} ({})", printable(text_at(status, "name")), text_at(status, "id"));
}

// By id, never by name or tag: what was listed and agreed on is what is hit, whatever is renamed meanwhile.
Result<Asked> ask_for(Session& session, const Action& action, const json::value& status) {
  const std::string id = text_at(status, "id");
  int64_t after = 0;
  if (session.options().wait) {
    HF_TRY(after, newest_event(session, id));
  }
  HF_TRY(json::value answer, only_item(session.api().call(action.call(id))));
  Asked asked{status, action.wanted(status, answer)};
  asked.wanted.id = id;
  asked.wanted.after = after;
  return asked;
}

// What is told of one in the end: its status, and the words for it.
struct Told {
  json::value status;
  std::string words;
};

Result<Told> outcome_of(Session& session, const Action& action, const Asked& asked) {
  if (!session.options().wait) {
    Result<json::value> status = session.status(asked.wanted.id);
    const bool gone = !status && status.error().kind == ErrorKind::not_found && asked.wanted.gone_is_done;
    if (gone) return Told{asked.before, "is gone"};
    HF_TRY(json::value now, std::move(status));
    return Told{now, action.done};
  }
  HF_TRY(json::value status, wait_for(session, asked.wanted));
  if (status.is_null()) return Told{asked.before, "is gone"};
  std::string words = "is " + text_at(status, "status");
  return Told{std::move(status), words};
}

// Asks for all, then waits for all, within one timeout. A failure is told with the name where there are several.
Result<int> carry_out(Session& session, const Targets& targets, const Action& action, const json::array& found,
                      Outcomes& outcomes) {
  Terminal& terminal = session.terminal();
  auto failed = [&](const json::value& status, Error error) {
    if (targets.many()) error.message = label(status) + ": " + error.message;
    outcomes.failed(terminal, error);
  };
  std::vector<Asked> asked;
  for (const json::value& status : found) {
    Result<Asked> one = ask_for(session, action, status);
    if (one) {
      asked.push_back(std::move(*one));
    } else {
      failed(status, one.error());
    }
  }
  json::array shown;
  const auto until = std::chrono::steady_clock::now() + session.timeout();
  for (Asked& one : asked) {
    one.wanted.until = until;
    if (targets.many() && session.options().wait) terminal.err << label(one.before) << ":" << std::endl;
    Result<Told> told = outcome_of(session, action, one);
    if (!told) {
      failed(one.before, told.error());
    } else if (session.format() == Format::table) {
      terminal.out << label(told->status) << " " << told->words << std::endl;
    } else {
      shown.push_back(std::move(told->status));
    }
  }
  if (session.format() != Format::table && (targets.many() || !shown.empty())) {
    terminal.out << written(targets.many() ? json::value(shown) : shown.front(), session.format());
  }
  return outcomes.exit_status();
}

// What each would do; nothing is asked for.
Result<int> foretell(Session& session, const Targets& targets, const Action& action, const json::array& found,
                     Outcomes& outcomes) {
  Terminal& terminal = session.terminal();
  json::array shown;
  for (const json::value& status : found) {
    Call call = action.call(text_at(status, "id"));
    call.path += "?dryRun=true";
    call.limit = kDryRunLimit;
    Result<json::value> told = only_item(session.api().call(call));
    if (!told) {
      Error error = told.error();
      if (targets.many()) error.message = label(status) + ": " + error.message;
      outcomes.failed(terminal, error);
    } else if (session.format() == Format::table) {
      terminal.out << fmt::format("{}: {} -> {}, and nothing was done\n", label(status), text_at(*told, "statusBefore"),
                                  text_at(*told, "statusAfter"))
                   << foretold_text(*told, terminal) << std::flush;
    } else {
      shown.push_back(std::move(*told));
    }
  }
  if (session.format() != Format::table && (targets.many() || !shown.empty())) {
    terminal.out << written(targets.many() ? json::value(shown) : shown.front(), session.format());
  }
  return outcomes.exit_status();
}

void add_dry_run(CLI::App& command, ActionOptions& options) {
  command.add_flag("--dry-run", options.dry_run, "Tell every step and its reason, and do nothing")
      ->excludes(command.get_option("--wait"));
}

void tell_none(Session& session, const Targets& targets, const json::array& found) {
  if (targets.all && found.empty()) session.terminal().err << "There are no managed instances" << std::endl;
}

// ---- pause, resume, recycle

Wanted wanted_of(const std::string& name, const json::value& before, const json::value& answer) {
  Wanted wanted;
  wanted.was_error = text_at(before, "status") == "ERROR";
  wanted.statuses = {name == "pause" ? "PAUSED" : "ACTIVE"};
  // A recycle is over when a newer instance is well. Where one is on its way already (of any reason, also the first),
  // the service does not begin another: that one is meant.
  if (name == "recycle") {
    const bool on_its_way = at(answer, "handover").is_object();
    wanted.least_generation = number_at(answer, on_its_way ? "handover.fromGeneration" : "generation") + 1;
  }
  wanted.error_is_end = name != "pause";
  return wanted;
}

Result<int> act(Session& session, const ActionOptions& options, const std::string& name) {
  Outcomes outcomes;
  HF_TRY(json::array found, find_targets(session, options.targets, outcomes));
  tell_none(session, options.targets, found);
  if (!options.dry_run) HF_TRY_VOID(confirm_targets(session, options.targets, found, name, "y"));
  Action action;
  action.done = name + " asked";
  action.call = [&](const std::string& id) {
    return Call{"PUT", fmt::format("{}/{}/{}", kManagedInstances, escaped(id), name), {}};
  };
  action.wanted = [&](const json::value& before, const json::value& answer) { return wanted_of(name, before, answer); };
  if (options.dry_run) return foretell(session, options.targets, action, found, outcomes);
  return carry_out(session, options.targets, action, found, outcomes);
}

void add_action(CLI::App& app, Run& run, const std::string& action, const std::string& help, const std::string& until) {
  auto options = std::make_shared<ActionOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand(action, help);
  add_targets(*command, options->targets);
  add_wait(*command, *options, until);
  add_dry_run(*command, *options);
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command, fmt::format("  holdfast {0} postgres\n  holdfast {0} smi-01234567 --wait --timeout 120\n"
                                     "  holdfast {0} --selector team=orders --yes\n  holdfast {0} --all\n\n"
                                     "Of several, a list is shown and asked for consent at a terminal. One that fails "
                                     "does not stop the others.",
                                     action));
  command->callback([options, action, &run] {
    check_targets(options->targets);
    run_in_session(*options, run, [&](Session& s) { return act(s, *options, action); });
  });
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

// Everything persisted goes, and no copy of it remains: the name must be typed, or the number where there are several.
Result<void> confirm_purge(Session& session, const Targets& targets, const json::array& found) {
  if (targets.yes || found.empty()) return {};
  Terminal& terminal = session.terminal();
  if (!terminal.in_is_tty) {
    return fail(ErrorKind::invalid, "NotConfirmed",
                "--purge erases everything that was persisted; without a terminal to ask at it needs --yes");
  }
  if (targets.many()) {
    return confirm_targets(session, targets, found,
                           "erase every volume, snapshot, image and interface, and every copy, of",
                           fmt::format("erase {}", found.size()));
  }
  std::string name = text_at(found.front(), "name");
  return ask(
      terminal,
      fmt::format("This erases every volume, snapshot, image and interface of {} ({}). No copy remains.\nType its "
                  "name to go on: ",
                  printable(name), text_at(found.front(), "id")),
      name, "That is not its name: nothing was deleted");
}

Result<int> remove(Session& session, const ActionOptions& options) {
  Outcomes outcomes;
  Targets targets = options.targets;
  targets.yes = targets.yes || options.purge_all;
  targets.deleted_too = options.purge || !options.what.empty();  // what they left and is kept goes, too
  HF_TRY(json::array found, find_targets(session, targets, outcomes));
  tell_none(session, targets, found);
  if (!options.dry_run) {
    HF_TRY_VOID(options.purge ? confirm_purge(session, targets, found)
                              : confirm_targets(session, targets, found, "delete", "y"));
  }
  Action action;
  action.done = options.purge ? "is being deleted, with everything" : "is being deleted";
  action.call = [&](const std::string& id) {
    return Call{"DELETE", fmt::format("{}/{}", kManagedInstances, escaped(id)), deallocation(options)};
  };
  action.wanted = [](const json::value&, const json::value&) {
    Wanted wanted;
    wanted.statuses = {"DEALLOCATED"};
    wanted.gone_is_done = true;
    wanted.error_is_end = false;
    return wanted;
  };
  if (options.dry_run) return foretell(session, targets, action, found, outcomes);
  if (!options.purge && !found.empty()) {
    session.terminal().err << "What is not named with --delete is kept for a while; `holdfast describe "
                           << (found.size() == 1 ? text_at(found.front(), "id") : "ID") << "` shows until when"
                           << std::endl;
  }
  return carry_out(session, targets, action, found, outcomes);
}

// Everything of everyone, without a copy: one word more than anybody types by habit.
void check_purge(const ActionOptions& options) {
  if (!options.purge || !options.targets.all || options.purge_all) return;
  throw CLI::ValidationError("--all",
                             "together with --purge it erases everything there is, and every copy; if that is "
                             "what you want, say so with --yes-purge-all");
}

void add_delete(CLI::App& app, Run& run) {
  auto options = std::make_shared<ActionOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("delete", "Take it down for good; what is not named is kept for a while");
  add_targets(*command, options->targets);
  CLI::Option* what =
      command->add_option("--delete", options->what, "Delete these at once: volumes,snapshots,images,interfaces")
          ->check(check_what)
          ->type_name("WHAT,…");
  CLI::Option* purge =
      command->add_flag("--purge", options->purge, "Erase everything that was persisted")->excludes(what);
  command->add_flag("--yes-purge-all", options->purge_all, "Erase everything of all, without asking")
      ->needs(purge)
      ->needs(command->get_option("--all"));
  add_wait(*command, *options, "it is gone");
  add_dry_run(*command, *options);
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command,
               "  holdfast delete postgres\n  holdfast delete postgres --delete snapshots,images --wait\n"
               "  holdfast delete postgres --purge\n  holdfast delete --selector stage=test\n\n"
               "Of several, a list is shown and asked for consent at a terminal. One that fails does not stop the "
               "others.");
  command->callback([options, &run] {
    check_targets(options->targets);
    check_purge(*options);
    run_in_session(*options, run, [&](Session& s) { return remove(s, *options); });
  });
}

}  // namespace

void add_actions(CLI::App& app, Run& run) {
  add_action(app, run, "pause", "Take it down and keep everything", "it is PAUSED");
  add_action(app, run, "resume", "Bring it back with everything that was kept", "it is ACTIVE");
  add_action(app, run, "recycle", "Move it to a new instance", "the new instance is well");
  add_delete(app, run);
}

}  // namespace holdfast::cli
