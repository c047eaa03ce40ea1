#include "engine/executor.h"

#include <algorithm>

#include "base/check.h"
#include "core/probe.h"
#include "engine/effect_call.h"
#include "engine/perform.h"
#include "engine/snapshot_slots.h"

namespace holdfast::engine {

namespace {

bool is_periodic_snapshot(const model::Effect& effect) {
  return effect.urgency == model::Urgency::periodic && std::holds_alternative<model::CreateSnapshot>(effect.action);
}

}  // namespace

Executor::Executor(Ties ties, int at_once) : ties_(std::move(ties)), at_once_(at_once) {
  CHECK(at_once_ > 0);
}

void Executor::release(ReleasedEffect effect) {
  if (!known_.insert(key_of(effect)).second) return;
  Queue& queue = waiting_[call_of(effect.effect).action];
  ++ties_.counters.effects_queued;
  if (const auto pace = is_periodic_snapshot(effect.effect) && ties_.pace_of ? ties_.pace_of(effect) : std::nullopt) {
    return queue.turns.add(*pace, ++sequence_, std::move(effect));
  }
  Rank rank{effect.effect.urgency, effect.effect.deadline.value_or(Time::max()), ++sequence_};
  queue.effects.emplace(rank, std::move(effect));
}

void Executor::pump() {
  next_pump_.reset();
  std::set<Queue*> held;
  while (under_way_ < at_once_) {
    Queue* queue = most_urgent(held);
    if (queue == nullptr) return;
    const std::optional<Duration> wait = wait_of(*queue);
    if (wait != Duration::zero()) {
      held.insert(queue);
      if (!wait) continue;
      const Time then = ties_.clock.now() + *wait;
      next_pump_ = next_pump_ ? std::min(*next_pump_, then) : then;
      continue;
    }
    Effects effects = take(*queue);
    if (!effects.empty()) send(*queue, std::move(effects));
  }
}

Executor::Rank Executor::Queue::first_rank() const {
  return effects.empty() ? Rank{model::Urgency::periodic, Time::max(), 0} : effects.begin()->first;
}

const ReleasedEffect& Executor::first_of(const Queue& queue) const {
  return queue.effects.empty() ? queue.turns.first(ties_.clock.now()) : queue.effects.begin()->second;
}

// What is periodic leaves half of the bucket: a burst of final snapshots need not wait for the refill.
std::optional<Duration> Executor::wait_of(const Queue& queue) {
  const model::Effect& first = first_of(queue).effect;
  if (ties_.has_room && !ties_.has_room(first, snapshots_sent())) return std::nullopt;
  if (!ties_.budget_wait) return Duration::zero();
  const ec2::ApiCall call = call_of(first);
  const int left = is_periodic_snapshot(first) ? static_cast<int>(ec2::request_bucket(call).size / 2) : 0;
  return ties_.budget_wait(call, *queue.not_begun + left);
}

// Of what was made, a place is held here until the state that knows it is stored.
int Executor::snapshots_sent() {
  std::erase_if(asked_, [&](const auto& entry) { return !ties_.still_asked(entry.second); });
  int sent = 0;
  for (const auto* snapshots : {&asking_, &asked_}) {
    for (const auto& [key, effect] : *snapshots) sent += snapshots_made_by(effect.effect);
  }
  return sent;
}

// As many as EC2 has actions, so all are looked at.
Executor::Queue* Executor::most_urgent(const std::set<Queue*>& held) {
  Queue* first = nullptr;
  for (auto& [action, queue] : waiting_) {
    if (queue.empty() || held.contains(&queue)) continue;
    if (first == nullptr || queue.first_rank() < first->first_rank()) first = &queue;
  }
  return first;
}

ReleasedEffect Executor::take_first(Queue& queue) {
  --ties_.counters.effects_queued;
  if (queue.effects.empty()) return queue.turns.take(ties_.clock.now());
  return std::move(queue.effects.extract(queue.effects.begin()).mapped());
}

// The most urgent one of the queue, or nothing if it is no longer asked for, or better not sent now.
std::optional<ReleasedEffect> Executor::take_one(Queue& queue) {
  ReleasedEffect effect = take_first(queue);
  const bool asked = ties_.still_asked(effect);
  const bool put_off = asked && is_periodic_snapshot(effect.effect) && ties_.pace_of && !ties_.pace_of(effect);
  if (asked && !put_off) return effect;
  known_.erase(key_of(effect));
  if (put_off) {
    auto unsent = fail(ErrorKind::unavailable, "PutOff", "no periodic snapshot is made while a final one is near");
    ties_.ended(effect, model::Outcome{effect.effect.key, std::move(unsent)});
  }
  ++ties_.counters.effects_withdrawn;
  core::reached(core::Probe::effect_withdrawn);
  return std::nullopt;
}

// What goes in one call: one effect, or the terminations that wait.
Executor::Effects Executor::take(Queue& queue) {
  // A scout's end is of the same action, but looks at its tags first and so goes alone.
  auto ends_an_instance = [&] {
    return !queue.effects.empty() && terminated_by(queue.effects.begin()->second.effect) != nullptr;
  };
  const bool together = ends_an_instance();
  Effects effects;
  do {
    if (auto effect = take_one(queue)) effects.push_back(std::move(*effect));
  } while (together && ends_an_instance() && effects.size() < kMostTogether);
  return effects;
}

std::vector<Result<std::string>> Executor::perform_all(ec2::Ec2& ec2, const Effects& effects) {
  if (effects.size() == 1) {
    const ReleasedEffect& one = effects.front();
    return {perform(ec2, one.id, one.effect, one.again)};
  }
  std::vector<InstanceId> instances;
  for (const ReleasedEffect& effect : effects) instances.push_back(*terminated_by(effect.effect));
  return terminate_together(ec2, instances);
}

void Executor::send(Queue& queue, Effects effects) {
  ++under_way_;
  ties_.counters.effects_sent += effects.size();
  ties_.counters.effects_under_way += effects.size();
  ++*queue.not_begun;
  for (const ReleasedEffect& effect : effects) {
    if (snapshots_made_by(effect.effect) > 0) asking_.emplace(key_of(effect), effect);
  }
  ties_.workers.submit([this, tenure = ties_.tenure(), effects = std::move(effects), not_begun = queue.not_begun] {
    --*not_begun;
    WhileHeld ec2(ties_.ec2, *tenure, ties_.clock);
    auto made = perform_all(ec2, effects);
    ties_.post([this, effects, made = std::move(made)] { end(effects, made); });
  });
}

void Executor::end(const Effects& effects, std::vector<Result<std::string>> made) {
  CHECK(made.size() == effects.size());
  --under_way_;
  ties_.counters.effects_under_way -= effects.size();
  for (size_t i = 0; i < effects.size(); ++i) {
    const ReleasedEffect& effect = effects[i];
    if (!made[i]) ++ties_.counters.effects_failed;
    auto snapshot = asking_.extract(key_of(effect));
    if (!snapshot.empty() && made[i]) asked_.insert(std::move(snapshot));
    known_.erase(key_of(effect));
    ties_.ended(effect, model::Outcome{effect.effect.key, std::move(made[i])});
  }
}

}  // namespace holdfast::engine
