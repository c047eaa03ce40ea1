// What users ask for, and their documents.

#include <fmt/format.h>

#include <algorithm>

#include "cloud/cidr.h"
#include "engine/changes.h"
#include "engine/inspect.h"
#include "model/document.h"
#include "sim/world.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

constexpr char kOneDevice[] = R"({"deviceName":"/dev/sdf","ebs":{"volumeSize":4}})";
constexpr char kTwoDevices[] =
    R"({"deviceName":"/dev/sdf","ebs":{"volumeSize":4}},{"deviceName":"/dev/sdg","ebs":{"volumeSize":6}})";
// Blank ones that nobody can tell apart who has not seen where they are.
constexpr char kTwoAlike[] =
    R"({"deviceName":"/dev/sdf","ebs":{"volumeSize":4}},{"deviceName":"/dev/sdg","ebs":{"volumeSize":4}})";
constexpr int kIntervals[] = {300, 900, 1800, 3600, 7200, 14400};

template <class T, size_t N>
const T& any_of(const T (&list)[N], Random& random) {
  return list[random.below(N)];
}

std::string quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "\"" : ",\"") + word + "\"";
  return text;
}

// A part of the list in an order of its own, at least one.
template <size_t N>
std::vector<std::string> some_of(const char* const (&list)[N], Random& random) {
  std::vector<std::string> all(std::begin(list), std::end(list));
  for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.below(i)]);
  all.resize(1 + random.below(N));
  return all;
}

// One or two parts of the week, the first within the next hours.
std::string draw_windows(Time now, Random& random) {
  static constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  auto moment = [](Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::minutes>(time - day));
    const std::chrono::weekday weekday(std::chrono::sys_days(day.time_since_epoch()));
    return fmt::format("{}:{:02}:{:02}", kDays[weekday.iso_encoding() - 1], clock.hours().count(),
                       clock.minutes().count());
  };
  std::vector<std::string> windows;
  Time begin = now + Duration(random.below(Duration(2h).count()));
  for (uint64_t left = 1 + random.below(2); left > 0; --left) {
    const Time end = begin + 5min + Duration(random.below(Duration(30min).count()));
    windows.push_back(moment(begin) + "-" + moment(end));
    begin = end + 10min + Duration(random.below(Duration(24h).count()));
  }
  return quoted(windows);
}

std::string draw_strategy(Time now, Random& random) {
  if (random.below(6) == 0) return R"({"lifeCycle":"on_demand"})";
  static constexpr const char* kOrientations[] = {"balanced", "costOriented", "availabilityOriented", "cheapest"};
  static constexpr const char* kPerformAt[] = {"always", "timeWindow", "never", "never", "never", "never"};
  const std::string perform_at = any_of(kPerformAt, random);
  std::string more;
  if (perform_at == "timeWindow" || random.below(3) == 0) {
    more += fmt::format(R"("optimizationWindows":[{}],)", draw_windows(now, random));
  }
  if (random.below(6) == 0) more += R"("minimumInstanceLifetime":1,)";
  return fmt::format(R"({{"lifeCycle":"spot","fallbackToOd":{},"orientation":"{}",{})"
                     R"("revertToSpot":{{"performAt":"{}"}}}})",
                     random.below(4) != 0, any_of(kOrientations, random), more, perform_at);
}

// Types in an order of their own; of some, one or two are preferred to the others.
std::string draw_types(Random& random) {
  const std::vector<std::string> types = some_of(kTypes, random);
  std::string text = fmt::format(R"("types":[{}])", quoted(types));
  if (random.below(3) == 0) text += fmt::format(R"(,"preferredTypes":[{}])", quoted({types.back()}));
  return text;
}

std::string draw_generations(Random& random) {
  const uint64_t generations = 1 + random.below(3);
  const bool fall_back = generations > 1 && random.below(2) == 0;
  return fmt::format(R"("rootGenerations":{},"rootFallback":{})", generations, fall_back);
}

const char* draw_devices(Random& random) {
  static constexpr const char* kDevices[] = {kOneDevice, kOneDevice, kTwoDevices, kTwoAlike};
  return any_of(kDevices, random);
}

std::vector<SubnetId> ids_of(const std::vector<std::string>& subnets) {
  return {subnets.begin(), subnets.end()};
}

}  // namespace

// One that only the managed instance of that number ever asks for: from the end of one of the subnets, far from what
// the cloud gives by itself.
std::string World::own_address(size_t number, const std::vector<SubnetId>& subnets, Random& random) {
  constexpr uint32_t kEach = 3;
  ec2::DescribeSubnetsRequest request;
  request.subnet_ids = {subnets[random.below(subnets.size())]};
  auto answer = cloud_->call(request);
  CHECK(answer && answer->subnets.size() == 1);
  auto block = cloud::Cidr::parse(answer->subnets.front().cidr_block);
  CHECK(block && block->size() > 2048);
  const auto one = kEach * static_cast<uint32_t>(number) + static_cast<uint32_t>(random.below(kEach));
  const uint32_t place = 2 + one % 1024;
  return cloud::ip_text(block->base + static_cast<uint32_t>(block->size()) - place);
}

std::string World::allocate_address() {
  ec2::AllocateAddressRequest request;
  request.domain = "vpc";
  auto made = ec2::call_further(*cloud_, request);
  CHECK(made);
  return addresses_.emplace_back(made->allocation_id);
}

// A recycle, a pause and a resume, or all three, each once in an hour (in long worlds: a day).
std::string World::draw_tasks(Random& random) {
  const bool brief = options_.length <= 12h;
  const std::string frequency = brief ? "hourly" : "daily";
  std::string tasks;
  auto add = [&](const char* type) {
    const Time start = time_.now() + Duration(random.below(Duration(brief ? 1h : 24h).count()));
    const Time minute = std::chrono::floor<std::chrono::minutes>(start);
    const std::chrono::hh_mm_ss clock(minute - std::chrono::floor<std::chrono::days>(minute));
    const std::string when =
        random.below(3) != 0 ? fmt::format(R"("frequency":"{}","startTime":"{}")", frequency, to_iso(minute))
        : brief ? fmt::format(R"("cronExpression":"{} * * * *")", clock.minutes().count())
                : fmt::format(R"("cronExpression":"{} {} * * *")", clock.minutes().count(), clock.hours().count());
    tasks += fmt::format(R"({}{{"taskType":"{}",{}}})", tasks.empty() ? "" : ",", type, when);
  };
  const uint64_t which = random.below(3);
  if (which != 1) add("recycle");
  if (which != 0) add("pause"), add("resume");
  return tasks;
}

std::string World::draw_document(Random& random) {
  uint64_t kind = random.below(6);
  bool root = kind != 4 && kind != 5;
  std::string mode = kind == 1 || kind == 4 ? "reattach" : kind == 2 || kind == 3 || kind == 5 ? "onLaunch" : "";
  bool ip = random.below(2) == 0;
  const std::vector<std::string> subnets = some_of(kSubnets, random);
  std::string addresses;
  if (ip && random.below(3) == 0) {
    addresses = fmt::format(R"("privateIp":"{}",)", own_address(ids_.size(), ids_of(subnets), random));
  }
  if (random.below(4) == 0) addresses += fmt::format(R"("elasticIp":"{}",)", allocate_address());
  std::string data = mode.empty() ? "" : fmt::format(R"("persistBlockDevices":true,"blockDevicesMode":"{}",)", mode);
  std::string mapping;
  if (!mode.empty()) {
    mapping = fmt::format(R"(,"blockDeviceMappings":[{}])", draw_devices(random));
  }
  std::string root_part =
      root ? R"("persistRootDevice":true,)" + draw_generations(random) + "," : std::string();
  const std::string schedule =
      random.below(4) == 0 ? fmt::format(R"("scheduling":{{"tasks":[{}]}},)", draw_tasks(random)) : std::string();
  std::string health =
      random.below(3) == 0
          ? R"("healthCheck":{"type":"EC2","gracePeriod":300,"unhealthyDuration":120,"autoHealing":true},)"
          : "";
  return fmt::format(
      R"({{"name":"m{}","strategy":{},"persistence":{{{}{}"snapshotInterval":{},"persistPrivateIp":{}}},{}{}
    "compute":{{{}"product":"Linux/UNIX","subnetIds":[{}],
      "launchSpecification":{{"imageId":"{}","instanceTypes":{{{}}},
        "securityGroupIds":["{}"]{}}}}}}})",
      ids_.size(), draw_strategy(time_.now(), random), root_part, data, any_of(kIntervals, random), ip, health,
      schedule, addresses, quoted(subnets), cloud::kMinimalImage, draw_types(random), cloud::kDefaultSecurityGroup,
      mapping);
}

ManagedInstanceId World::next_id() {
  return ids_.emplace_back(fmt::format("smi-{:08x}", 0xa0000001 + ids_.size()));
}

void World::create_one() {
  std::string document = draw_document(random_);
  auto spec = model::read_spec(document);
  CHECK(spec.has_value());
  auto surroundings = engine::inspect(*cloud_, *spec, {});
  CHECK(surroundings.has_value());
  const ManagedInstanceId id = next_id();
  checker_.created(id, *spec);
  request(id, model::Created{}, engine::Revision{document, *spec, *surroundings, {}});
}

std::optional<ManagedInstanceId> World::pick_managed(Random& random) {
  std::vector<ManagedInstanceId> alive;
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (known && known->state.goal != model::Goal::deleted) alive.push_back(id);
  }
  if (alive.empty()) return std::nullopt;
  return alive[random.below(alive.size())];
}

// The most milliseconds of what may take so long in a day: less in a shorter world.
uint64_t World::in_proportion(Duration in_a_day) const {
  return static_cast<uint64_t>(in_a_day.count() * std::min<int64_t>(options_.length.count(), Duration(24h).count()) /
                               Duration(24h).count());
}

void World::ask(Fault what, Random& random) {
  if (what == Fault::user_undeletes) return ask_to_undelete(random);
  if (what == Fault::user_readdresses) return ask_to_readdress(random);
  if (what == Fault::user_drops) return ask_to_drop(random);
  auto id = pick_managed(random);
  if (!id) return;
  if (what == Fault::user_recycles) return request(*id, model::RecycleAsked{});
  if (what == Fault::user_snapshots) return request(*id, model::SnapshotAsked{});
  if (what == Fault::user_restores) return ask_to_restore(*id, random);
  if (what == Fault::user_deletes) return ask_to_delete(*id, random);
  if (what == Fault::user_updates) return ask_to_change(*id, random);
  request(*id, model::PauseAsked{});
  resume_later(*id, 1min + Duration(random.below(in_proportion(6h))));
}

void World::resume_later(const ManagedInstanceId& id, Duration delay) {
  time_.post(delay, [this, id] {
    auto known = view(id);
    if (!faults_.calmed() && known && known->state.goal == model::Goal::paused) request(id, model::ResumeAsked{});
  });
}

void World::ask_in_haste(Random& random) {
  auto id = pick_managed(random);
  if (!id) return;
  Duration delay{};
  for (uint64_t left = 2 + random.below(5); left > 0; --left) {
    time_.post(delay, [this, id, seed = random.next()] {
      Random drawn(seed);
      if (!faults_.calmed()) ask_anything(*id, drawn);
    });
    delay += Duration(random.below(8'000));
  }
}

void World::ask_anything(const ManagedInstanceId& id, Random& random) {
  auto known = view(id);
  if (!known) return;
  if (known->state.goal == model::Goal::deleted) {
    request(id, model::UndeleteAsked{});
    return resume_later(id, 1s + Duration(random.below(20'000)));
  }
  switch (random.below(8)) {
    case 0:
      return request(id, model::RecycleAsked{});
    case 1:
      return request(id, model::SnapshotAsked{});
    case 2:
    case 3:
      return ask_to_restore(id, random);
    case 4:
      return ask_to_change(id, random);
    case 5:
      return ask_to_delete(id, random);
    case 6:
      return request(id, model::ResumeAsked{});
    default:
      request(id, model::PauseAsked{});
      return resume_later(id, 1s + Duration(random.below(60'000)));
  }
}

void World::ask_to_delete(const ManagedInstanceId& id, Random& random) {
  model::DeleteAsked deletion;
  bool everything = random.below(2) == 0;
  auto flag = [&] { return everything || random.below(2) == 0; };
  deletion.deallocation = {flag(), flag(), flag(), flag(), Duration(600'000 + random.below(in_proportion(20h)))};
  request(id, deletion);
  create_one();
}

void World::ask_to_change(const ManagedInstanceId& id, Random& random) {
  auto known = view(id);
  if (known) change(id, draw_change(known->spec, random));
}

std::string World::draw_change(const model::Spec& spec, Random& random) {
  auto persistence = [](const std::string& member) { return R"({"persistence":{)" + member + "}}"; };
  const model::Persistence& kept = spec.persistence;
  switch (random.below(10)) {
    case 0:
      return fmt::format(R"({{"scheduling":{{"tasks":[{}]}}}})", random.below(3) == 0 ? "" : draw_tasks(random));
    case 1:
      return fmt::format(R"({{"strategy":{}}})", draw_strategy(time_.now(), random));
    case 2:
      return persistence(fmt::format(R"("snapshotInterval":{})", any_of(kIntervals, random)));
    case 3: {
      const bool moves = kept.mode == model::BlockDevicesMode::reattach;
      if (!kept.block_devices) break;
      return persistence(fmt::format(R"("blockDevicesMode":"{}")", moves ? "onLaunch" : "reattach"));
    }
    case 4:
      if (!kept.root_device) break;
      return persistence(draw_generations(random));
    case 5:
      return fmt::format(R"({{"compute":{{"subnetIds":[{}]}}}})", quoted(some_of(kSubnets, random)));
    case 6:
      return persistence(kept.root_device ? R"("persistRootDevice":false,"rootGenerations":null,"rootFallback":null)"
                                          : R"("persistRootDevice":true)");
    case 7:
      return persistence(kept.block_devices ? R"("persistBlockDevices":false,"blockDevicesMode":null)"
                                            : R"("persistBlockDevices":true)");
    case 8:
      return fmt::format(R"({{"compute":{{"launchSpecification":{{"blockDeviceMappings":[{}]}}}}}})",
                         draw_devices(random));
    default:
      break;
  }
  return fmt::format(R"({{"compute":{{"launchSpecification":{{"instanceTypes":{{{}}}}}}}}})",
                     draw_types(random));
}

// Another private address, the one that it once had, any, or none that is kept; another elastic one, or none. What
// cannot be (one that another has) is refused when it is asked for.
void World::ask_to_readdress(Random& random) {
  auto id = pick_managed(random);
  if (!id) return;
  auto known = view(*id);
  const bool kept = known->spec.persistence.private_ip;
  switch (random.below(5)) {
    case 0:
      return change(*id, kept ? R"({"persistence":{"persistPrivateIp":false},"compute":{"privateIp":null}})"
                              : R"({"persistence":{"persistPrivateIp":true}})");
    case 1:
      return change(*id, R"({"compute":{"privateIp":null}})");
    case 2: {
      if (addresses_.empty()) allocate_address();
      const std::string& any = addresses_[random.below(addresses_.size())];
      return change(*id, fmt::format(R"({{"compute":{{"elasticIp":"{}"}}}})", any));
    }
    case 3:
      return change(*id, R"({"compute":{"elasticIp":null}})");
    default: {
      const auto number = static_cast<size_t>(std::find(ids_.begin(), ids_.end(), *id) - ids_.begin());
      const std::string wish = own_address(number, known->spec.compute.subnet_ids, random);
      return change(*id, fmt::format(R"({{"persistence":{{"persistPrivateIp":true}},"compute":{{"privateIp":"{}"}}}})",
                                     wish));
    }
  }
}

void World::change(const ManagedInstanceId& id, const std::string& change) {
  auto known = view(id);
  if (!known) return;
  auto merged = model::merge_document(known->document, change);
  if (!merged) return;
  auto spec = model::read_spec(*merged);
  if (!spec) return;
  auto surroundings = engine::inspect(*cloud_, *spec, engine::own_of({known->spec, *spec}, known->state));
  if (!surroundings) return;
  request(id, model::SpecChanged{*surroundings}, engine::Revision{*merged, *spec, *surroundings, known->document});
}

// One or two of its devices, each to any completed copy; or what was asked for before is taken back.
void World::ask_to_restore(const ManagedInstanceId& id, Random& random) {
  auto known = view(id);
  if (!known) return;
  std::vector<const model::Snapshot*> copies;
  for (const model::Snapshot& snapshot : known->state.snapshots) {
    if (snapshot.state == model::SnapshotState::completed) copies.push_back(&snapshot);
  }
  model::RestoreAsked restore;
  restore.retention = Duration(600'000 + random.below(in_proportion(20h)));
  for (uint64_t i = 0; i < 1 + random.below(2) && !copies.empty() && random.below(6) != 0; ++i) {
    const model::Snapshot& copy = *copies[random.below(copies.size())];
    restore.sources[copy.device] = copy.id;
  }
  request(id, restore);
}

// Any copy, also one that is not kept for a person (that is refused); or a data volume of one that is paused.
void World::ask_to_drop(Random& random) {
  if (random.below(2) == 0) {
    auto id = pick_managed(random);
    auto known = id ? view(*id) : nullptr;
    if (!known || known->state.snapshots.empty()) return;
    std::vector<SnapshotId> copies;
    for (const model::Snapshot& snapshot : known->state.snapshots) {
      if (snapshot.manual || snapshot.keep_until || random.below(8) == 0) copies.push_back(snapshot.id);
    }
    if (!copies.empty()) request(*id, model::SnapshotDropped{copies[random.below(copies.size())]});
    return;
  }
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    const bool at_rest = known && known->state.goal == model::Goal::paused && !known->state.data.empty();
    if (!at_rest) continue;
    const VolumeId& volume = known->state.data.begin()->second.id;
    return request(id, model::VolumeDropped{volume, Duration(600'000 + random.below(in_proportion(20h)))});
  }
}

// It comes back paused, and is wanted again after a while.
void World::ask_to_undelete(Random& random) {
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known || known->state.goal != model::Goal::deleted || !known->state.forget_at) continue;
    request(id, model::UndeleteAsked{});
    return resume_later(id, 10s + Duration(random.below(in_proportion(2h))));
  }
}

}  // namespace holdfast::sim
