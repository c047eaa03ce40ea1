#include "cli/man.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "base/version.h"
#include "cli/command_tree.h"
#include "cli/exit_statuses.h"
#include "cli/parts.h"

namespace holdfast::cli {
namespace {

// Text that roff takes for text: no escapes, no hyphens that a copied option would not survive, no line that is a
// macro, and dots for the one character beyond ASCII that help uses.
std::string roff(std::string_view utf8) {
  static const std::vector<std::pair<std::string_view, std::string_view>> kEscapes = {
      {"\\", "\\e"}, {"-", "\\-"}, {"'", "\\(aq"}, {"`", "\\(ga"}, {"^", "\\(ha"}, {"~", "\\(ti"}, {"…", "..."},
  };
  std::string safe;
  for (size_t at = 0; at < utf8.size();) {
    const bool begins = at == 0 || utf8[at - 1] == '\n';
    if (begins && utf8[at] == '.') safe += "\\&";
    auto escape = std::find_if(kEscapes.begin(), kEscapes.end(),
                               [&](const auto& one) { return utf8.substr(at).starts_with(one.first); });
    safe += escape == kEscapes.end() ? utf8.substr(at, 1) : escape->second;
    at += escape == kEscapes.end() ? 1 : escape->first.size();
  }
  return safe;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string placed(std::string_view text) {
  return "\\fI" + roff(text) + "\\fR";
}

// "holdfast pause [ID...] [OPTION...]"
std::string synopsis(const CommandNode& node) {
  std::string text = bold(node.path);
  bool options = false;
  for (const auto& option : node.options) {
    if (!option.names.empty()) {
      const bool value = option.required && option.takes_value;
      if (value) text += " " + bold(option.names.front()) + " " + placed(option.value);
      options = options || !option.required;
      continue;
    }
    std::string word = placed(option.value) + (option.many ? "..." : "");
    text += option.required ? " " + word : " [" + word + "]";
  }
  if (options) text += " [" + placed("OPTION") + "...]";
  if (node.commands.empty()) return text;
  return text + (node.alone ? " [" + placed("COMMAND") + "]" : " " + placed("COMMAND"));
}

void write_options(const CommandNode& node, std::string& text) {
  for (const auto& option : node.options) {
    std::vector<std::string> names;
    for (const std::string& name : option.names) names.push_back(bold(name));
    std::string term = option.names.empty() ? placed(option.value) + (option.many ? "..." : "") : join(names, ", ");
    if (!option.names.empty() && option.takes_value) term += " " + placed(option.value);
    text += ".TP\n" + term + "\n" + roff(option.help) + "\n";
  }
}

// Lines as they are: examples.
void write_lines(const std::string& lines, std::string& text) {
  if (lines.empty()) return;
  text += ".PP\n.nf\n" + roff(lines) + "\n.fi\n";
}

void write_command(const CommandNode& node, std::string& text) {
  text += ".SS " + roff(node.path) + "\n" + synopsis(node) + "\n.PP\n" + roff(node.help) + ".\n";
  write_options(node, text);
  write_lines(node.footer, text);
}

}  // namespace

std::string man_page(const CLI::App& app) {
  const std::vector<CommandNode> nodes = command_tree(app);
  const CommandNode& program = nodes.front();
  std::string text = fmt::format(".TH HOLDFAST 1 \"\" \"holdfast {}\" \"Holdfast\"\n", roff(kVersion));
  text += ".SH NAME\nholdfast \\- " + roff(program.help) + "\n";
  text += ".SH SYNOPSIS\n" + synopsis(program) + "\n.SH OPTIONS\n";
  write_options(program, text);
  text += ".SH COMMANDS\n";
  for (size_t i = 1; i < nodes.size(); ++i) {
    // A command that is nothing without one below it is told with those.
    if (nodes[i].alone) write_command(nodes[i], text);
  }
  text += ".SH EXIT STATUS\n";
  for (const ExitMeaning& exit : kExitMeanings)
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", int(exit.status), roff(exit.meaning));
  return text;
}

void add_man(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("man", "The manual page of all commands, for man");
  add_examples(*command, "  holdfast man | man -l -\n  holdfast man > /usr/local/share/man/man1/holdfast.1");
  command->callback([&app, &run] { run.terminal.out << man_page(app) << std::flush; });
}

}  // namespace holdfast::cli
