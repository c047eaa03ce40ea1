// Questions to the person at the terminal, before something is done that was not plainly asked for.
#pragma once

#include <string>

#include "base/error.h"
#include "cli/commands.h"

namespace holdfast::cli {

// Asks on err and reads one line: only `answer` goes on ("y": "yes" as well). An error that says `otherwise` if it was
// another, or none.
Result<void> ask(Terminal& terminal, const std::string& question, const std::string& answer,
                 const std::string& otherwise);

}  // namespace holdfast::cli
