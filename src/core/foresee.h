// What would be done if something were asked for: the calls in their order, each with its reason. For dry runs. It is
// not told by rules of its own, which would drift: the very decisions are made (decide.h), one after the other, on a
// cloud in the imagination that gives whatever it is asked for (imagined_cloud.h), until the managed instance is at
// rest. Pure; nothing is kept.
//
// Real life may differ where the cloud refuses something, and where several calls go out side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "model/event.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

struct ForeseenStep {
  std::string action;  // EC2's name of the call
  std::string target;
  std::string reason;
  model::Phase phase = model::Phase::none;  // of the handover that it belongs to; none: beside any
  bool under_way = false;                   // asked for already, before what is foreseen
  bool operator==(const ForeseenStep&) const = default;
};

struct Foreseen {
  std::vector<ForeseenStep> steps;
  std::vector<model::Phase> phases;  // that are gone through from now on, each once, in order
  model::State after;                // at rest; its ids of what is new are names
  bool at_rest = false;              // false: it does not come to rest by what can be foreseen
};

struct Question {
  const model::Spec& was;   // as the present instance was launched; the same as `spec` where that does not change
  const model::Spec& spec;  // as it is from now on
  const model::State& state;
  const model::Event& event;
};

// A request that cannot be honoured now is the error that `decide` answers.
Result<Foreseen> foresee(const Question& question, Time now);

// What a phase usually takes: the median of the handovers of this managed instance that went through it.
struct UsualTime {
  model::Phase phase = model::Phase::none;
  std::optional<Duration> time;  // nothing: none ever did
  int of = 0;                    // so many were looked at
};
// `ends`: the records with which its handovers ended (account.h).
std::vector<UsualTime> usual_times(const std::vector<model::Phase>& phases, const std::vector<model::Record>& ends);

}  // namespace holdfast::core
