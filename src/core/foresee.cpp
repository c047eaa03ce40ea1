#include "core/foresee.h"

#include <algorithm>
#include <deque>

#include "core/account.h"
#include "core/decide.h"
#include "core/foreseen_words.h"
#include "core/imagined_cloud.h"
#include "core/import.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr int kMostTurns = 4000;
// Two minutes and more of waiting for nothing but the time: what is far off is not foreseen (a deletion that is due in
// days, the next periodic snapshot).
constexpr Duration kFarOff = std::chrono::minutes(2);

class Imagination {
 public:
  Imagination(const Question& question, Time now)
      : spec_(question.spec), cloud_(question.was, question.state), now_(now), state_(question.state) {
    spec_.tasks.clear();  // what the schedule does comes of no request
    for (const auto& [key, asked] : state_.asked) {
      if (asked.standing == Asked::Standing::asked) effects_.push_back({asked.effect, true});
    }
    if (state_.handover && !state_.handover->phases.empty()) note_phase(state_.handover->phases.back().phase);
  }

  Result<void> happen(const Event& event) {
    HF_TRY(Step step, decide(spec_, state_, event, now_));
    state_ = std::move(step.state);
    for (const Record& record : step.records) note_phase(record);
    for (const Effect& effect : step.effects) effects_.push_back({effect, false});
    // The most urgent first, as they are sent.
    std::stable_sort(effects_.begin(), effects_.end(),
                     [](const Pending& a, const Pending& b) { return a.effect.urgency < b.effect.urgency; });
    look_ = step.look;
    wake_ = step.wake_at;
    forgotten_ = step.forget;
    return {};
  }

  // One thing happens. False: nothing will before long.
  Result<bool> turn() {
    if (forgotten_) return false;
    if (!effects_.empty()) {
      const Pending next = effects_.front();
      effects_.pop_front();
      note(next);
      HF_TRY_VOID(happen(EffectEnded{cloud_.perform(next.effect)}));
      return true;
    }
    if (look_ && look_->at <= now_) {
      cloud_.advance();
      HF_TRY_VOID(happen(Observed{cloud_.observe(now_)}));
      return !at_rest();
    }
    if (at_rest()) return false;
    std::optional<Time> next = wake_;
    if (look_ && (!next || look_->at < *next)) next = look_->at;
    if (!next || *next > now_ + kFarOff) return false;
    now_ = std::max(*next, now_ + Duration(1));
    if (!wake_ || *wake_ > now_) return true;
    HF_TRY_VOID(happen(TimerRang{}));
    return true;
  }

  bool at_rest() const {
    const bool busy = !effects_.empty() || !state_.asked.empty() || state_.handover || state_.recycle_wanted ||
                      import_pending(state_) || something_due();
    if (busy) return false;
    switch (state_.goal) {
      case Goal::deleted:
        return state_.forget_at.has_value();
      case Goal::paused:
        return !state_.instance;
      case Goal::running:
        return state_.instance && state_.instance->kept && state_.instance->state == InstanceState::running;
    }
    return false;
  }

  Foreseen take() {
    const bool rests = at_rest() || forgotten_;
    return {std::move(steps_), std::move(phases_), std::move(state_), rests};
  }

 private:
  struct Pending {
    Effect effect;
    bool under_way = false;
  };

  bool something_due() const {
    return std::any_of(state_.retired.begin(), state_.retired.end(),
                       [&](const Retired& entry) { return entry.due <= now_; });
  }

  // Periodic snapshots are taken whatever is asked for.
  void note(const Pending& pending) {
    if (pending.effect.key.starts_with("periodic/")) return;
    ForeseenStep step = words_of(pending.effect, spec_, state_);
    const bool phased = state_.handover && !state_.handover->phases.empty();
    step.phase = phased ? state_.handover->phases.back().phase : Phase::none;
    step.under_way = pending.under_way;
    steps_.push_back(std::move(step));
  }

  // By its record: a phase may begin and end within one decision.
  void note_phase(const Record& record) {
    if (record.kind != "phase") return;
    for (Phase phase : {Phase::terminating, Phase::saving, Phase::launching, Phase::attaching, Phase::checking}) {
      if (record.data.find("\"" + std::string(to_string(phase)) + "\"") != std::string::npos) note_phase(phase);
    }
  }

  void note_phase(Phase phase) {
    if (std::find(phases_.begin(), phases_.end(), phase) == phases_.end()) phases_.push_back(phase);
  }

  Spec spec_;
  ImaginedCloud cloud_;
  Time now_;
  State state_;
  std::deque<Pending> effects_;
  std::optional<Look> look_;
  std::optional<Time> wake_;
  bool forgotten_ = false;
  std::vector<ForeseenStep> steps_;
  std::vector<Phase> phases_;
};

}  // namespace

Result<Foreseen> foresee(const Question& question, Time now) {
  Imagination imagination(question, now);
  HF_TRY_VOID(imagination.happen(question.event));
  for (int turns = 0; turns < kMostTurns; ++turns) {
    HF_TRY(bool goes_on, imagination.turn());
    if (!goes_on) break;
  }
  return imagination.take();
}

std::vector<UsualTime> usual_times(const std::vector<Phase>& phases, const std::vector<Record>& ends) {
  std::vector<UsualTime> usual;
  for (Phase phase : phases) {
    std::vector<Duration> taken;
    for (const Record& end : ends) {
      if (auto time = time_of_phase(end, phase)) taken.push_back(*time);
    }
    UsualTime& one = usual.emplace_back(UsualTime{phase, std::nullopt, static_cast<int>(taken.size())});
    if (taken.empty()) continue;
    auto middle = taken.begin() + static_cast<std::ptrdiff_t>(taken.size() / 2);
    std::nth_element(taken.begin(), middle, taken.end());
    one.time = *middle;
  }
  return usual;
}

}  // namespace holdfast::core
