#include "sim/world.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "model/names.h"
#include "sim/probes.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration kToRest = 10h;  // a slow snapshot may take half of that
constexpr Duration kToTidyUp = 1h;
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
      substrate_(time_, faults_, guests_, checker_, options_.seed + 2) {
  spdlog::set_level(spdlog::level::off);
  open_cloud();
  faulty_ = std::make_unique<FaultyEc2>(
      FaultyEc2::Ties{*tap_, time_, faults_, VirtualWorkers::wait,
                      [this](const ec2::Request&) { kill_due_ = kill_due_ || kill_after_effect_; }},
      options_.seed + 3, true);
}

World::~World() {
  cloud_->listen({});
  effects_.abandon();
  looks_.abandon();
  controller_.reset();
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

// ---- the service

void World::start_service() {
  posted_.clear();
  kill_due_ = kill_after_effect_ = false;
  store_.kill_at = KillAt::never;
  auto post = [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); };
  controller_ = std::make_unique<engine::Controller>(
      engine::Controller::Options{},
      engine::Controller::Ties{recorder_, store_, time_, effects_, looks_, post, core::decide});
  auto started = controller_->start();
  CHECK(started);
  ++life_;
  checker_.service_started();
  controller_->loop().for_each([&](const engine::SharedView& view) { checker_.restarted(*view); });
  for (const auto& [ticket, request] : requests_) send(ticket);
}

void World::kill_service() {
  ++crashes_;
  digest("killed");
  checker_.service_ended();
  effects_.abandon();
  looks_.abandon();
  controller_.reset();
  posted_.clear();
  uint64_t which = random_.below(10);
  Duration down = which < 6   ? Duration(random_.below(5000))
                  : which < 9 ? 10s + Duration(random_.below(600'000))
                              : 1h + Duration(random_.below(7'200'000));
  if (options_.traced) note(*options_.traced, fmt::format("the service dies, and is back in {}", to_words(down)));
  time_.post(down, [this] {
    if (!controller_) start_service();
  });
}

void World::turn() {
  try {
    auto outcome = controller_->turn();
    for (const engine::Answer& answered : outcome.answers) answer(answered);
    for (const engine::SharedView& changed : outcome.changed) checker_.shown(*changed);
  } catch (const Killed&) {
    kill_service();
  }
}

// One thing happens: what was posted, a turn, or a work that is due; or time goes on.
bool World::step() {
  if (kill_due_ && controller_) {
    kill_service();
    kill_due_ = kill_after_effect_ = false;
  }
  return drive(time_, controller_.get(), posted_, [this](const Posted& posted) {
    for (const auto& closure : posted) closure();
    turn();
  });
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
    if (!controller_) return;
    posted_.push_back([this, event] { controller_->notify(event); });
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

// ---- requests

void World::request(const ManagedInstanceId& id, model::Event event, std::optional<engine::Revision> revision) {
  bool busy = std::any_of(requests_.begin(), requests_.end(), [&](const auto& entry) { return entry.second.id == id; });
  if (busy) return;
  auto known = view(id);
  std::optional<model::Goal> before = known ? std::optional(known->state.goal) : std::nullopt;
  checker_.asks(id, event);
  note(id, fmt::format("a user asks: {}", model::name_of(event)));
  uint64_t ticket = ++last_ticket_;
  requests_.emplace(ticket, Request{id, std::move(event), std::move(revision), before});
  send(ticket);
}

void World::send(uint64_t ticket) {
  auto found = requests_.find(ticket);
  if (found == requests_.end() || !controller_) return;
  const Request& request = found->second;
  controller_->put({request.id, request.event, ticket, request.revision});
}

void World::answer(const engine::Answer& answered) {
  auto found = requests_.find(answered.ticket);
  if (found == requests_.end()) return;
  if (!answered.result && answered.result.error().kind == ErrorKind::unavailable) {
    time_.post(5s, [this, ticket = answered.ticket] { send(ticket); });
    return;
  }
  Request request = std::move(found->second);
  requests_.erase(found);
  note(request.id,
       fmt::format("the user is answered: {}", answered.result ? "done" : describe(answered.result.error())));
  bool updates = std::holds_alternative<model::SpecChanged>(request.event);
  if (updates && answered.result) checker_.changed_spec(request.id, request.revision->spec);
  if (request.revision) return;
  if (answered.result) {
    checker_.answered(request.id, request.event);
  } else if (request.goal_before) {
    // Refused: it stays as it was.
    model::Event as_before = *request.goal_before == model::Goal::running  ? model::Event(model::ResumeAsked{})
                             : *request.goal_before == model::Goal::paused ? model::Event(model::PauseAsked{})
                                                                           : model::Event(model::DeleteAsked{});
    if (Checker::sets_goal(request.event)) checker_.answered(request.id, as_before);
    checker_.refused_to_user(request.id, request.event);
  }
}

// ---- the run

RunOutcome World::live() {
  start_service();
  for (int i = 0; i < options_.instances; ++i) {
    time_.post(Duration(random_.below(600'000)), [this] { create_one(); });
  }
  schedule();
  Time end = time_.now() + options_.length;
  if (until(end)) {
    calm_down();
    check_the_end();
  }
  return outcome();
}

void World::calm_down() {
  faults_.calm();
  kill_due_ = kill_after_effect_ = false;
  store_.kill_at = KillAt::never;
  store_.refusals = 0;
  for (const auto& market : cloud_->markets()) {
    if (market.capacity) CHECK(cloud_->set_capacity(market.key, std::nullopt));
  }
  for (const auto& [id, spec] : substrate_.machines()) substrate_.guest_is_sick(id, false);
  if (options_.traced) note(*options_.traced, "from here on nothing goes wrong");
}

bool World::settled(std::string* why) const {
  auto no = [&](const ManagedInstanceId& id, std::string text) {
    if (why != nullptr) *why = id.str() + ": " + std::move(text);
    return false;
  };
  if (!controller_ || !requests_.empty()) return no({}, "the service is not back, or a request is not answered");
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known) continue;
    const model::State& state = known->state;
    // It goes on without what a person has destroyed or taken off, and says so.
    bool goes_on = state.instance && state.instance->healthy_at && !state.handover;
    bool by_hand = checker_.destroyed_by_hand(id) || checker_.taken_off_by_hand(id);
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
      return no(id, text);
    }
    bool well = state.goal != model::Goal::running || substrate_.alive(state.instance->id);
    if (!well) return no(id, "its instance " + state.instance->id.str() + " does not run");
  }
  return true;
}

void World::check_the_end() {
  std::string why;
  bool rested = until([&] { return settled(&why); }, kToRest);
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
  if (!until(forgotten, 30h) && !failed()) {
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

// Everything is asked again and the service starts anew: nobody loses an instance over it.
void World::check_that_repeating_changes_nothing() {
  std::map<ManagedInstanceId, InstanceId> before;
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known || checker_.destroyed_by_hand(id)) continue;
    // One that the cloud recommends to leave is left once there is room elsewhere, asked or not.
    if (known->state.instance && known->state.instance->rebalance_at) continue;
    before[id] = known->state.instance ? known->state.instance->id : InstanceId();
    bool runs = known->state.goal == model::Goal::running;
    request(id, runs ? model::Event(model::ResumeAsked{}) : model::Event(model::PauseAsked{}));
  }
  until(time_.now() + 1min);
  effects_.abandon();
  looks_.abandon();
  controller_.reset();
  start_service();
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
  result.commits = static_cast<uint64_t>(store_.commits);
  result.struck = faults_.struck();
  result.counts = faults_.counts();
  result.kinds_of_fault = static_cast<int>(result.counts.size());
  if (!options_.traced) return result;
  auto records = store_.records({*options_.traced, 0, 100000});
  for (const auto& stored : *records) {
    trace_.emplace_back(stored.record.at, fmt::format("* {}: {}", stored.record.kind, stored.record.message));
  }
  std::stable_sort(trace_.begin(), trace_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [at, text] : trace_) result.trace.push_back(to_iso(at) + "  " + text);
  return result;
}

// ---- what is told

engine::SharedView World::view(const ManagedInstanceId& id) const {
  return controller_ ? controller_->loop().find(id) : nullptr;
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

namespace {

// Of whom a mutating call is, for the trace.
struct Subject {
  std::string operator()(const ec2::TerminateInstancesRequest& r) const {
    return r.instance_ids.empty() ? "" : r.instance_ids.front().str();
  }
  std::string operator()(const ec2::AttachVolumeRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::DeleteVolumeRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::DeleteSnapshotRequest& r) const { return r.snapshot_id.str(); }
  std::string operator()(const ec2::DeregisterImageRequest& r) const { return r.image_id.str(); }
  std::string operator()(const ec2::CreateSnapshotRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::DeleteNetworkInterfaceRequest& r) const { return r.network_interface_id.str(); }
  std::string operator()(const ec2::CreateTagsRequest& r) const {
    return r.resources.empty() ? "" : r.resources.front();
  }
  std::string operator()(const ec2::RegisterImageRequest& r) const { return r.name; }
  std::string operator()(const ec2::RunInstancesRequest& r) const { return r.client_token; }
  std::string operator()(const ec2::CreateVolumeRequest& r) const { return r.client_token; }
  std::string operator()(const ec2::CreateNetworkInterfaceRequest& r) const { return r.client_token; }
  template <class R>
  std::string operator()(const R&) const {
    return {};
  }
};

}  // namespace

Result<ec2::Response> World::Recorder::perform(const ec2::Request& request) {
  Time asked = world_.time_.now();
  world_.checker_.asking(request);
  auto answered = world_.faulty_->perform(request);
  if (answered) world_.checker_.shown_to_service(*answered, asked);
  ++world_.calls_;
  world_.digest(ec2::action_of(request));
  if (!answered) world_.digest(answered.error().code);
  if (!world_.options_.traced || !ec2::mutates(request)) return answered;
  std::string subject = std::visit(Subject(), request);
  const ManagedInstanceId& id = *world_.options_.traced;
  auto owner = world_.checker_.owner_of(subject);
  if (owner == id || subject.find(id.str()) != std::string::npos) {
    world_.note(
        id, fmt::format("{} {}: {}", ec2::action_of(request), subject, answered ? "done" : describe(answered.error())));
  }
  return answered;
}

}  // namespace holdfast::sim
