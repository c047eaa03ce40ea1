// The command line as data, read off the definitions that it is parsed by: what completions and the manual page are
// made of, so that neither can name what is not there or leave out what is.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace holdfast::cli {

struct CommandNode {
  struct Option {
    std::vector<std::string> names;  // "-o", "--output"; empty: a word by its place
    std::string value;               // what stands for its value in help: "FILE"; of a word by place: its own name
    std::string help;
    bool takes_value = false;
    bool takes_file = false;
    bool required = false;
    bool many = false;  // of a word by its place
  };
  std::string path;  // "holdfast cloud image"
  std::string help;
  std::string footer;                                         // examples and what else is to be said
  std::vector<std::pair<std::string, std::string>> commands;  // name, help
  bool alone = true;                                          // does something without one of these
  std::vector<Option> options;
};

// The program first, each command before those below it.
std::vector<CommandNode> command_tree(const CLI::App& app);

}  // namespace holdfast::cli
