// What the exit statuses mean, for help and the manual page.
#pragma once

#include "cli/commands.h"

namespace holdfast::cli {

struct ExitMeaning {
  ExitStatus status;
  const char* meaning;
};

inline constexpr ExitMeaning kExitMeanings[] = {
    {kOk, "done"},
    {kFailed, "failed"},
    {kUsage, "wrong usage"},
    {kNotFound, "not found"},
    {kRefused, "refused"},
    {kUnreachable, "no service answers"},
    {kTimedOut, "not in time"},
};

}  // namespace holdfast::cli
