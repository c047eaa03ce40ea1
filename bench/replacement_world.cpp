#include "bench/replacement_world.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <stdexcept>

#include "engine/inspect.h"
#include "model/document.h"
#include "model/names.h"

namespace holdfast::bench {

using namespace std::chrono_literals;

namespace {

// From EventBridge over SQS to us: chosen, of the whole way nothing is published.
constexpr sim::Spread kEvent{250ms, 1s};
constexpr Duration kPatience = 6h;  // a snapshot may take an hour

struct Made {
  std::string operator()(const ec2::RunInstancesResponse& r) const {
    return r.instances.empty() ? std::string() : r.instances.front().instance_id.str();
  }
  std::string operator()(const ec2::CreateSnapshotResponse& r) const { return r.snapshot.snapshot_id.str(); }
  std::string operator()(const ec2::CreateVolumeResponse& r) const { return r.volume.volume_id.str(); }
  std::string operator()(const ec2::RegisterImageResponse& r) const { return r.image_id.str(); }
  template <class R>
  std::string operator()(const R&) const {
    return {};
  }
};

// What carries the managed instance's own id.
struct Named {
  std::string operator()(const ec2::RunInstancesRequest& r) const { return r.client_token; }
  std::string operator()(const ec2::CreateVolumeRequest& r) const { return r.client_token; }
  std::string operator()(const ec2::RegisterImageRequest& r) const { return r.name; }
  std::string operator()(const ec2::CreateNetworkInterfaceRequest& r) const { return r.client_token; }
  template <class R>
  std::string operator()(const R&) const {
    return {};
  }
};
// What names something of it.
struct About {
  std::string operator()(const ec2::CreateSnapshotRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::AttachVolumeRequest& r) const { return r.instance_id.str(); }
  std::string operator()(const ec2::TerminateInstancesRequest& r) const {
    return r.instance_ids.empty() ? "" : r.instance_ids.front().str();
  }
  std::string operator()(const ec2::CreateTagsRequest& r) const {
    return r.resources.empty() ? "" : r.resources.front();
  }
  template <class R>
  std::string operator()(const R&) const {
    return {};
  }
};

}  // namespace

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::notice:
      return "interruption with notice";
    case Cause::no_notice:
      return "gone without notice";
    case Cause::recycle:
      return "recycle";
    case Cause::sick:
      return "failing health check";
  }
  return "";
}

ReplacementWorld::ReplacementWorld(uint64_t seed)
    : faults_(seed, sim::FaultPlan{}, std::nullopt),
      random_(seed),
      guests_(seed + 1),
      checker_(time_, guests_),
      substrate_(time_, faults_, guests_, *this, seed + 2),
      budget_([this] { return time_.now(); }) {
  spdlog::set_level(spdlog::level::off);
  open_cloud(seed + 4);
  faulty_ = std::make_unique<sim::FaultyEc2>(
      sim::FaultyEc2::Ties{taken_, time_, faults_, sim::VirtualWorkers::wait, {}}, seed + 3, true);
  ec2::Budgeted::Options options;
  options.wait = [](Duration duration, const std::stop_token&) {
    sim::VirtualWorkers::wait(duration);
    return true;
  };
  budgeted_ = std::make_unique<ec2::Budgeted>(sent_, budget_, options);
  start_service();
}

ReplacementWorld::~ReplacementWorld() {
  cloud_->listen({});
  effects_.abandon();
  looks_.abandon();
  controller_.reset();
}

void ReplacementWorld::open_cloud(uint64_t seed) {
  auto cloud = cloud::Cloud::open(sim::cloud_options(seed), substrate_, time_);
  if (!cloud) throw std::runtime_error(describe(cloud.error()));
  cloud_ = std::move(*cloud);
  tap_ = std::make_unique<sim::Tap>(*cloud_, checker_, sim::Actor::service);
  until(
      [this] {
        ec2::DescribeImagesRequest request;
        request.image_ids = {ImageId(cloud::kMinimalImage)};
        auto answer = cloud_->call(request);
        return answer && answer->images.front().state == "available";
      },
      1h, "the image is built");
  cloud_->listen([this](const ec2::CloudEvent& event) { take_event(event); });
}

void ReplacementWorld::start_service() {
  auto post = [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); };
  auto budget_wait = [this](const ec2::ApiCall& call, int ahead) { return budget_.wait_for(call, ahead); };
  controller_ = std::make_unique<engine::Controller>(
      engine::Controller::Options{},
      engine::Controller::Ties{*budgeted_, store_, time_, effects_, looks_, post, core::decide, budget_wait});
  CHECK(controller_->start().has_value());
  checker_.service_started();
}

// One thing happens; false: nothing ever will.
bool ReplacementWorld::step() {
  return sim::drive(time_, controller_.get(), posted_, [this](const sim::Posted& posted) {
    for (const auto& closure : posted) closure();
    auto outcome = controller_->turn();
    for (const engine::SharedView& changed : outcome.changed) checker_.shown(*changed);
  });
}

void ReplacementWorld::until(const std::function<bool()>& holds, Duration limit, const std::string& what) {
  const Time end = time_.now() + limit;
  while (!holds()) {
    if (time_.now() >= end || !step()) throw std::runtime_error("it never comes to this: " + what);
    if (!violations().empty()) throw std::runtime_error("a promise was broken: " + violations().front().what);
  }
}

void ReplacementWorld::pass(Duration duration) {
  const Time end = time_.now() + duration;
  bool over = false;
  time_.post(duration, [&over] { over = true; });
  until([&] { return over; }, duration + 1s, "time passes until " + to_iso(end));
}

// ---- what the cloud tells

void ReplacementWorld::note_event(const ec2::CloudEvent& event) {
  if (event.detail_type == ec2::kInstanceStateChange) {
    NotedMachine& machine = notes_.machines[InstanceId(event.resource)];
    if (event.state == "running") machine.runs = event.time;
    if (event.state == "shutting-down") machine.ends = event.time;
    if (event.state == "terminated") machine.gone = event.time;
  }
}

void ReplacementWorld::take_event(const ec2::CloudEvent& event) {
  checker_.happened(event);
  note_event(event);
  if (event.detail_type == ec2::kVolumeNotification) {
    // AWS tells of volumes that were created, and of nothing else of those that are told here.
    if (event.state != "available" || creating_.erase(event.resource) == 0) return;
    notes_.volume_made[VolumeId(event.resource)] = event.time;
  }
  time_.post(kEvent.draw(random_), [this, event] { posted_.push_back([this, event] { controller_->notify(event); }); });
}

void ReplacementWorld::note_statuses(const ec2::Response& response) {
  const auto* statuses = std::get_if<ec2::DescribeInstanceStatusResponse>(&response);
  if (statuses == nullptr) return;
  for (const auto& status : statuses->instance_statuses) {
    NotedMachine& machine = notes_.machines[status.instance_id];
    bool sick = machine.well && status.instance_status == "impaired";
    if (sick && !machine.told_sick) machine.told_sick = time_.now();
  }
}

void ReplacementWorld::machine_is_well(const InstanceId& machine) {
  notes_.machines[machine].well = time_.now();
  checker_.machine_is_well(machine);
}

void ReplacementWorld::volume_comes(const InstanceId& machine, const cloud::AttachedVolume& volume) {
  notes_.volume_came[{machine, volume.id}] = time_.now();
  checker_.volume_comes(machine, volume);
}

void ReplacementWorld::volume_leaves(const InstanceId& machine, const VolumeId& volume) {
  checker_.volume_leaves(machine, volume);
}

void ReplacementWorld::snapshot_ends(const SnapshotId& snapshot, bool completed) {
  notes_.snapshot_done[snapshot] = time_.now();
  checker_.snapshot_ends(snapshot, completed);
}

// ---- calls

ManagedInstanceId ReplacementWorld::owner_of(const ec2::Request& request) const {
  const std::string named = std::visit(Named(), request);
  if (auto at = named.find("smi-"); at != std::string::npos) return ManagedInstanceId(named.substr(at, 12));
  return checker_.owner_of(std::visit(About(), request)).value_or(ManagedInstanceId());
}

Result<ec2::Response> ReplacementWorld::Sent::perform(const ec2::Request& request) {
  const Time asked = world.time_.now();
  world.checker_.asking(request);
  std::shared_ptr<NotedCall> noted;
  if (ec2::mutates(request)) {
    noted = std::make_shared<NotedCall>(NotedCall{request, asked});
    world.notes_.calls[world.owner_of(request)].push_back(noted);
    world.under_way_[&request] = noted;
  }
  auto answered = world.faulty_->perform(request);
  if (noted) {
    world.under_way_.erase(&request);
    noted->answered = world.time_.now();
    noted->done = answered.has_value();
    if (answered) noted->made = std::visit(Made(), *answered);
  }
  if (!answered && answered.error().code == "RequestLimitExceeded") ++world.throttled_;
  if (answered) world.checker_.shown_to_service(*answered, asked);
  return answered;
}

Result<ec2::Response> ReplacementWorld::Taken::perform(const ec2::Request& request) {
  auto found = world.under_way_.find(&request);
  if (found != world.under_way_.end()) found->second->taken = world.time_.now();
  auto answered = world.tap_->perform(request);
  if (!answered) return answered;
  if (const auto* volume = std::get_if<ec2::CreateVolumeResponse>(&*answered))
    world.creating_.insert(volume->volume.volume_id.str());
  world.note_statuses(*answered);
  return answered;
}

void ReplacementWorld::forget_calls(const ManagedInstanceId& id) {
  for (const auto& call : notes_.calls[id]) {
    const auto* snapshot = std::get_if<ec2::CreateSnapshotRequest>(&call->request);
    if (snapshot != nullptr && call->done) notes_.last_snapshot[snapshot->volume_id] = call->taken;
  }
  notes_.calls.erase(id);
}

// ---- what happens to it

ManagedInstanceId ReplacementWorld::create(const std::string& document) {
  auto spec = model::read_spec(document);
  if (!spec) throw std::runtime_error(describe(spec.error().errors.front()));
  auto surroundings = engine::inspect(*cloud_, *spec, {});
  CHECK(surroundings.has_value());
  ManagedInstanceId id(fmt::format("smi-{:08x}", 0xb0000001 + made_++));
  checker_.created(id, *spec);
  engine::Revision revision{document, *spec, *surroundings, {}};
  controller_->put({id, model::Created{}, 1, std::move(revision)});
  until(
      [&] {
        auto known = view(id);
        return known && known->state.instance && known->state.instance->healthy_at && !known->state.handover;
      },
      kPatience, "its first instance is healthy");
  return id;
}

InstanceId ReplacementWorld::replace(const ManagedInstanceId& id, Cause cause) {
  const InstanceId former = view(id)->state.instance->id;
  forget_calls(id);
  cloud::InterruptHow how;
  how.kind = cause == Cause::notice ? cloud::InterruptHow::Kind::notice : cloud::InterruptHow::Kind::no_notice;
  if (cause == Cause::notice || cause == Cause::no_notice) CHECK(cloud_->interrupt(former, how).has_value());
  if (cause == Cause::recycle) controller_->put({id, model::RecycleAsked{}, 1, std::nullopt});
  if (cause == Cause::sick) substrate_.guest_is_sick(former, true);
  until(
      [&] {
        const model::State& state = view(id)->state;
        bool next = state.instance && state.instance->id != former && state.instance->healthy_at && !state.handover;
        return next;
      },
      kPatience, "the next instance is healthy");

  return former;
}

void ReplacementWorld::empty_zone(char zone, bool empty) {
  for (const auto& market : cloud_->markets()) {
    if (market.key.availability_zone.back() != zone) continue;
    CHECK(cloud_->set_capacity(market.key, empty ? std::optional(0) : std::nullopt).has_value());
  }
}

}  // namespace holdfast::bench
