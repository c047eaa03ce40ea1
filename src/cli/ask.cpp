#include "cli/ask.h"

#include <iostream>

#include "base/text.h"

namespace holdfast::cli {

Result<void> ask(Terminal& terminal, const std::string& question, const std::string& answer,
                 const std::string& otherwise) {
  terminal.out.flush();
  terminal.err << question << std::flush;
  std::string typed;
  std::getline(terminal.in, typed);
  typed = std::string(trim(typed));
  if (typed == answer || (answer == "y" && (typed == "yes" || typed == "Y"))) return {};
  return fail(ErrorKind::invalid, "NotConfirmed", otherwise);
}

}  // namespace holdfast::cli
