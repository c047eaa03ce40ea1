#include "cli/plan.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/text.h"
#include "cli/foretold.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "model/document.h"
#include "model/json_text.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

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
  std::error_code none;
  if (std::filesystem::is_directory(file, none)) {
    return fail(ErrorKind::unavailable, "NoFile", fmt::format("{} is a directory: name a file in it", file));
  }
  std::ifstream in(file);
  if (!in) return fail(ErrorKind::unavailable, "NoFile", fmt::format("The file {} cannot be read", file));
  text << in.rdbuf();
  if (in.bad()) return fail(ErrorKind::unavailable, "NoFile", fmt::format("The file {} cannot be read", file));
  return text.str();
}

std::string body_of(const json::object& document) {
  return json::serialize(json::object{{"managedInstance", document}});
}

// The managed instance that the file means; empty if there is none yet.
Result<std::string> meant(Session& session, const FileOptions& options, const json::object& document) {
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
    // One that is being deleted does not come back: a new one of its name is another.
    if (!is_being_deleted(one)) ids.push_back(text_at(one, "id"));
  }
  if (ids.empty()) return std::string();
  if (ids.size() == 1) return ids.front();
  return fail(ErrorKind::conflict, "Ambiguous",
              fmt::format("{} managed instances are named '{}': say which one with --id ({})", ids.size(),
                          text_at(document, "name"), join(ids, ", ")));
}

std::string name_of(const Plan& plan) {
  return printable(plan.name) + (plan.id.empty() ? "" : " (" + plan.id + ")");
}

const char* word_of(When when) {
  return when == When::at_once ? "atOnce" : when == When::next_instance ? "nextInstance" : "notSaid";
}

std::string steps_text(const Plan& plan, const Terminal& terminal) {
  return plan.foretold ? foretold_text(*plan.foretold, terminal) : std::string();
}

std::string fields(size_t count) {
  return count == 1 ? "one field" : fmt::format("{} fields", count);
}

}  // namespace

void add_file(CLI::App& command, FileOptions& options) {
  command.add_option("-f,--file", options.file, "YAML or JSON; - reads standard input")->required()->type_name("FILE");
  command.add_option("--id", options.id, "The one that is meant (otherwise the file's id, or its name)")
      ->type_name("ID");
}

Result<json::object> read_document(const FileOptions& options, Terminal& terminal) {
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

// As the decisions read the document: a launch is made of compute and strategy; what is kept, how often, how health is
// judged and when it moves is looked up each time. The service refuses what has no effect yet.
When takes_effect(const std::string& path) {
  const std::string part = path.substr(0, path.find('.'));
  // Where it runs now is weighed all the time; what it is launched with is not.
  for (const char* field : {"compute.elasticIp", "strategy.orientation", "strategy.revertToSpot",
                            "strategy.optimizationWindows", "strategy.minimumInstanceLifetime"}) {
    if (path.starts_with(field)) return When::at_once;
  }
  if (part == "compute" || part == "strategy") return When::next_instance;
  for (const char* name : {"name", "description", "persistence", "healthCheck", "scheduling"}) {
    if (part == name) return When::at_once;
  }
  return When::not_said;
}

Result<Plan> plan_for(Session& session, const FileOptions& options, const json::object& document) {
  Plan plan;
  plan.name = text_at(document, "name");
  HF_TRY(plan.id, meant(session, options, document));
  json::object wanted = document;
  take_off_added(wanted);
  if (plan.id.empty()) {
    plan.action = Plan::Action::create;
    plan.body = body_of(wanted);
    plan.changes = changes_between({}, wanted);
    return plan;
  }
  HF_TRY(json::value item,
         only_item(session.api().call({"GET", fmt::format("{}/{}", kManagedInstances, escaped(plan.id)), {}})));
  plan.etag = session.api().etag();
  json::object kept = item.is_object() ? item.get_object() : json::object();
  take_off_added(kept);
  plan.name = text_at(kept, "name");
  json::object update = update_for(kept, wanted, plan.changed);
  if (update.empty()) return plan;
  plan.action = Plan::Action::change;
  plan.body = body_of(update);
  plan.changes = changes_between(kept, wanted);
  return plan;
}

Result<void> ask_foretold(Session& session, Plan& plan) {
  if (plan.action == Plan::Action::nothing) return {};
  const bool made = plan.action == Plan::Action::create;
  const std::string path = made ? kManagedInstances : fmt::format("{}/{}", kManagedInstances, escaped(plan.id));
  HF_TRY(json::value told,
         only_item(session.api().call({made ? "POST" : "PUT", path + "?dryRun=true", plan.body, kDryRunLimit})));
  plan.foretold = std::make_shared<const json::value>(std::move(told));
  return {};
}

std::string changes_text(const std::vector<Change>& changes, const Terminal& terminal, int indent) {
  std::string text;
  for (const Change& change : changes) {
    const char sign = change.before.empty() ? '+' : change.after.empty() ? '-' : '~';
    std::string line = fmt::format("{}{} {}: {} -> {}", std::string(static_cast<size_t>(indent), ' '), sign,
                                   printable(change.path), change.before.empty() ? "(not set)" : change.before,
                                   change.after.empty() ? "(cleared)" : change.after);
    if (terminal.width > 0) line = cut(line, static_cast<size_t>(terminal.width));
    const int colour = sign == '+' ? 32 : sign == '-' ? 31 : 33;
    text += terminal.colour ? fmt::format("\033[{}m{}\033[0m\n", colour, line) : line + "\n";
  }
  return text;
}

std::string plan_text(const Plan& plan, const Terminal& terminal) {
  constexpr int kIndent = 4;
  if (plan.action == Plan::Action::nothing) return name_of(plan) + ": nothing to do, it is as the file says\n";
  if (plan.action == Plan::Action::create) {
    return name_of(plan) + ": to be made, and its first instance launched\n" +
           changes_text(plan.changes, terminal, kIndent) + steps_text(plan, terminal);
  }
  std::string text = fmt::format("{}: {} to change\n", name_of(plan), fields(plan.changes.size()));
  auto add = [&](When when, const std::string& title) {
    std::vector<Change> of;
    std::copy_if(plan.changes.begin(), plan.changes.end(), std::back_inserter(of),
                 [&](const Change& change) { return takes_effect(change.path) == when; });
    if (!of.empty()) text += "  " + title + ":\n" + changes_text(of, terminal, kIndent);
  };
  add(When::at_once, "at once");
  add(When::next_instance, "at the next replacement");
  add(When::not_said, "when the service comes to it");
  return text + steps_text(plan, terminal);
}

json::object plan_data(const Plan& plan) {
  auto value_of = [](const std::string& text) { return text.empty() ? json::value(nullptr) : json::parse(text); };
  json::array changes;
  for (const Change& change : plan.changes) {
    json::object one{{"path", change.path}, {"before", value_of(change.before)}, {"after", value_of(change.after)}};
    const bool made = plan.action == Plan::Action::create;
    one["takesEffect"] = made ? "atOnce" : word_of(takes_effect(change.path));
    changes.push_back(std::move(one));
  }
  return {{"id", plan.id.empty() ? json::value(nullptr) : json::value(plan.id)},
          {"name", plan.name},
          {"action", plan.action == Plan::Action::create   ? "create"
                     : plan.action == Plan::Action::change ? "change"
                                                           : "nothing"},
          {"changes", std::move(changes)},
          {"foretold", plan.foretold ? *plan.foretold : json::value(nullptr)}};
}

Result<int> show_plan(Session& session, const FileOptions& options, const json::object& document) {
  HF_TRY(Plan plan, plan_for(session, options, document));
  HF_TRY_VOID(ask_foretold(session, plan));
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? plan_text(plan, terminal)
                                                     : written(plan_data(plan), session.format()));
  return kOk;
}

}  // namespace holdfast::cli
