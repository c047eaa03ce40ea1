#include "cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "base/version.h"
#include "cli/command_tree.h"
#include "cli/parts.h"

namespace holdfast::cli {
namespace {

using Node = CommandNode;

std::string words_of(const Node& node) {
  std::vector<std::string> words;
  for (const auto& command : node.commands) words.push_back(command.first);
  for (const auto& option : node.options) words.insert(words.end(), option.names.begin(), option.names.end());
  return join(words, " ");
}

// Follows the words that are commands; what they leave to complete is looked up by the path.
std::string bash(const std::vector<Node>& nodes) {
  std::vector<std::string> paths, cases, files;
  for (const Node& node : nodes) {
    paths.push_back("'" + node.path + "'");
    cases.push_back(fmt::format("    '{}') words='{}' ;;", node.path, words_of(node)));
    for (const auto& option : node.options) {
      if (option.takes_file) files.insert(files.end(), option.names.begin(), option.names.end());
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return fmt::format(R"(_holdfast() {{
  local path='{0}' words='' word i
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  case $previous in {3}) COMPREPLY=($(compgen -f -- "$current")); return ;; esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    [ "$word" = -- ] && return
    case "$path $word" in
      {1}) path="$path $word" ;;
    esac
  done
  case $path in
{2}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _holdfast holdfast
)",
                     nodes.front().path, join(paths, "|"), join(cases, "\n"), join(files, "|"));
}

std::string quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

std::string fish(const std::vector<Node>& nodes) {
  std::string text =
      "# The commands given so far, options left out, are exactly these?\n"
      "function __holdfast_at\n"
      "  set -l words (commandline -opc)\n"
      "  set -l given\n"
      "  for word in $words[2..-1]\n"
      "    contains -- $word $__holdfast_commands; and set -a given $word\n"
      "  end\n"
      "  test \"$given\" = \"$argv\"\n"
      "end\n";
  std::vector<std::string> all;
  for (const Node& node : nodes) {
    for (const auto& command : node.commands) all.push_back(command.first);
  }
  text += "set -g __holdfast_commands " + join(all, " ") + "\ncomplete -c holdfast -f\n";
  for (const Node& node : nodes) {
    size_t first = node.path.find(' ');
    std::string at = "__holdfast_at" + (first == std::string::npos ? "" : node.path.substr(first));
    for (const auto& [name, help] : node.commands) {
      text += fmt::format("complete -c holdfast -n {} -a {} -d {}\n", quoted(at), name, quoted(help));
    }
    for (const auto& option : node.options) {
      if (option.names.empty()) continue;  // a word by its place
      text += fmt::format("complete -c holdfast -n {}", quoted(at));
      for (const std::string& name : option.names) {
        bool is_long = name.rfind("--", 0) == 0;
        text += fmt::format(" -{} {}", is_long ? "l" : "s", name.substr(is_long ? 2 : 1));
      }
      text += fmt::format("{} -d {}\n",
                          option.takes_file    ? " -rF"
                          : option.takes_value ? " -x"
                                               : "",
                          quoted(option.help));
    }
  }
  return text;
}

// zsh runs bash's script, which is all that static words need.
std::string zsh(const std::vector<Node>& nodes) {
  return "#compdef holdfast\nautoload -Uz bashcompinit && bashcompinit\n" + bash(nodes);
}

void print_completion(const CLI::App& app, const std::string& shell, Run& run) {
  run.terminal.out << completion(app, shell) << std::flush;
}

}  // namespace

std::string completion(const CLI::App& app, const std::string& shell) {
  const std::vector<Node> nodes = command_tree(app);
  return shell == "fish" ? fish(nodes) : shell == "zsh" ? zsh(nodes) : bash(nodes);
}

void add_completion(CLI::App& app, Run& run) {
  auto shell = std::make_shared<std::string>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("completion", "A script that completes commands in your shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_examples(
      *command,
      "  source <(holdfast completion bash)\n  holdfast completion fish > ~/.config/fish/completions/holdfast.fish");
  command->callback([&app, shell, &run] { print_completion(app, *shell, run); });
  CLI::App* version = app.add_subcommand("version", "The version of this program");
  version->callback([&run] { run.terminal.out << "holdfast " << kVersion << std::endl; });
}

}  // namespace holdfast::cli
