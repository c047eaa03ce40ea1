#include "engine/executor.h"

#include <memory>

#include "base/check.h"
#include "engine/perform.h"

namespace holdfast::engine {

Executor::Executor(Ties ties, int at_once) : ties_(std::move(ties)), at_once_(at_once) {
  CHECK(at_once_ > 0);
}

void Executor::release(ReleasedEffect effect) {
  if (!known_.emplace(effect.id, effect.effect.key).second) return;
  Rank rank{effect.effect.urgency, effect.effect.deadline.value_or(Time::max()), ++sequence_};
  waiting_.emplace(rank, std::move(effect));
  ties_.counters.effects_queued = waiting_.size();
}

void Executor::pump() {
  while (under_way_ < at_once_ && !waiting_.empty()) {
    ReleasedEffect effect = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    if (ties_.still_asked(effect.id, effect.effect.key)) {
      send(std::move(effect));
    } else {
      known_.erase({effect.id, effect.effect.key});
      ++ties_.counters.effects_withdrawn;
    }
  }
  ties_.counters.effects_queued = waiting_.size();
}

void Executor::send(ReleasedEffect effect) {
  ++under_way_;
  ++ties_.counters.effects_sent;
  ties_.counters.effects_under_way = under_way_;
  ties_.workers.submit([this, &ec2 = ties_.ec2, effect = std::move(effect)] {
    model::Outcome outcome{effect.effect.key, perform(ec2, effect.id, effect.effect, effect.again)};
    ties_.post([this, id = effect.id, outcome = std::move(outcome)] {
      --under_way_;
      ties_.counters.effects_under_way = under_way_;
      if (!outcome.made) ++ties_.counters.effects_failed;
      known_.erase({id, outcome.key});
      ties_.ended(id, outcome);
    });
  });
}

}  // namespace holdfast::engine
