// The manual page, made from the same definitions that the command line is parsed by.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace holdfast::cli {

// holdfast(1) in man(7)'s macros.
std::string man_page(const CLI::App& app);

}  // namespace holdfast::cli
