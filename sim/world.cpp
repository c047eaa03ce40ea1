#include "sim/world.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "core/explain.h"
#include "model/names.h"
#include "sim/probes.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration kToRest = 10h;  // a slow snapshot may take half of that
constexpr Duration kToForget = 100h;  // what a document gave up before is kept for four days
constexpr Duration kToTidyUp = 1h;
constexpr int kMostStepsOfAMoment = 100'000;
constexpr Duration kToBeNoticed = 10min;  // a sweep, and a call that is repeated some times

}  // namespace

RunOutcome run(const RunOptions& options) {
  forget_probes();
  auto began = std::chrono::steady_clock::now();
  RunOutcome outcome = World(options).live();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  outcome.probes = probe_counts();
  return outcome;
}

World::World(RunOptions options)
    : options_(std::move(options)),
      faults_(options_.seed, draw_plan(options_.seed, options_.swarm, options_.load), options_.only),
      random_(options_.seed),
      guests_(options_.seed + 1),
      checker_(time_, guests_),
      substrate_(time_, faults_, guests_, checker_, options_.seed + 2),
      ledger_([this](int promise, std::string name, const ManagedInstanceId& id, std::string what) {
        checker_.broken(promise, std::move(name), id, std::move(what));
      }) {
  spdlog::set_level(spdlog::level::off);
  open_cloud();
  faulty_ = std::make_unique<FaultyEc2>(
      FaultyEc2::Ties{*tap_, time_, faults_, VirtualWorkers::wait, [this] { a_call_was_done(); }},
      options_.seed + 3, true);
  if (options_.services == 0) options_.services = draw_services(options_.seed, options_.swarm);
  for (int i = 0; i < options_.services; ++i) services_.push_back(make_service());
}

World::~World() {
  cloud_->listen({});
  services_.clear();
}

void World::open_cloud() {
  auto cloud = cloud::Cloud::open(cloud_options(options_.seed + 4), substrate_, time_);
  CHECK(cloud);
  cloud_ = std::move(*cloud);
  tap_ = std::make_unique<Tap>(*cloud_, checker_, Actor::service);
  people_ = std::make_unique<Tap>(*cloud_, checker_, Actor::person);
  for (int i = 0; i < 1000 && time_.next(); ++i) {
    time_.advance_to(*time_.next());
    while (time_.run_due()) {
    }
    ec2::DescribeImagesRequest request;
    request.image_ids = {ImageId(cloud::kMinimalImage)};
    auto answer = cloud_->call(request);
    if (answer && answer->images.front().state == "available") break;
  }
  cloud_->listen([this](const ec2::CloudEvent& event) { take_event(event); });
}

// ---- time

bool World::step() {
  auto act = [this] {
    return std::any_of(services_.begin(), services_.end(),
                       [this](const auto& service) { return service->acts() && turn_of(*service); });
  };
  auto next_turn = [this] {
    std::optional<Time> first;
    for (const Service* service : acting()) {
      const std::optional<Time> its = service->controller->next_turn();
      if (!its) continue;
      const Time then = service->clock.in_the_world(*its);
      first = std::min(first.value_or(then), then);
    }
    return first;
  };
  const Time before = time_.now();
  const bool more = drive(time_, act, next_turn);
  steps_of_a_moment_ = time_.now() == before ? steps_of_a_moment_ + 1 : 0;
  if (steps_of_a_moment_ == kMostStepsOfAMoment) {
    checker_.broken(5, "time_stands_still", {}, "a service acts without end, and nothing comes of it");
  }
  return more;
}

bool World::until(Time end) {
  while (time_.now() < end && !failed()) {
    if (!step()) return false;
  }
  return !failed();
}

bool World::until(const std::function<bool()>& holds, Duration limit) {
  Time end = time_.now() + limit;
  while (!failed()) {
    if (holds()) return true;
    if (time_.now() >= end) return false;
    until(std::min(end, time_.now() + 10s));
  }
  return false;
}

void World::take_event(const ec2::CloudEvent& event) {
  checker_.happened(event);
  if (options_.traced) {
    if (auto owner = checker_.owner_of(event.resource); owner && traces(*owner)) {
      note(*owner, fmt::format("{}: {} {}", event.detail_type, event.resource, event.state));
    }
  }
  auto deliver = [this, event] {
    for (auto& service : services_) {
      if (!service->runs()) continue;
      service->posted.push_back([to = service.get(), event] { to->controller->notify(event); });
    }
  };
  if (faults_.strikes(Fault::event_lost)) return;
  if (faults_.strikes(Fault::event_late)) {
    time_.post(Duration(faults_.draw(Fault::event_late, 120'000)), deliver);
  } else {
    deliver();
  }
  if (faults_.strikes(Fault::event_doubled)) {
    time_.post(Duration(faults_.draw(Fault::event_doubled, 300'000)), deliver);
  }
}

// ---- the run

RunOutcome World::live() {
  for (auto& service : services_) start(*service);
  for (int i = 0; i < options_.instances; ++i) {
    time_.post(Duration(random_.below(600'000)), [this] { create_one(); });
  }
  schedule();
  look_after();
  Time end = time_.now() + options_.length;
  if (until(end)) {
    calm_down();
    check_the_end();
  }
  return outcome();
}

void World::look_after() {
  place_by_hand();
  time_.post(10min, [this] { look_after(); });
}

void World::calm_down() {
  faults_.calm();
  for (auto& service : services_) service->calm_down();
  for (const auto& market : cloud_->markets()) {
    if (market.capacity) CHECK(cloud_->set_capacity(market.key, std::nullopt));
  }
  guests_.repair_all();
  for (const auto& [id, spec] : substrate_.machines()) substrate_.guest_is_sick(id, false);
  if (options_.traced) note(*options_.traced, "from here on nothing goes wrong");
}

bool World::settled(std::string* why) {
  auto no = [&](const ManagedInstanceId& id, std::string text) {
    if (why != nullptr) *why = id.str() + ": " + std::move(text);
    return false;
  };
  if (!all_act() || !requests_.empty()) return no({}, "the service is not back, or a request is not answered");
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known) continue;
    const model::State& state = known->state;
    // It goes on without what a person has destroyed or taken off, and says so.
    bool goes_on = state.instance && state.instance->healthy_at && !state.handover;
    bool by_hand = checker_.destroyed_by_hand(id) || checker_.taken_off_by_hand(id);
    // Its original ended before it was secured, and took its root along.
    const bool nothing_to_go_on_from = state.import && !state.import->done_at && state.status == model::Status::error;
    if (nothing_to_go_on_from && (!state.instance || !substrate_.alive(state.instance->id))) continue;
    bool rests = state.goal == model::Goal::paused && !state.instance && !state.handover;
    if (rests && by_hand) continue;
    if (goes_on && by_hand && state.goal == model::Goal::running && substrate_.alive(state.instance->id)) continue;
    model::Status wanted = state.goal == model::Goal::running  ? model::Status::active
                           : state.goal == model::Goal::paused ? model::Status::paused
                                                               : model::Status::deallocated;
    if (state.status != wanted) {
      std::string text = fmt::format("{} {}", model::to_string(state.status), state.error);
      for (const auto& [key, asked] : state.asked) {
        text +=
            fmt::format("; {} {} tries {} {}", key, model::to_string(asked.standing), asked.tries, asked.last_error);
      }
      for (const core::Wait& wait : core::explain(known->spec, state, time_.now()).waits) text += "; " + wait.message;
      return no(id, text);
    }
    bool well = state.goal != model::Goal::running || substrate_.alive(state.instance->id);
    if (!well) return no(id, "its instance " + state.instance->id.str() + " does not run");
  }
  const std::string address = astray();
  return address.empty() || no({}, address);
}

std::string World::astray() {
  std::map<std::string, InstanceId> wanted;  // where it should be, by allocation
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known || known->state.goal != model::Goal::running || !known->state.instance) continue;
    wanted[known->spec.compute.elastic_ip] = known->state.instance->id;
  }
  auto all = ec2::call_further(*cloud_, ec2::DescribeAddressesRequest{});
  CHECK(all);
  for (const ec2::Address& address : all->addresses) {
    auto place = wanted.find(address.allocation_id);
    const InstanceId meant = place == wanted.end() ? InstanceId() : place->second;
    if (address.instance_id == meant) continue;
    return fmt::format("elastic address {} is on '{}' instead of '{}'", address.allocation_id,
                       address.instance_id.str(), meant.str());
  }
  return {};
}

bool World::schedules_are_kept(std::string* why) {
  *why = ": a service is not back";
  if (!all_act()) return false;
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    const std::string due = known ? checker_.overdue(*known) : std::string();
    *why = id.str() + ": " + due;
    if (!due.empty()) return false;
  }
  return true;
}

// So that all come to rest at the same time.
void World::take_schedules_away() {
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    const bool scheduled = known && known->state.goal != model::Goal::deleted && !known->spec.tasks.empty();
    if (scheduled) change(id, R"({"scheduling":{"tasks":[]}})");
  }
}

void World::check_the_end() {
  std::string why;
  bool rested = until([&] { return schedules_are_kept(&why); }, kToRest) && until(
                    [&] {
                      take_schedules_away();
                      return settled(&why);
                    },
                    kToRest);
  if (failed()) return;
  if (!rested) {
    auto colon = why.find(':');
    return checker_.broken(5, "does_not_come_back", ManagedInstanceId(why.substr(0, colon)), why);
  }
  // What is retired is kept for as long as was promised, and then goes.
  auto forgotten = [&] {
    return std::all_of(ids_.begin(), ids_.end(), [&](const ManagedInstanceId& id) {
      auto known = view(id);
      return !known || known->state.goal != model::Goal::deleted;
    });
  };
  if (!until(forgotten, kToForget) && !failed()) {
    for (const ManagedInstanceId& id : ids_) {
      auto known = view(id);
      if (!known || known->state.goal != model::Goal::deleted) continue;
      std::string text(model::to_string(known->state.status));
      for (const auto& [key, asked] : known->state.asked) {
        text +=
            fmt::format("; {} {} tries {} {}", key, model::to_string(asked.standing), asked.tries, asked.last_error);
      }
      checker_.broken(4, "deleted_and_never_forgotten", id, text);
    }
    return;
  }
  if (!until(time_.now() + kToTidyUp)) return;
  check_that_nothing_is_left_over();
  if (!failed()) check_that_repeating_changes_nothing();
}

// What was made in this very moment is not known yet: only what stays is left over.
void World::check_that_nothing_is_left_over() {
  auto left = [this] {
    std::map<ManagedInstanceId, engine::SharedView> views;
    for (const ManagedInstanceId& id : ids_) views[id] = view(id);
    return checker_.left_over(*cloud_, views);
  };
  auto first = left();
  if (first.empty() || !until(time_.now() + kToBeNoticed)) return;
  for (const auto& [thing, state] : left()) {
    if (!first.contains(thing)) continue;
    checker_.broken(4, "left_over", checker_.owner_of(thing).value_or(ManagedInstanceId()),
                    fmt::format("{} ({}) belongs to nobody", thing, state));
  }
}

namespace {

// It may be replaced of its own accord, or (where its document is not taken in any more) by its schedule.
bool may_move_by_itself(const model::Spec& spec) {
  const model::Strategy& strategy = spec.strategy;
  const bool cheaper = strategy.orientation == model::Orientation::cheapest ||
                       strategy.orientation == model::Orientation::cost_oriented;
  const bool within_windows = !strategy.optimization_windows.empty();  // to a type that it likes better, too
  return cheaper || within_windows || strategy.revert_to_spot != model::PerformAt::never || !spec.tasks.empty();
}

}  // namespace

// Everything is asked again and the service starts anew: nobody loses an instance over it.
void World::check_that_repeating_changes_nothing() {
  std::map<ManagedInstanceId, InstanceId> before;
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known || checker_.destroyed_by_hand(id) || may_move_by_itself(known->spec)) continue;
    // One that the cloud recommends to leave is left once there is room elsewhere, asked or not.
    if (known->state.instance && known->state.instance->rebalance_at) continue;
    before[id] = known->state.instance ? known->state.instance->id : InstanceId();
    bool runs = known->state.goal == model::Goal::running;
    request(id, runs ? model::Event(model::ResumeAsked{}) : model::Event(model::PauseAsked{}));
  }
  until(time_.now() + 1min);
  for (auto& service : services_) service->end();
  for (auto& service : services_) start(*service);
  until(time_.now() + 15min);
  for (const auto& [id, instance] : before) {
    auto known = view(id);
    InstanceId now = known && known->state.instance ? known->state.instance->id : InstanceId();
    if (now == instance) continue;
    checker_.broken(6, "repeating_changed_something", id,
                    fmt::format("its instance was {}, and is {}", instance.str(), now.str()));
  }
}

RunOutcome World::outcome() {
  RunOutcome result;
  result.violations = checker_.violations();
  for (const ManagedInstanceId& id : ids_) {
    if (auto known = view(id)) digest(fmt::format("{} {}", id.str(), known->state.generation));
  }
  result.hash = hash_;
  result.instances = static_cast<int>(ids_.size());
  result.replacements = checker_.replacements();
  result.crashes = crashes_;
  result.calls = calls_;
  result.commits = commits_before_;
  for (const auto& service : services_) result.commits += static_cast<uint64_t>(service->store.commits);
  result.struck = faults_.struck();
  result.counts = faults_.counts();
  result.kinds_of_fault = static_cast<int>(result.counts.size());
  if (!options_.traced) return result;
  auto records = shelf_.records({*options_.traced, 0, 100000});
  for (const auto& stored : *records) {
    trace_.emplace_back(stored.record.at, fmt::format("* {}: {}", stored.record.kind, stored.record.message));
  }
  std::stable_sort(trace_.begin(), trace_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [at, text] : trace_) result.trace.push_back(to_iso(at) + "  " + text);
  return result;
}

// ---- what is told

engine::SharedView World::view(const ManagedInstanceId& id) {
  const uint64_t number = ledger_.number(id);
  for (const auto& service : services_) {
    if (service->acts() && service->controller->loop().holds(id, number)) return service->controller->loop().find(id);
  }
  if (services_.size() == 1 && !services_.front()->asleep_until) return nullptr;
  // Who held it sleeps or is no more: what is stored is what is known.
  auto stored = shelf_.elsewhere(id);
  if (!stored || stored->empty()) return nullptr;
  auto read = engine::view_of(std::move(stored->front().instance));
  return read ? *read : nullptr;
}

void World::note(const ManagedInstanceId& id, const std::string& text) {
  if (traces(id)) trace_.emplace_back(time_.now(), text);
}

void World::digest(std::string_view text) {
  auto add = [&](unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3u; };
  for (char c : text) add(static_cast<unsigned char>(c));
  int64_t now = to_millis(time_.now());
  for (int i = 0; i < 8; ++i) add(static_cast<unsigned char>(now >> (8 * i)));
}

}  // namespace holdfast::sim
