// group apply, get, delete: groups of managed instances and their pools of private addresses.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/parts.h"
#include "cli/plan.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr char kGroups[] = "/aws/ec2/group";

struct GroupOptions : FileOptions {
  std::string word;
  bool dry_run = false;
};

std::string addresses_of(const json::value& group) {
  std::vector<std::string> words;
  for (const json::value& address : list_at(group, "privateIpPool.addresses")) {
    words.emplace_back(address.is_string() ? std::string(address.get_string()) : "");
  }
  return join(words, " ");
}

std::string table_of(const json::array& groups, const Terminal& terminal) {
  if (groups.empty()) return "There is no group. `holdfast group apply -f FILE` makes one.\n";
  Table table({"ID", "NAME", "SUBNET", "ADDRESSES", "MEMBERS"});
  for (const json::value& group : groups) {
    std::vector<std::string> members;
    for (const json::value& member : list_at(group, "members")) {
      std::string address = text_at(member, "privateIp");
      members.push_back(printable(text_at(member, "name")) + (address.empty() ? "" : "=" + address));
    }
    table.add({text_at(group, "id"), printable(text_at(group, "name")), text_at(group, "privateIpPool.subnetId"),
               addresses_of(group), join(members, " ")});
  }
  return table.text(terminal.width, terminal.colour);
}

void show(Session& session, const json::array& groups) {
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? table_of(groups, terminal) : written(groups, session.format()));
}

// By id or name.
Result<json::value> find(Session& session, const std::string& word) {
  HF_TRY(json::array all, session.api().call({"GET", kGroups, {}}));
  json::array found;
  for (const json::value& group : all) {
    if (text_at(group, "id") == word) return group;
    if (text_at(group, "name") == word) found.push_back(group);
  }
  if (found.size() == 1) return found.front();
  return found.empty() ? fail(ErrorKind::not_found, "NotFound",
                              fmt::format("No group has the id or name '{}'; `holdfast group get` lists them", word))
                       : fail(ErrorKind::conflict, "Ambiguous",
                              fmt::format("{} groups are called '{}'; name one by its id", found.size(), word));
}

// Made, or, where one has its name, changed to what the file says.
Result<int> apply(Session& session, const GroupOptions& options) {
  HF_TRY(json::object group, read_document(options, session.terminal()));
  std::string path = kGroups;
  std::string method = "POST";
  if (const json::value* name = group.if_contains("name"); name != nullptr && name->is_string()) {
    Result<json::value> known = find(session, std::string(name->get_string()));
    if (known) {
      path += "/" + escaped(text_at(*known, "id"));
      method = "PUT";
      if (!group.contains("privateIpPool") && at(*known, "privateIpPool").is_object()) group["privateIpPool"] = nullptr;
    } else if (known.error().kind != ErrorKind::not_found) {
      return Failure(known.error());
    }
  }
  if (options.dry_run) path += "?dryRun=true";
  HF_TRY(json::array made, session.api().call({method, path, json::serialize(json::object{{"group", group}})}));
  show(session, made);
  if (options.dry_run) session.terminal().err << "Nothing was done" << std::endl;
  return kOk;
}

Result<int> get(Session& session, const GroupOptions& options) {
  if (options.word.empty()) {
    HF_TRY(json::array all, session.api().call({"GET", kGroups, {}}));
    show(session, all);
    return kOk;
  }
  HF_TRY(json::value group, find(session, options.word));
  show(session, {group});
  return kOk;
}

Result<int> remove(Session& session, const GroupOptions& options) {
  HF_TRY(json::value group, find(session, options.word));
  const std::string id = text_at(group, "id");
  HF_TRY_VOID(session.api().call({"DELETE", std::string(kGroups) + "/" + escaped(id), {}}));
  session.terminal().out << fmt::format("group {} ({}) is deleted\n", printable(text_at(group, "name")), id);
  return kOk;
}

}  // namespace

void add_group(CLI::App& app, Run& run) {
  CLI::App* group = app.add_subcommand("group", "Groups of managed instances, with a pool of private addresses");
  group->require_subcommand(1);
  auto options = std::make_shared<GroupOptions>();  // shared with the callbacks, which outlive this function
  CLI::App* command = group->add_subcommand("apply", "Make a group, or change the one of that name");
  command->add_option("-f,--file", options->file, "The group, YAML or JSON; - reads standard input")
      ->required()
      ->type_name("FILE");
  command->add_flag("--dry-run", options->dry_run, "Tell what it would be, and do nothing");
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command,
               "  holdfast group apply -f group.yaml\n\nThe file: name, and privateIpPool with subnetId and addresses. "
               "A managed instance joins by its groupId.");
  command->callback([options, &run] { run_in_session(*options, run, [&](Session& s) { return apply(s, *options); }); });

  command = group->add_subcommand("get", "The groups, or one, with their members");
  command->add_option("ID", options->word, "Id or name; without it all");
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command, "  holdfast group get\n  holdfast group get brokers -o json");
  command->callback([options, &run] { run_in_session(*options, run, [&](Session& s) { return get(s, *options); }); });

  command = group->add_subcommand("delete", "Delete a group that has no members");
  command->add_option("ID", options->word, "Id or name")->required();
  add_connection(*command, *options);
  add_examples(*command, "  holdfast group delete brokers");
  command->callback(
      [options, &run] { run_in_session(*options, run, [&](Session& s) { return remove(s, *options); }); });
}

}  // namespace holdfast::cli
