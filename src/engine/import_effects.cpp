#include "engine/import_effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ec2/further_ec2.h"
#include "engine/describe.h"
#include "engine/pages.h"
#include "engine/tags.h"
#include "model/observed.h"

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 1000;

using Copies = std::map<VolumeId, SnapshotId>;

// Another controller may have been quicker. Not a lock: that one's own look at the tags is the other half.
Result<void> check_owner(const ImportCall& call, const InstanceId& instance) {
  ec2::DescribeInstancesRequest request;
  request.instance_ids = {instance};
  HF_TRY(auto answer, call.ec2.call(request));
  for (const ec2::Instance& seen : answer.instances) {
    auto owner = owner_of(seen.tags);
    if (!owner || *owner == call.id) continue;
    return fail(
        ErrorKind::denied, "BelongsToAnother",
        fmt::format("instance {} belongs to managed instance {}; delete this import", instance.str(), owner->str()));
  }
  return {};
}

// A volume that is gone is no fault: it went with an instance that has ended, or a person has deleted it. Nothing is
// taken down before each of them was seen with its tags, or is known to be gone (core/import.h).
Result<void> tag_volume(const ImportCall& call, const model::AdoptInstance& adopt,
                        const model::AdoptInstance::Volume& volume) {
  OwnTagSet own{call.id, adopt.generation, call.key, volume.device, {}};
  auto tagged = call.ec2.call(ec2::CreateTagsRequest{{volume.id.str()}, tags_of(own, {})});
  if (!tagged && tagged.error().kind != ErrorKind::not_found) return Failure(std::move(tagged).error());
  return {};
}

// One moment for all: what is attached and not meant is left out by name.
Result<Copies> copy_at_once(const ImportCall& call, const model::SnapshotInstance& wanted,
                            const std::vector<ec2::TagSpecification>& tags) {
  ec2::DescribeInstancesRequest describe;
  describe.instance_ids = {wanted.instance};
  HF_TRY(auto seen, call.ec2.call(describe));
  ec2::CreateSnapshotsRequest request;
  request.description = fmt::format("{} as {} is made of it", wanted.instance.str(), call.id.str());
  request.instance_specification.instance_id = wanted.instance;
  request.tag_specifications = tags;
  for (const ec2::Instance& instance : seen.instances) {
    for (const ec2::InstanceBlockDevice& device : instance.block_device_mappings) {
      bool meant = std::any_of(wanted.volumes.begin(), wanted.volumes.end(),
                               [&](const auto& volume) { return volume.id == device.volume_id; });
      if (!meant) request.instance_specification.exclude_data_volume_ids.push_back(device.volume_id);
    }
  }
  HF_TRY(auto answer, ec2::call_further(call.ec2, request));
  Copies copies;
  for (const ec2::SnapshotInfo& info : answer.snapshots) copies[info.volume_id] = info.snapshot_id;
  return copies;
}

Result<void> copy_one_by_one(const ImportCall& call, const model::SnapshotInstance& wanted, Copies& copies) {
  for (const auto& volume : wanted.volumes) {
    if (copies.contains(volume.id)) continue;
    ec2::CreateSnapshotRequest request;
    request.volume_id = volume.id;
    request.description =
        fmt::format("{} of {} as {} is made of it", volume.device, wanted.instance.str(), call.id.str());
    OwnTagSet own{call.id, wanted.generation, call.key, volume.device, "final"};
    request.tag_specifications = {{"snapshot", tags_of(own, wanted.tags)}};
    HF_TRY(auto answer, call.ec2.call(request));
    copies[volume.id] = answer.snapshot.snapshot_id;
  }
  return {};
}

// What an earlier try has made, by its tag: neither call has a client token. Of two sets, where that try was late, the
// older one, so that all are of one moment. One that failed is among them for the same reason: all are made anew then.
Result<Copies> find_copies(const ImportCall& call) {
  ec2::DescribeSnapshotsRequest request;
  request.filters = {{std::string("tag:") + model::kTagEffect, {call.key}},
                     {std::string("tag:") + model::kTagManagedInstance, {call.id.str()}}};
  std::map<VolumeId, ec2::Snapshot> oldest;
  auto take = [&](const ec2::DescribeSnapshotsResponse& answer) {
    for (const ec2::Snapshot& snapshot : answer.snapshots) {
      auto [known, added] = oldest.try_emplace(snapshot.volume_id, snapshot);
      if (!added && snapshot.start_time < known->second.start_time) known->second = snapshot;
    }
  };
  HF_TRY_VOID(each_page(call.ec2, std::move(request), kMostPages, take));
  Copies copies;
  for (const auto& [volume, snapshot] : oldest) copies[volume] = snapshot.snapshot_id;
  return copies;
}

// With their values: EC2 takes an empty one for a tag that is empty.
Result<void> untag(const ImportCall& call, const std::string& thing, std::vector<ec2::Tag> tags) {
  std::erase_if(tags, [](const ec2::Tag& tag) { return !tag.key.starts_with("holdfast:"); });
  if (tags.empty()) return {};
  auto untagged = call.ec2.call(ec2::DeleteTagsRequest{{thing}, tags});
  if (!untagged && untagged.error().kind != ErrorKind::not_found) return Failure(std::move(untagged).error());
  return {};
}

}  // namespace

Result<std::string> adopt_instance(const ImportCall& call, const model::AdoptInstance& adopt) {
  if (!adopt.instance.empty()) HF_TRY_VOID(check_owner(call, adopt.instance));
  for (const auto& volume : adopt.volumes) HF_TRY_VOID(tag_volume(call, adopt, volume));
  OwnTagSet own{call.id, adopt.generation, call.key, {}, {}};
  if (adopt.interface) {
    auto tagged = call.ec2.call(ec2::CreateTagsRequest{{adopt.interface->str()}, tags_of(own, {})});
    bool gone = !tagged && tagged.error().kind == ErrorKind::not_found && adopt.instance.empty();
    if (!tagged && !gone) return Failure(std::move(tagged).error());
  }
  // Last: what is listed as ours has all its volumes tagged already.
  if (!adopt.instance.empty()) {
    HF_TRY_VOID(call.ec2.call(ec2::CreateTagsRequest{{adopt.instance.str()}, tags_of(own, {})}));
  }
  return std::string();
}

Result<std::string> release_instance(const ImportCall& call, const model::ReleaseInstance& release) {
  // Only what carries this managed instance's tag: another's is not touched.
  HF_TRY(Listing instances, list_tagged(call.ec2, model::Kind::instances, {call.id}));
  HF_TRY(Listing volumes, list_tagged(call.ec2, model::Kind::volumes, {call.id}));
  HF_TRY(Listing interfaces, list_tagged(call.ec2, model::Kind::interfaces, {call.id}));
  for (const ec2::Instance& seen : instances.instances) {
    if (seen.instance_id == release.instance) HF_TRY_VOID(untag(call, seen.instance_id.str(), seen.tags));
  }
  for (const ec2::Volume& seen : volumes.volumes) {
    bool meant = std::count(release.volumes.begin(), release.volumes.end(), seen.volume_id) > 0;
    if (meant) HF_TRY_VOID(untag(call, seen.volume_id.str(), seen.tags));
  }
  for (const ec2::NetworkInterface& seen : interfaces.interfaces) {
    bool meant = release.interface == seen.network_interface_id;
    if (meant) HF_TRY_VOID(untag(call, seen.network_interface_id.str(), seen.tag_set));
  }
  return std::string();
}

Result<std::string> snapshot_instance(const ImportCall& call, const model::SnapshotInstance& snapshot) {
  Copies copies;
  if (call.again) {
    HF_TRY(copies, find_copies(call));
  }
  if (copies.empty()) {
    OwnTagSet own{call.id, snapshot.generation, call.key, {}, "final"};
    auto at_once = copy_at_once(call, snapshot, {{"snapshot", tags_of(own, snapshot.tags)}});
    if (at_once) {
      copies = std::move(*at_once);
    } else if (!ec2::is_unsupported(at_once.error())) {
      return Failure(std::move(at_once).error());
    }
  }
  HF_TRY_VOID(copy_one_by_one(call, snapshot, copies));
  std::string made;
  for (const auto& volume : snapshot.volumes) {
    made += fmt::format("{}{}={}", made.empty() ? "" : " ", volume.id.str(), copies.at(volume.id).str());
  }
  return made;
}

}  // namespace holdfast::engine
