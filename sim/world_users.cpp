// What users ask for, and their documents.

#include <fmt/format.h>

#include <algorithm>

#include "engine/changes.h"
#include "engine/inspect.h"
#include "model/document.h"
#include "sim/world.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

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

}  // namespace

std::string World::draw_document(Random& random) {
  uint64_t kind = random.below(6);
  bool root = kind != 4 && kind != 5;
  std::string mode = kind == 1 || kind == 4 ? "reattach" : kind == 2 || kind == 3 || kind == 5 ? "onLaunch" : "";
  bool ip = random.below(2) == 0;
  std::string data = mode.empty() ? "" : fmt::format(R"("persistBlockDevices":true,"blockDevicesMode":"{}",)", mode);
  std::string mapping =
      mode.empty() ? "" : R"(,"blockDeviceMappings":[{"deviceName":"/dev/sdf","ebs":{"volumeSize":4}}])";
  if (!mode.empty() && random.below(3) == 0) {
    mapping = R"(,"blockDeviceMappings":[{"deviceName":"/dev/sdf","ebs":{"volumeSize":4}},)"
              R"({"deviceName":"/dev/sdg","ebs":{"volumeSize":6}}])";
  }
  std::string root_part =
      root ? fmt::format(R"("persistRootDevice":true,"rootGenerations":{},)", 1 + random.below(3)) : std::string();
  bool spot = random.below(6) != 0;
  std::string strategy = spot ? fmt::format(R"({{"lifeCycle":"spot","fallbackToOd":{}}})", random.below(4) != 0)
                              : R"({"lifeCycle":"on_demand"})";
  std::string health =
      random.below(3) == 0
          ? R"("healthCheck":{"type":"EC2","gracePeriod":300,"unhealthyDuration":120,"autoHealing":true},)"
          : "";
  return fmt::format(
      R"({{"name":"m{}","strategy":{},"persistence":{{{}{}"snapshotInterval":{},"persistPrivateIp":{}}},{}
    "compute":{{"product":"Linux/UNIX","subnetIds":[{}],
      "launchSpecification":{{"imageId":"{}","instanceTypes":{{"types":[{}]}},
        "securityGroupIds":["{}"]{}}}}}}})",
      ids_.size(), strategy, root_part, data, any_of(kIntervals, random), ip, health, quoted(some_of(kSubnets, random)),
      cloud::kMinimalImage, quoted(some_of(kTypes, random)), cloud::kDefaultSecurityGroup, mapping);
}

void World::create_one() {
  std::string document = draw_document(random_);
  auto spec = model::read_spec(document);
  CHECK(spec.has_value());
  auto surroundings = engine::inspect(*cloud_, *spec, {});
  CHECK(surroundings.has_value());
  ManagedInstanceId id(fmt::format("smi-{:08x}", 0xa0000001 + ids_.size()));
  ids_.push_back(id);
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
  auto id = pick_managed(random);
  if (!id) return;
  if (what == Fault::user_recycles) return request(*id, model::RecycleAsked{});
  if (what == Fault::user_snapshots) return request(*id, model::SnapshotAsked{});
  if (what == Fault::user_restores) return ask_to_restore(*id, random);
  if (what == Fault::user_deletes) return ask_to_delete(*id, random);
  if (what == Fault::user_updates) return ask_to_change(*id, random);
  request(*id, model::PauseAsked{});
  time_.post(1min + Duration(random.below(in_proportion(6h))), [this, id] {
    auto known = view(*id);
    if (!faults_.calmed() && known && known->state.goal == model::Goal::paused) request(*id, model::ResumeAsked{});
  });
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
  if (!known) return;
  std::string change =
      random.below(2) == 0
          ? fmt::format(R"({{"persistence":{{"snapshotInterval":{}}}}})", any_of(kIntervals, random))
          : fmt::format(R"({{"compute":{{"launchSpecification":{{"instanceTypes":{{"types":[{}]}}}}}}}})",
                        quoted(some_of(kTypes, random)));
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

// It comes back paused, and is wanted again after a while.
void World::ask_to_undelete(Random& random) {
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known || known->state.goal != model::Goal::deleted || !known->state.forget_at) continue;
    request(id, model::UndeleteAsked{});
    time_.post(10s + Duration(random.below(in_proportion(2h))), [this, id] {
      auto back = view(id);
      if (!faults_.calmed() && back && back->state.goal == model::Goal::paused) request(id, model::ResumeAsked{});
    });
    return;
  }
}

}  // namespace holdfast::sim
