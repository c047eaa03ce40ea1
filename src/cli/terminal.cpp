#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/commands.h"

namespace holdfast::cli {

Terminal process_terminal() {
  Terminal terminal{std::cin, std::cout, std::cerr};
  terminal.in_is_tty = isatty(STDIN_FILENO) == 1;
  terminal.out_is_tty = isatty(STDOUT_FILENO) == 1;
  const char* kind = std::getenv("TERM");
  bool plain = std::getenv("NO_COLOR") != nullptr || (kind != nullptr && std::string(kind) == "dumb");
  terminal.colour = terminal.out_is_tty && !plain;
  winsize size{};
  if (terminal.out_is_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) terminal.width = size.ws_col;
  return terminal;
}

}  // namespace holdfast::cli
