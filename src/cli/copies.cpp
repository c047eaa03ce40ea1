// snapshots, restore, retained, undelete: the copies of one, and the way back to them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <thread>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "cli/wait.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(500);

struct CopyOptions : Options {
  std::string word;
  bool take = false;
  std::string drop;
  std::vector<std::string> snapshots;
  int generation = 0;
  bool cancel = false;
  bool yes = false;
  bool resume = false;
};

std::string path_of(const std::string& id, const std::string& rest) {
  return fmt::format("{}/{}/{}", kManagedInstances, escaped(id), rest);
}

void show(Session& session, const json::array& items, const std::string& table) {
  session.terminal().out << (session.format() == Format::table ? table : written(items, session.format()));
}

// ---- snapshots

std::string snapshots_table(const json::array& items, const Terminal& terminal) {
  if (items.empty()) return "There is no snapshot yet. `holdfast snapshots ID --take` takes one.\n";
  Table table({"SNAPSHOT", "DEVICE", "PURPOSE", "GEN", "STATE", "GIB", "TAKEN", "KEPT UNTIL"});
  for (const json::value& item : items) {
    std::string kept = text_at(item, "keptUntil");
    std::string state = text_at(item, "restoring") == "true" ? "restoring" : text_at(item, "state");
    table.add({text_at(item, "snapshotId"), text_at(item, "device"), text_at(item, "purpose"),
               text_at(item, "generation"), state, text_at(item, "sizeGib"),
               ago(text_at(item, "startedAt"), wall_clock()),
               !kept.empty()                          ? ago(kept, wall_clock())
               : text_at(item, "purpose") == "manual" ? "it is dropped"
                                                      : ""});
  }
  return table.text(terminal.width, terminal.colour);
}

bool under_way(const json::value& snapshot) {
  return text_at(snapshot, "purpose") == "manual" && text_at(snapshot, "state") == "pending";
}

// Its call may not have come to the cloud yet, so that no snapshot is listed: the status tells of calls under way.
bool asked_for(const json::value& status) {
  for (const json::value& call : list_at(status, "asked")) {
    if (text_at(call, "key").starts_with("manual/")) return true;
  }
  return false;
}

Result<void> take(Session& session, const std::string& id) {
  HF_TRY(json::value status, only_item(session.api().call({"POST", path_of(id, "snapshots"), {}})));
  session.terminal().err << "A snapshot of " << printable(text_at(status, "name")) << " is being taken" << std::endl;
  if (!session.options().wait) return {};
  const auto until = std::chrono::steady_clock::now() + session.timeout();
  for (;;) {
    HF_TRY(status, session.status(id));
    HF_TRY(json::array items, session.api().call({"GET", path_of(id, "snapshots"), {}}));
    if (!asked_for(status) && std::none_of(items.begin(), items.end(), under_way)) return {};
    if (std::chrono::steady_clock::now() > until) {
      return fail(ErrorKind::unavailable, kWaitOver, "The snapshot is not completed; the service goes on");
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

Result<int> snapshots(Session& session, const CopyOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  if (options.take) HF_TRY_VOID(take(session, id));
  if (!options.drop.empty()) {
    HF_TRY_VOID(session.api().call({"DELETE", path_of(id, "snapshots/" + escaped(options.drop)), {}}));
    session.terminal().err << "Snapshot " << printable(options.drop) << " goes" << std::endl;
  }
  HF_TRY(json::array items, session.api().call({"GET", path_of(id, "snapshots"), {}}));
  show(session, items, snapshots_table(items, session.terminal()));
  return kOk;
}

// ---- restore

std::string restore_body(const CopyOptions& options) {
  json::object body;
  if (options.cancel) {
    body["cancel"] = true;
  } else if (options.generation > 0) {
    body["generation"] = options.generation;
  } else {
    json::array ids;
    for (const std::string& id : options.snapshots) ids.emplace_back(id);
    body["snapshotIds"] = std::move(ids);
  }
  return json::serialize(body);
}

Result<void> confirm_restore(Session& session, const CopyOptions& options, const json::value& status) {
  if (options.yes || options.cancel || !session.terminal().in_is_tty) return {};
  return ask(
      session.terminal(),
      fmt::format("This takes {} ({}) down and brings it back with older copies. What is on it now is kept for a "
                  "while.\nGo on? [y/N] ",
                  printable(text_at(status, "name")), text_at(status, "id")),
      "y", "Nothing was restored");
}

Result<int> restore(Session& session, const CopyOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(json::value before, session.status(id));
  HF_TRY_VOID(confirm_restore(session, options, before));
  HF_TRY(int64_t after, newest_event(session, id));
  HF_TRY(json::value status, only_item(session.api().call({"PUT", path_of(id, "restore"), restore_body(options)})));
  const bool rests = text_at(status, "goal") == "paused";
  if (session.options().wait && !rests && !options.cancel) {
    Wanted wanted;
    wanted.id = id;
    wanted.statuses = {"ACTIVE"};
    wanted.was_error = text_at(before, "status") == "ERROR";
    wanted.least_generation = number_at(status, "generation") + 1;
    wanted.after = after;
    HF_TRY(status, wait_for(session, wanted));
  }
  std::string words = options.cancel           ? "restore taken back"
                      : rests                  ? "is restored when it is resumed"
                      : session.options().wait ? "is " + text_at(status, "status")
                                               : "restore asked";
  if (session.format() == Format::table) {
    session.terminal().out << fmt::format("{} ({}) {}\n", printable(text_at(status, "name")), id, words);
  } else {
    session.terminal().out << written(status, session.format());
  }
  return kOk;
}

void check_restore(const CopyOptions& options) {
  int ways = (options.snapshots.empty() ? 0 : 1) + (options.generation > 0 ? 1 : 0) + (options.cancel ? 1 : 0);
  if (ways == 1) return;
  throw CLI::ValidationError("--snapshot", "say what to restore: --snapshot (one a device), --generation or --cancel");
}

// ---- retained, undelete

std::string retained_table(const json::array& items, const Terminal& terminal) {
  if (items.empty()) return "Nothing is kept beyond what is in use.\n";
  Table table({"ID", "WHAT", "OF", "NAME", "GOES", "WHY"});
  for (const json::value& item : items) {
    table.add({text_at(item, "id"), text_at(item, "what"), text_at(item, "managedInstanceId"),
               printable(text_at(item, "name")), ago(text_at(item, "due"), wall_clock()), text_at(item, "why")});
  }
  return table.text(terminal.width, terminal.colour);
}

Result<int> retained(Session& session, const CopyOptions& options) {
  std::string path = std::string(kManagedInstances) + "/retained";
  if (!options.word.empty()) {
    HF_TRY(std::string id, session.find(options.word));
    path = path_of(id, "retained");
  }
  HF_TRY(json::array items, session.api().call({"GET", path, {}}));
  show(session, items, retained_table(items, session.terminal()));
  return kOk;
}

Result<void> confirm_drop(Session& session, const CopyOptions& options, const json::value& status) {
  if (options.yes || !session.terminal().in_is_tty) return {};
  return ask(session.terminal(),
             fmt::format("{} ({}) gives up {}; it is kept for a while, and what the document maps there comes in its "
                         "place.\nGo on? [y/N] ",
                         printable(text_at(status, "name")), text_at(status, "id"), printable(options.drop)),
             "y", "Nothing was dropped");
}

Result<int> drop_volume(Session& session, const CopyOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(json::value status, session.status(id));
  HF_TRY_VOID(confirm_drop(session, options, status));
  HF_TRY(status, only_item(session.api().call({"DELETE", path_of(id, "volume/" + escaped(options.drop)), {}})));
  if (session.format() == Format::table) {
    session.terminal().out << fmt::format(
        "{} ({}) has given up {}; `holdfast retained {}` shows until when it is kept\n",
        printable(text_at(status, "name")), id, printable(options.drop), id);
  } else {
    session.terminal().out << written(status, session.format());
  }
  return kOk;
}

Result<int> undelete(Session& session, const CopyOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(int64_t after, newest_event(session, id));
  HF_TRY(json::value status, only_item(session.api().call({"PUT", path_of(id, "undelete"), {}})));
  if (options.resume) {
    HF_TRY(status, only_item(session.api().call({"PUT", path_of(id, "resume"), {}})));
  }
  if (options.resume && session.options().wait) {
    Wanted wanted;
    wanted.id = id;
    wanted.statuses = {"ACTIVE"};
    wanted.after = after;
    HF_TRY(status, wait_for(session, wanted));
  }
  if (session.format() != Format::table) {
    session.terminal().out << written(status, session.format());
    return kOk;
  }
  const std::string state = text_at(status, "status");
  session.terminal().out << fmt::format("{} ({}) is {}{}\n", printable(text_at(status, "name")), id, state,
                                        state == "PAUSED" ? "; `holdfast resume` brings it up" : "");
  return kOk;
}

}  // namespace

void add_copies(CLI::App& app, Run& run) {
  // Shared with the callbacks, which outlive this function.
  auto listing = std::make_shared<CopyOptions>();
  CLI::App* command = app.add_subcommand("snapshots", "The snapshots of one; take one now, or drop one that was taken");
  command->add_option("ID", listing->word, "Id or name")->required();
  command->add_flag("--take", listing->take, "Take one of everything persisted, now; it stays until it is dropped");
  command->add_option("--drop", listing->drop, "Give this one up; only ones that a person asked for")
      ->type_name("SNAPSHOT");
  add_wait(*command, *listing, "what --take takes is completed");
  add_format(*command, *listing);
  add_connection(*command, *listing);
  add_examples(*command,
               "  holdfast snapshots postgres\n  holdfast snapshots postgres --take --wait\n"
               "  holdfast snapshots postgres --drop snap-0123456789abcdef0");
  command->callback(
      [listing, &run] { run_in_session(*listing, run, [&](Session& s) { return snapshots(s, *listing); }); });

  auto back = std::make_shared<CopyOptions>();
  command = app.add_subcommand("restore", "Bring one back with older copies; what is on it now is kept for a while");
  command->add_option("ID", back->word, "Id or name")->required();
  CLI::Option* which =
      command->add_option("--snapshot", back->snapshots, "The snapshot to go back to; one a device")->type_name("ID");
  CLI::Option* generation =
      command->add_option("--generation", back->generation, "What this generation left, all of it")
          ->check(CLI::Range(1, 1'000'000'000))
          ->type_name("N")
          ->excludes(which);
  command->add_flag("--cancel", back->cancel, "Take back one that has not begun")
      ->excludes(which)
      ->excludes(generation);
  command->add_flag("--yes", back->yes, "Do not ask");
  add_wait(*command, *back, "it is ACTIVE again");
  add_format(*command, *back);
  add_connection(*command, *back);
  add_examples(*command,
               "  holdfast restore postgres --snapshot snap-0123456789abcdef0 --wait\n"
               "  holdfast restore postgres --generation 4\n  holdfast restore postgres --cancel");
  command->callback([back, &run] {
    check_restore(*back);
    run_in_session(*back, run, [&](Session& s) { return restore(s, *back); });
  });

  auto kept = std::make_shared<CopyOptions>();
  command = app.add_subcommand("retained", "What is kept for a while and then goes: of one, or of all");
  command->add_option("ID", kept->word, "Id or name; without it all");
  add_format(*command, *kept);
  add_connection(*command, *kept);
  add_examples(*command, "  holdfast retained\n  holdfast retained smi-01234567");
  command->callback([kept, &run] { run_in_session(*kept, run, [&](Session& s) { return retained(s, *kept); }); });

  auto given_up = std::make_shared<CopyOptions>();
  command = app.add_subcommand("drop-volume", "Give up a data volume of a paused one; it is kept for a while");
  command->add_option("ID", given_up->word, "Id or name")->required();
  command->add_option("VOLUME", given_up->drop, "The volume's id")->required();
  command->add_flag("--yes", given_up->yes, "Do not ask");
  add_format(*command, *given_up);
  add_connection(*command, *given_up);
  add_examples(*command, "  holdfast drop-volume postgres vol-0123456789abcdef0");
  command->callback(
      [given_up, &run] { run_in_session(*given_up, run, [&](Session& s) { return drop_volume(s, *given_up); }); });

  auto again = std::make_shared<CopyOptions>();
  command = app.add_subcommand("undelete", "Bring back one that was deleted, as long as what it had is kept");
  command->add_option("ID", again->word, "Id, or name if no other has it")->required();
  command->add_flag("--resume", again->resume, "And bring it up");
  add_wait(*command, *again, "it is ACTIVE (with --resume)");
  add_format(*command, *again);
  add_connection(*command, *again);
  add_examples(*command, "  holdfast undelete smi-01234567\n  holdfast undelete postgres --resume --wait");
  command->callback([again, &run] { run_in_session(*again, run, [&](Session& s) { return undelete(s, *again); }); });
}

}  // namespace holdfast::cli
