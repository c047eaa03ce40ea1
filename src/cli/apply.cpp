// apply: the managed instance of a file is made, or becomes what the file says.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/parts.h"
#include "cli/plan.h"
#include "cli/table.h"
#include "cli/wait.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr int kMostRounds = 20;  // of finding one of a name or making it, while others do

struct ApplyOptions : FileOptions {
  bool dry_run = false;
};

struct Applied {
  json::value item;
  bool created = false;
  std::vector<std::string> changed;
  int64_t after = 0;       // the newest event before it; this and the next only where it is waited for
  bool was_error = false;  // before the change: it may mend that
};

// FNV-1a. Two names with one of these only cost a further round.
uint64_t fingerprint(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The key is the name's, so that of several who apply a new name at the same time one makes it, and the others find it.
Result<Applied> create(Session& session, const Plan& plan, int key) {
  Applied applied;
  applied.created = true;
  Call call{"POST", kManagedInstances, plan.body};
  call.idempotency_key = fmt::format("apply-{:016x}-{}", fingerprint(plan.name), key);
  HF_TRY(applied.item, only_item(session.api().call(call)));
  return applied;
}

Result<Applied> update(Session& session, const Plan& plan, bool apply_tags) {
  std::string path = fmt::format("{}/{}", kManagedInstances, escaped(plan.id));
  const bool wait = session.options().wait;
  Applied applied;
  applied.changed = plan.changed;
  if (wait) {
    HF_TRY(applied.after, newest_event(session, plan.id));
  }
  if (plan.action == Plan::Action::nothing && !apply_tags) {
    HF_TRY(applied.item, only_item(session.api().call({"GET", path, {}})));
    return applied;
  }
  if (wait) {
    HF_TRY(json::value status, session.status(plan.id));
    applied.was_error = text_at(status, "status") == "ERROR";
  }
  // Also where nothing else changes: an earlier update may have left them to the next replacement.
  if (apply_tags) path += "?autoApplyTags=true";
  // What was compared, and agreed on, is what is changed: another's change in between is looked at first.
  Call call{"PUT", path, plan.body.empty() ? "{\"managedInstance\":{}}" : plan.body};
  call.if_match = plan.etag;
  HF_TRY(applied.item, only_item(session.api().call(call)));
  return applied;
}

void tell(Session& session, const Applied& applied) {
  std::ostream& out = session.terminal().out;
  if (session.format() != Format::table) {
    out << written(applied.item, session.format());
    return;
  }
  std::string name = printable(text_at(applied.item, "name"));
  out << fmt::format("{} ({}) {}\n", name, text_at(applied.item, "id"),
                     applied.created           ? "created"
                     : applied.changed.empty() ? "unchanged"
                                               : "updated: " + printable(join(applied.changed, ", ")));
  bool launch = std::any_of(applied.changed.begin(), applied.changed.end(),
                            [](const std::string& path) { return takes_effect(path) == When::next_instance; });
  if (launch && !applied.created) {
    out << "What needs a new instance waits for the next replacement; `holdfast recycle " << name
        << "` makes one now\n";
  }
  out.flush();
}

// Shows what is to be done. True: a person was asked, and agreed.
Result<bool> agreed_on(Session& session, const FileOptions& options, const Plan& plan) {
  if (plan.action == Plan::Action::nothing) return false;
  Terminal& terminal = session.terminal();
  terminal.err << plan_text(plan, terminal) << std::flush;
  // A document typed or piped into standard input has used it up: there is nothing left to answer with.
  if (options.yes || !terminal.in_is_tty || options.file == "-") return false;
  HF_TRY_VOID(ask(terminal, "Apply this? [y/N] ", "y", "Nothing was changed: the answer was not 'y'"));
  return true;
}

Result<Applied> bring_about(Session& session, const FileOptions& options, const json::object& document) {
  std::string agreed;
  int key = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    HF_TRY(Plan plan, plan_for(session, options, document));
    HF_TRY_VOID(ask_foretold(session, plan));
    if (std::string this_one = plan.id + plan.body; this_one != agreed) {
      HF_TRY(bool asked, agreed_on(session, options, plan));
      agreed = this_one;
      if (asked) continue;  // the question may have stood for long: what was agreed on must still be what is to do
    }
    if (!plan.id.empty()) {
      Result<Applied> applied = update(session, plan, options.apply_tags);
      if (applied || applied.error().code != kPreconditionFailed) return applied;
      continue;  // changed by another since it was compared
    }
    Result<Applied> applied = create(session, plan, key);
    // Another was quicker: now there is one of that name to be changed. Or none: the one that this key made bears
    // another name by now, and the next key is tried.
    if (applied || applied.error().code != kKeyUsed) return applied;
    ++key;
  }
  return fail(ErrorKind::conflict, "Ambiguous",
              fmt::format("others make, change and rename managed instances named '{}' all the time: apply again when "
                          "they are done",
                          text_at(document, "name")));
}

Result<int> apply(Session& session, const ApplyOptions& options) {
  HF_TRY(json::object document, read_document(options, session.terminal()));
  if (options.dry_run) return show_plan(session, options, document);
  HF_TRY(Applied applied, bring_about(session, options, document));
  tell(session, applied);
  if (!options.wait) return kOk;
  Wanted wanted;
  wanted.id = text_at(applied.item, "id");
  wanted.statuses = {"ACTIVE"};
  if (!applied.created) wanted.statuses.insert("PAUSED");  // an update does not wake it
  wanted.was_error = applied.was_error;
  wanted.after = applied.after;
  HF_TRY_VOID(wait_for(session, wanted));
  return kOk;
}

}  // namespace

void add_apply(CLI::App& app, Run& run) {
  auto options = std::make_shared<ApplyOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("apply", "Make a managed instance from a file, or bring one up to it");
  add_file(*command, *options);
  command->add_flag("-y,--yes", options->yes, "Do not ask");
  command->add_flag("--apply-tags", options->apply_tags, "Put the document's tags on what runs now, too");
  CLI::Option* dry = command->add_flag("--dry-run", options->dry_run, "Tell what would be done, as `plan` does");
  add_format(*command, *options);
  add_wait(*command, *options, "it is ACTIVE");
  dry->excludes(command->get_option("--wait"));
  add_connection(*command, *options);
  add_examples(
      *command,
      "  holdfast apply -f examples/postgres.yaml --wait\n"
      "  holdfast get postgres --document | sed s/t3.medium/m5.large/ | holdfast apply -f -\n\n"
      "The file is the whole document: a field that left it is cleared. In YAML, `userData: !base64 |` encodes text.\n"
      "The plan is shown on standard error. At a terminal it is asked for consent; scripts (standard input is no\n"
      "terminal, or is the file) are not asked.");
  command->callback([options, &run] { run_in_session(*options, run, [&](Session& s) { return apply(s, *options); }); });
}

}  // namespace holdfast::cli
