#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace holdfast::cli {
namespace {

CommandNode::Option option_of(const CLI::Option& option) {
  CommandNode::Option known;
  for (const std::string& name : option.get_snames()) known.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) known.names.push_back("--" + name);
  const bool by_place = known.names.empty();
  known.help = option.get_description();
  known.takes_value = option.get_type_size() > 0;
  known.takes_file = option.get_type_name() == "FILE";
  known.required = option.get_required();
  // Checks write behind a colon what they allow; the help says it in words.
  std::string type = option.get_type_name();
  known.value = by_place ? option.get_name(true) : known.takes_value ? type.substr(0, type.find(':')) : "";
  known.many = by_place && option.get_expected_max() > 1;
  return known;
}

// As deep as the definitions are.
void collect(const CLI::App& app, const std::string& path, std::vector<CommandNode>& nodes) {
  CommandNode node{path, app.get_description(), app.get_footer(), {}, app.get_require_subcommand_min() == 0, {}};
  auto below = app.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
  for (const CLI::App* sub : below) node.commands.emplace_back(sub->get_name(), sub->get_description());
  for (const CLI::Option* option : app.get_options()) node.options.push_back(option_of(*option));
  nodes.push_back(std::move(node));
  for (const CLI::App* sub : below) collect(*sub, path + " " + sub->get_name(), nodes);
}

}  // namespace

std::vector<CommandNode> command_tree(const CLI::App& app) {
  std::vector<CommandNode> nodes;
  collect(app, "holdfast", nodes);
  return nodes;
}

}  // namespace holdfast::cli
