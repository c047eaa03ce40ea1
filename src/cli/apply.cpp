// apply: the managed instance of a file is made, or becomes what the file says.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/text.h"
#include "cli/difference.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "cli/wait.h"
#include "model/document.h"
#include "model/json_text.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

struct ApplyOptions : Options {
  std::string file;
  std::string id;
};

constexpr int kMostRounds = 20;  // of finding one of a name or making it, while others do

// What the service adds to a document when it is read: not part of what is wanted.
constexpr const char* kAdded[] = {"id", "createdAt", "updatedAt"};

void take_off_added(json::object& document) {
  for (const char* name : kAdded) document.stable_erase(name);
}

Result<std::string> read_file(const std::string& file, Terminal& terminal) {
  std::stringstream text;
  if (file == "-") {
    text << terminal.in.rdbuf();
    return text.str();
  }
  std::ifstream in(file);
  if (!in) return fail(ErrorKind::unavailable, "NoFile", fmt::format("The file {} cannot be read", file));
  text << in.rdbuf();
  if (in.bad()) return fail(ErrorKind::unavailable, "NoFile", fmt::format("The file {} cannot be read", file));
  return text.str();
}

Result<json::object> read_document(const ApplyOptions& options, Terminal& terminal) {
  HF_TRY(std::string text, read_file(options.file, terminal));
  Result<std::string> document = model::document_from_yaml(text);
  if (!document) {
    Error error = document.error();
    error.message = fmt::format("{}: {}", options.file == "-" ? "standard input" : options.file, error.message);
    return Failure(std::move(error));
  }
  HF_TRY(json::value value, model::parse_strictly(*document));
  return std::move(value.get_object());
}

struct Applied {
  json::value item;
  bool created = false;
  std::vector<std::string> changed;
  int64_t after = 0;       // the newest event before it; this and the next only where it is waited for
  bool was_error = false;  // before the change: it may mend that
};

std::string body_of(const json::object& document) {
  return json::serialize(json::object{{"managedInstance", document}});
}

// The managed instance that the file means; empty if there is none yet.
Result<std::string> meant(Session& session, const ApplyOptions& options, const json::object& document) {
  std::string in_file = text_at(document, "id");
  if (!options.id.empty() && !in_file.empty() && options.id != in_file) {
    return fail(ErrorKind::invalid, "Ambiguous",
                fmt::format("--id {} and the file's id {} differ: leave one out", options.id, in_file));
  }
  if (!options.id.empty()) return options.id;
  if (!in_file.empty()) return in_file;
  HF_TRY(json::array found, session.named(text_at(document, "name")));
  std::vector<std::string> ids;
  for (const json::value& one : found) {
    std::string status = text_at(one, "status");
    // One that is being deleted does not come back: a new one of its name is another.
    if (status != "DEALLOCATING" && status != "DEALLOCATED") ids.push_back(text_at(one, "id"));
  }
  if (ids.empty()) return std::string();
  if (ids.size() == 1) return ids.front();
  return fail(ErrorKind::conflict, "Ambiguous",
              fmt::format("{} managed instances are named '{}': say which one with --id ({})", ids.size(),
                          text_at(document, "name"), join(ids, ", ")));
}

// FNV-1a. Two names with one of these only cost a further round.
uint64_t fingerprint(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The key is the name's, so that of several who apply a new name at the same time one makes it, and the others find it.
Result<Applied> create(Session& session, const json::object& document, int round) {
  Applied applied;
  applied.created = true;
  Call call{"POST", kManagedInstances, body_of(document)};
  call.idempotency_key = fmt::format("apply-{:016x}-{}", fingerprint(text_at(document, "name")), round);
  HF_TRY(applied.item, only_item(session.api().call(call)));
  return applied;
}

Result<Applied> update(Session& session, const std::string& id, const json::object& wanted) {
  const std::string path = fmt::format("{}/{}", kManagedInstances, escaped(id));
  Applied applied;
  HF_TRY(applied.item, only_item(session.api().call({"GET", path, {}})));
  json::object kept = applied.item.is_object() ? applied.item.get_object() : json::object();
  take_off_added(kept);
  json::object changes = update_for(kept, wanted, applied.changed);
  const bool wait = session.options().wait;
  if (wait) {
    HF_TRY(applied.after, newest_event(session, id));
  }
  if (changes.empty()) return applied;
  if (wait) {
    HF_TRY(json::value status, session.status(id));
    applied.was_error = text_at(status, "status") == "ERROR";
  }
  HF_TRY(applied.item, only_item(session.api().call({"PUT", path, body_of(changes)})));
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
                            [](const std::string& path) { return path.rfind("compute", 0) == 0; });
  if (launch && !applied.created) {
    out << "What needs a new instance waits for the next replacement; `holdfast recycle " << name
        << "` makes one now\n";
  }
  out.flush();
}

Result<Applied> bring_about(Session& session, const ApplyOptions& options, const json::object& document) {
  for (int round = 0; round < kMostRounds; ++round) {
    HF_TRY(std::string id, meant(session, options, document));
    json::object wanted = document;
    take_off_added(wanted);
    if (!id.empty()) return update(session, id, wanted);
    Result<Applied> applied = create(session, wanted, round);
    // Another was quicker: now there is one of that name to be changed. Or none: the one that this key made bears
    // another name by now, and the next key is tried.
    if (applied || applied.error().code != kKeyUsed) return applied;
  }
  return fail(ErrorKind::conflict, "Ambiguous",
              fmt::format("others make and rename managed instances named '{}' all the time: apply again when they are "
                          "done",
                          text_at(document, "name")));
}

Result<int> apply(Session& session, const ApplyOptions& options) {
  HF_TRY(json::object document, read_document(options, session.terminal()));
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
  command->add_option("-f,--file", options->file, "YAML or JSON; - reads standard input")
      ->required()
      ->type_name("FILE");
  command->add_option("--id", options->id, "The one to change (otherwise the file's id, or its name)")->type_name("ID");
  add_format(*command, *options);
  add_wait(*command, *options, "it is ACTIVE");
  add_connection(*command, *options);
  add_examples(
      *command,
      "  holdfast apply -f examples/postgres.yaml --wait\n"
      "  holdfast get postgres --document | sed s/t3.medium/m5.large/ | holdfast apply -f -\n\n"
      "The file is the whole document: a field that left it is cleared. In YAML, `userData: !base64 |` encodes text.");
  command->callback([options, &run] { run_in_session(*options, run, [&](Session& s) { return apply(s, *options); }); });
}

}  // namespace holdfast::cli
