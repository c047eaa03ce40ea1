#include "inprocess/world.h"

#include <fmt/format.h>

#include "base/check.h"
#include "engine/changes.h"
#include "engine/inspect.h"
#include "engine/tag_changes.h"
#include "model/document.h"

namespace holdfast::inprocess {

namespace {

constexpr cloud::NullOptions kDelays{std::chrono::milliseconds(20), std::chrono::milliseconds(30)};

cloud::CloudOptions cloud_options(uint64_t seed) {
  cloud::CloudOptions options;
  options.seed = seed;
  options.snapshot_wait = Duration::zero();
  return options;
}

}  // namespace

void VirtualTime::post(Duration delay, std::function<void()> work) {
  works_.emplace(std::pair(now_ + delay, ++sequence_), std::move(work));
}

std::optional<Time> VirtualTime::next() const {
  if (works_.empty()) return std::nullopt;
  return works_.begin()->first.first;
}

bool VirtualTime::run_due() {
  if (works_.empty() || works_.begin()->first.first > now_) return false;
  auto work = std::move(works_.begin()->second);
  works_.erase(works_.begin());
  work();
  return true;
}

Result<std::vector<int64_t>> DeadlyStore::commit(const std::vector<engine::Change>& changes, Time now) {
  ++commits;
  bool now_it_ends = kill_at != KillAt::never && commits == kill_commit;
  if (now_it_ends && kill_at == KillAt::before_commit) throw Killed{};
  auto sequences = kept_.commit(changes, now);
  if (now_it_ends) throw Killed{};
  return sequences;
}

World::World(uint64_t seed) : substrate_(time_, kDelays) {
  auto cloud = cloud::Cloud::open(cloud_options(seed), substrate_, time_);
  CHECK(cloud);
  cloud_ = std::move(*cloud);
  calls_ = std::make_unique<GuardedCloud>(*cloud_);
  // The image is built before anything is asked of it.
  for (int i = 0; i < 1000 && time_.next(); ++i) {
    time_.advance_to(*time_.next());
    while (time_.run_due()) {
    }
    ec2::DescribeImagesRequest request;
    request.image_ids = {ImageId(cloud::kMinimalImage)};
    auto answer = cloud_->call(request);
    if (answer && answer->images.front().state == "available") break;
  }
  start();
}

World::~World() {
  cloud_->listen({});
}

void World::start() {
  posted_.clear();
  effects_.jobs.clear();
  looks_.jobs.clear();
  auto post = [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); };
  controller_ = std::make_unique<engine::Controller>(
      engine::Controller::Options{},
      engine::Controller::Ties{*calls_, store_, time_, effects_, looks_, post, core::decide,
                               [this](const ec2::ApiCall& call, int ahead) {
                                 return budget_wait ? budget_wait(call, ahead) : Duration::zero();
                               }});
  auto started = controller_->start();
  CHECK(started);
  cloud_->listen(
      [this](const ec2::CloudEvent& event) { posted_.push_back([this, event] { controller_->notify(event); }); });
}

void World::kill(CallsUnderWay calls) {
  ++kills;
  cloud_->listen({});
  if (calls == CallsUnderWay::are_done) {
    for (auto& job : effects_.jobs) job();  // what they post is lost with the service
  }
  controller_.reset();
  answers_.clear();
  start();
}

void World::turn() {
  try {
    auto outcome = controller_->turn();
    for (engine::Answer& answer : outcome.answers) answers_.insert_or_assign(answer.ticket, std::move(answer.result));
  } catch (const Killed&) {
    kill(calls_at_kill);
  }
}

// One thing happens: what was posted, a turn, a call of the service's, a work of the cloud's; or time goes on.
void World::step() {
  if (!posted_.empty()) {
    auto posted = std::move(posted_);
    posted_.clear();
    for (auto& closure : posted) closure();
    return turn();
  }
  if (auto next = controller_->next_turn(); next && *next <= time_.now()) return turn();
  for (JobQueue* queue : {&effects_, &looks_}) {
    if (queue->jobs.empty()) continue;
    auto job = std::move(queue->jobs.front());
    queue->jobs.pop_front();
    return job();
  }
  if (time_.run_due()) return;
  auto next = controller_->next_turn();
  if (auto work = time_.next(); work && (!next || *work < *next)) next = work;
  CHECK(next);  // a sweep is always due some day
  time_.advance_to(*next);
}

bool World::until(const std::function<bool()>& holds, Duration limit) {
  Time end = time_.now() + limit;
  while (!holds()) {
    if (time_.now() > end) return false;
    step();
  }
  return true;
}

bool World::until_status(const ManagedInstanceId& id, model::Status status, Duration limit) {
  return until([&] { return view(id) != nullptr && view(id)->state.status == status; }, limit);
}

Result<void> World::request(engine::Input input) {
  for (;;) {
    uint64_t ticket = input.ticket = ++last_ticket_;
    int kills_before = kills;
    controller_->put(input);
    while (!answers_.contains(ticket) && kills == kills_before) step();
    if (auto answer = answers_.find(ticket); answer != answers_.end()) return answer->second;
    // The answer was lost with the service; the user asks again. A creation may have been stored all the same.
    if (input.revision && view(input.id) != nullptr) return {};
  }
}

Result<ManagedInstanceId> World::create(const std::string& document) {
  auto spec = model::read_spec(document);
  if (!spec) return Failure(spec.error().errors.front());
  auto surroundings = engine::inspect(*calls_, *spec, {});
  if (!surroundings) return Failure(surroundings.error().errors.front());
  ManagedInstanceId id(fmt::format("smi-{:08x}", 0xabc00000 + ++last_ticket_));
  HF_TRY_VOID(request({id, model::Created{}, 0, engine::Revision{document, *spec, *surroundings, {}}}));
  return id;
}

Result<ManagedInstanceId> World::import(const engine::ImportRequest& request) {
  auto plan = engine::plan_import(*calls_, request);
  if (!plan) return Failure(plan.error().errors.front());
  ManagedInstanceId id(fmt::format("smi-{:08x}", 0xabc00000 + ++last_ticket_));
  HF_TRY_VOID(this->request(
      {id, model::Created{plan->import}, 0, engine::Revision{plan->document, plan->spec, plan->surroundings, {}}}));
  return id;
}

InstanceId World::launch_foreign(bool spot) {
  ec2::RunInstancesRequest request;
  request.image_id = ImageId(cloud::kMinimalImage);
  request.instance_type = "t3.nano";
  if (spot) request.spot_options = ec2::SpotMarketOptions{};
  request.subnet_id = SubnetId(cloud::kSubnetA);
  request.security_group_ids = {SecurityGroupId(cloud::kDefaultSecurityGroup)};
  ec2::EbsBlockDevice data;
  data.volume_size = 4;
  data.delete_on_termination = true;
  request.block_device_mappings = {{"/dev/sdf", data, false}};
  request.tag_specifications = {{"instance", {{"Name", "legacy"}, {"team", "db"}}}};
  auto launched = cloud_->call(request);
  CHECK(launched);
  InstanceId id = launched->instances.at(0).instance_id;
  CHECK(until([&] { return instance(id).state == "running"; }, std::chrono::minutes(1)));
  return id;
}

ec2::Instance World::instance(const InstanceId& id) {
  ec2::DescribeInstancesRequest request;
  request.instance_ids = {id};
  auto answer = cloud_->call(request);
  CHECK(answer && answer->instances.size() == 1);
  return answer->instances.front();
}

Result<void> World::update(const ManagedInstanceId& id, const std::string& document, bool apply_tags) {
  auto spec = model::read_spec(document);
  if (!spec) return Failure(spec.error().errors.front());
  auto surroundings = engine::inspect(*calls_, *spec, engine::own_of({view(id)->spec, *spec}, view(id)->state));
  if (!surroundings) return Failure(surroundings.error().errors.front());
  model::SpecChanged change{*surroundings};
  if (apply_tags) change.tagging = engine::tag_changes(view(id)->spec, *spec);
  return request({id, std::move(change), 0, engine::Revision{document, *spec, *surroundings, view(id)->document}});
}

Result<void> World::ask(const ManagedInstanceId& id, model::Event event) {
  return request({id, std::move(event), 0, std::nullopt});
}

template <class R, class Item>
std::vector<Item> World::tagged(std::vector<Item> R::Response::*items) {
  R request;
  request.filters = {{std::string("tag:") + model::kTagManagedInstance, {"*"}}};
  std::vector<Item> all;
  for (;;) {
    auto answer = cloud_->call(request);
    CHECK(answer);
    all.insert(all.end(), ((*answer).*items).begin(), ((*answer).*items).end());
    if (answer->next_token.empty()) return all;
    request.next_token = answer->next_token;
  }
}

std::vector<ec2::Instance> World::instances(const std::string& state) {
  auto all = tagged<ec2::DescribeInstancesRequest>(&ec2::DescribeInstancesResponse::instances);
  std::erase_if(all, [&](const ec2::Instance& instance) { return instance.state != state; });
  return all;
}
std::vector<ec2::Volume> World::volumes() {
  return tagged<ec2::DescribeVolumesRequest>(&ec2::DescribeVolumesResponse::volumes);
}
std::vector<ec2::Snapshot> World::snapshots() {
  return tagged<ec2::DescribeSnapshotsRequest>(&ec2::DescribeSnapshotsResponse::snapshots);
}
std::vector<ec2::Image> World::images() {
  return tagged<ec2::DescribeImagesRequest>(&ec2::DescribeImagesResponse::images);
}
std::vector<ec2::NetworkInterface> World::interfaces() {
  return tagged<ec2::DescribeNetworkInterfacesRequest>(&ec2::DescribeNetworkInterfacesResponse::network_interfaces);
}

std::string World::history(const ManagedInstanceId& id) {
  std::string text;
  auto records = store_.records({id, 0, 1000});
  for (const auto& stored : *records) {
    text += fmt::format("{} {}: {}\n", to_iso(stored.record.at), stored.record.kind, stored.record.message);
  }
  if (auto seen = view(id)) {
    text += fmt::format("now {} {} error '{}'\n", to_iso(time_.now()), model::to_string(seen->state.status),
                        seen->state.error);
    for (const auto& [key, asked] : seen->state.asked) {
      text += fmt::format("asked {} standing {} tries {} {}\n", key, static_cast<int>(asked.standing), asked.tries,
                          asked.last_error);
    }
  }
  return text;
}

std::string document(const DocumentOptions& options) {
  std::string data =
      options.mode.empty() ? "" : fmt::format(R"("persistBlockDevices":true,"blockDevicesMode":"{}",)", options.mode);
  std::string mapping =
      options.mode.empty() ? "" : R"(,"blockDeviceMappings":[{"deviceName":"/dev/sdf","ebs":{"volumeSize":4}}])";
  return fmt::format(R"({{"name":"one","strategy":{{"lifeCycle":"spot"}},
    "persistence":{{"persistRootDevice":true,{}"persistPrivateIp":{}}},
    "healthCheck":{{"type":"EC2","gracePeriod":60}},
    "compute":{{"product":"Linux/UNIX","subnetIds":[{}],
      "launchSpecification":{{"imageId":"{}","instanceTypes":{{"types":["t3.nano"]}},
        "securityGroupIds":["{}"]{}}}}}}})",
                     data, options.private_ip, options.subnets, cloud::kMinimalImage, cloud::kDefaultSecurityGroup,
                     mapping);
}

}  // namespace holdfast::inprocess
