#include "core/short_lived.h"
#include "core/probe.h"

#include <algorithm>

namespace holdfast::core {

using namespace model;

namespace {

constexpr int kFreeEnds = 2;  // launched again at once
constexpr Duration kFirstPause = std::chrono::seconds(5);
constexpr Duration kLongestPause = std::chrono::minutes(5);
constexpr int kMostDoublings = 10;  // far beyond the longest pause

}  // namespace

void note_end(Draft& draft) {
  State& state = draft.state();
  if (state.instance->healthy_at) return;
  const Reason reason = state.handover->reason;
  if (reason == Reason::disappeared || reason == Reason::interruption) ++state.short_lived;
}

Duration pause_after_ends(int ends) {
  if (ends <= kFreeEnds) return Duration(0);
  return std::min(kFirstPause * (1 << std::min(ends - kFreeEnds - 1, kMostDoublings)), kLongestPause);
}

bool launch_rests(Draft& draft) {
  const State& state = draft.state();
  if (!state.gone_at) return false;
  Time next = *state.gone_at + pause_after_ends(state.short_lived);
  if (draft.now >= next) return false;
  reached(Probe::short_lived_pause);
  draft.wake(next);
  return true;
}

void try_anew(State& state) {
  state.short_lived = 0;
  state.last_end.clear();
}

std::string short_lived_error(const State& state) {
  if (state.short_lived <= kFreeEnds || state.goal != Goal::running) return {};
  return std::to_string(state.short_lived) + " instances in a row ended by themselves before they were healthy" +
         (state.last_end.empty() ? "" : ", the last with: " + state.last_end) +
         ". The next is launched after pauses of up to 5 minutes; every copy from before is kept. Look at its console, "
         "and change the document or recycle it to have it tried at once";
}

}  // namespace holdfast::core
