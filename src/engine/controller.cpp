#include "engine/controller.h"

#include <utility>

#include "core/mutation.h"

namespace holdfast::engine {

namespace {

using model::Kind;

// Which kinds a cloud event makes worth looking at.
model::Kinds kinds_of(const std::string& detail_type) {
  if (detail_type == ec2::kInstanceStateChange) {
    return Kind::instances | Kind::volumes | Kind::interfaces | Kind::status;
  }
  if (detail_type == ec2::kSnapshotNotification) return Kind::snapshots | Kind::images;
  if (detail_type == ec2::kVolumeNotification) return Kind::volumes | Kind::instances | Kind::interfaces;
  return model::kAllKinds;
}

constexpr Duration kNoticeOfEc2 = std::chrono::minutes(2);  // where a warning does not carry its end

}  // namespace

Controller::Controller(Options options, Ties ties)
    : options_(std::move(options)),
      clock_(ties.clock),
      loop_(ties.store, ties.clock, std::move(ties.decide), counters_, options_.claim),
      slots_(options_.snapshots_at_once),
      executor_({ties.ec2, ties.effects, ties.post,
                 [this](const ReleasedEffect& effect) {
                   return loop_.still_asked(effect) || core::mutated(core::Mutation::let_out_before_it_is_stored);
                 },
                 [this](const ReleasedEffect& effect, model::Outcome outcome) {
                   if (!loop_.holds(effect.id, effect.lease)) return;
                   loop_.put({effect.id, model::EffectEnded{std::move(outcome)}, 0, std::nullopt});
                 },
                 [this] { return loop_.tenure(); }, counters_, ties.clock, std::move(ties.budget_wait),
                 [this](const ReleasedEffect& effect) { return pace_of(effect); },
                 [this](const model::Effect& effect, int sent) { return slots_.has_room(effect, sent); }},
                options_.effects_at_once),
      observer_({ties.ec2, ties.looks, ties.post, ties.clock,
                 [this](const ManagedInstanceId& id) { return loop_.find(id); },
                 [this](const ManagedInstanceId& id, model::Observation observation) {
                   loop_.put({id, model::Observed{std::move(observation)}, 0, std::nullopt});
                 },
                 counters_, [this] { return loop_.elsewhere().may_be(); }}),
      prices_({ties.ec2, ties.looks, ties.post, ties.clock,
               [this](const std::function<void(const SharedView&)>& visit) { loop_.for_each(visit); },
               [this](const ManagedInstanceId& id, model::PricesSeen prices) {
                 loop_.put({id, std::move(prices), 0, std::nullopt});
               }}) {}

Result<void> Controller::start() {
  HF_TRY_VOID(loop_.load());
  loop_.for_each([&](const SharedView& view) {
    index_.update(view->id, view->state);
    slots_.update(view->id, view->state);
    observer_.want(view->id, model::kAllKinds);
  });
  next_sweep_ = clock_.now();
  return {};
}

void Controller::notify(const ec2::CloudEvent& event) {
  auto owner = index_.owner_of(event);
  if (owner) wake(*owner, event);
}

void Controller::wake(const ManagedInstanceId& id, const ec2::CloudEvent& event) {
  model::Event inner = model::CloudStirred{kinds_of(event.detail_type)};
  InstanceId instance(event.resource);
  if (event.detail_type == ec2::kInterruptionWarning) {
    inner = model::InterruptionNoticed{instance, event.deadline.value_or(event.time + kNoticeOfEc2)};
  } else if (event.detail_type == ec2::kRebalanceRecommendation) {
    inner = model::RebalanceRecommended{instance};
  }
  loop_.put({id, std::move(inner), 0, std::nullopt});
}

// A sweep also makes the loop renew its leases, so that the time last seen is kept and a store that cannot be written
// shows itself while nothing else happens.
void Controller::sweep_if_due() {
  Time now = clock_.now();
  if (now < next_sweep_) return;
  next_sweep_ = now + options_.sweep_interval;
  std::vector<ManagedInstanceId> known;
  loop_.for_each([&](const SharedView& view) { known.push_back(view->id); });
  const bool full = sweeps_++ % kFullSweepEvery == 0 || known.size() <= kSmallFleet;
  observer_.sweep(std::move(known), full ? model::kAllKinds : static_cast<model::Kinds>(Kind::instances));
  loop_.touch();
}

// Never a periodic snapshot near a final one: EC2 would refuse that, or it would come later.
std::optional<core::SnapshotPace> Controller::pace_of(const ReleasedEffect& effect) const {
  SharedView view = loop_.find(effect.id);
  if (view == nullptr || view->state.handover) return std::nullopt;
  const VolumeId& wanted = std::get<model::CreateSnapshot>(effect.effect.action).volume;
  for (const model::Volume* volume : core::copied_volumes(view->spec, view->state)) {
    if (volume->id != wanted) continue;
    core::SnapshotPace pace = core::pace_of(view->spec, view->state, *volume);
    if (snapshot_times_.much_changes(effect.id, wanted)) pace.weight *= kWeightMuchChanged;
    return pace;
  }
  return core::SnapshotPace{clock_.now(), view->spec.persistence.snapshot_interval, 1};
}

Controller::Outcome Controller::turn() {
  // While the store cannot be written nothing could be made of what is seen: no looks, so that no events pile up.
  if (!loop_.stalled()) sweep_if_due();
  Turn turn = loop_.turn();
  for (const ManagedInstanceId& id : turn.forgotten) {
    index_.forget(id);
    snapshot_times_.forget(id);
    slots_.forget(id);
    observer_.forget(id);
  }
  for (const SharedView& view : turn.changed) {
    snapshot_times_.update(view->id, view->state, clock_.now());
    slots_.update(view->id, view->state);
    if (view->state.looking.prices.empty()) prices_.offer(view);
    for (const ec2::CloudEvent& event : index_.update(view->id, view->state)) wake(view->id, event);
  }
  for (ReleasedEffect& effect : turn.effects) executor_.release(std::move(effect));
  for (const ManagedInstanceId& id : turn.taken) observer_.take(id);
  for (const WantedLook& look : turn.looks) {
    if (loop_.find(look.id) != nullptr) observer_.want(look.id, look.kinds);  // it may have been lost in this very turn
  }
  if (core::mutated(core::Mutation::let_out_before_it_is_stored)) executor_.pump();
  if (!loop_.stalled()) {
    executor_.pump();
    observer_.pump();
    prices_.pump();
  }
  return {std::move(turn.answers), std::move(turn.changed), std::move(turn.forgotten), std::move(turn.records),
          turn.last_sequence};
}

std::optional<Time> Controller::next_turn() const {
  std::optional<Time> next = loop_.next_turn();
  if (loop_.stalled()) return next;
  auto sooner = [&](std::optional<Time> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  sooner(next_sweep_);
  sooner(executor_.next_pump());
  sooner(observer_.next_pump());
  sooner(prices_.next_pump());
  return next;
}

}  // namespace holdfast::engine
