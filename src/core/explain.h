// Why a managed instance is where it is: what goes on, what that waits for and until when, and what comes by itself, in
// plain words and as data. Pure, and for readers only: it looks at the state in the same ways as the decision does, and
// decides nothing. Called by the API.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

struct Wait {
  // answer: a call is under way. sight: the cloud must show something. search: the outcome of a call is not known, and
  // what it made is looked for. pause: it was refused, and is tried again. market: none takes a launch. hold: a wish
  // that waits, because it would cost data. person: somebody must say what nobody else can know.
  enum class On { answer, sight, search, pause, market, hold, person };
  On on = On::sight;
  std::string thing;    // its id, or the name of the call
  std::string message;  // a sentence
  std::optional<Time> since = {};
  std::optional<Time> until = {};  // where that is known
};
std::string_view to_string(Wait::On on);

struct Coming {
  std::string message;
  Time at{};
};

struct Explanation {
  std::string summary;
  std::vector<Wait> waits;
  std::vector<Coming> next;  // in order of time
};

Explanation explain(const model::Spec& spec, const model::State& state, Time now);

}  // namespace holdfast::core
