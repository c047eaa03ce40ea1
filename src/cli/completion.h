// Scripts for shells that complete commands and options. Made from the commands themselves, so they cannot fall behind.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace holdfast::cli {

std::string completion(const CLI::App& app, const std::string& shell);  // bash, zsh, fish

}  // namespace holdfast::cli
