// A cloud of maps for the tests of core: just enough of EC2's rules that a wrong order of a handover loses data or is
// refused here too. Each volume carries a number that grows with every write its instance had acknowledged, and a
// snapshot carries the number as of its call: so lost data shows as a smaller number.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "model/event.h"
#include "model/state.h"

namespace holdfast::core::testing {

class MiniCloud {
 public:
  explicit MiniCloud(uint64_t seed) : random_(seed) {}

  // Share of calls whose answer is lost though they were done, and that never arrived.
  double lost_answers = 0;
  double lost_requests = 0;
  double no_capacity = 0;
  std::string closed_zone;      // has no capacity at all
  bool snapshots_fail = false;  // its pool is full: each one made ends with an error
  bool images_fail = false;
  bool volumes_fail = false;  // those that are made by CreateVolume

  // Instances that a market takes at once ("m5.large/spot"): as many as are told, else any number.
  std::map<std::string, int> rooms;
  // Where the elastic address is, and the public address that it is.
  InstanceId address_on;
  std::string public_ip = "198.18.0.4";
  std::map<std::string, std::map<std::string, std::string>> user_tags;  // by resource, as ApplyTags left them

  model::Outcome perform(const model::Effect& effect, const model::Spec& spec);
  model::Observation observe(model::Kinds kinds, Time as_of) const;

  // Everything in between goes one step on: pending becomes running, shutting-down terminated, and so on.
  void advance();
  // Somebody attaches the free volume elsewhere, writes to it and puts it back, all between two looks.
  void write_by_hand(const VolumeId& id, const std::string& device);
  // The application writes and has it acknowledged, on every volume of every running instance with all its volumes.
  void write();
  void vanish(const InstanceId& id);
  // Somebody deletes it by hand.
  void lose(const VolumeId& id);
  // Somebody attaches the free volume elsewhere; until `detach` it may be written to there.
  void lend(const VolumeId& id, const InstanceId& to);
  // Somebody takes it off by hand.
  void detach(const VolumeId& id);
  // Somebody says by our tag which device it is.
  void tag(const VolumeId& id, const std::string& device) { volumes_.at(id).seen.tags.device = device; }
  void lose(const SnapshotId& id) { snapshots_.erase(id); }
  void lose(const ImageId& id) { images_.erase(id); }
  // A while after its end it is not listed any more.
  void forget(const InstanceId& id) { instances_.erase(id); }
  void lose(const InterfaceId& id) { interfaces_.erase(id); }
  // Somebody else's instance, running, with a root, /dev/sdf and an interface that all end with it, and none of our
  // tags: no observation shows it before they are on it.
  model::Original make_foreign();
  bool exists(const VolumeId& id) const { return volumes_.contains(id); }
  bool exists(const InterfaceId& id) const { return interfaces_.contains(id); }
  const model::ObservedInstance& instance(const InstanceId& id) const { return instances_.at(id); }
  bool is_ours(const std::string& id) const { return !foreign_.contains(id); }
  void set_health(model::StatusCheck check) { health_ = check; }

  // Somebody else's for good: neither counted as running nor written to.
  InstanceId apart;
  int running() const;  // scouts left out
  int scouts() const;
  // Number of resources that exist, terminated instances left out.
  size_t volumes() const { return volumes_.size(); }
  size_t snapshots() const { return snapshots_.size(); }
  size_t images() const { return images_.size(); }
  // Those that a launch made and that go with its instance left out, too.
  size_t interfaces() const;
  const model::ObservedInterface& interface(const InterfaceId& id) const { return interfaces_.at(id); }
  size_t launches() const { return launches_; }
  int64_t content_of(const SnapshotId& id) const { return snapshots_.at(id).content; }
  bool exists(const SnapshotId& id) const { return snapshots_.contains(id); }
  int64_t content_of(const VolumeId& id) const { return volumes_.at(id).content; }
  std::map<std::string, int64_t> acknowledged;  // by device: the newest number

 private:
  struct Volume {
    model::ObservedVolume seen;
    int64_t content = 0;
    bool delete_on_termination = false;
  };
  struct Snapshot {
    model::ObservedSnapshot seen;
    int64_t content = 0;
  };

  Result<std::string> done(const model::Effect& effect, const model::Spec& spec);
  Result<std::string> launch(const model::LaunchInstance& launch, const std::string& key, const model::Spec& spec);
  bool has_room(const model::Market& market) const;
  Result<std::string> scout(const model::LaunchScout& launch, const std::string& key);
  Result<std::string> tag_things(const model::ApplyTags& apply);
  Result<std::string> terminate(const InstanceId& id);
  Result<std::string> attach(const model::AttachVolume& attach);
  Result<std::string> snapshot(const model::CreateSnapshot& create, const std::string& key);
  Result<std::string> adopt(const model::AdoptInstance& adopt, const std::string& key);
  Result<std::string> release_ours(const model::ReleaseInstance& release);
  Result<std::string> copy(const model::SnapshotInstance& create, const std::string& key);
  Result<std::string> keep(const model::KeepOnTermination& keep);
  Result<std::string> remove_volume(const VolumeId& id);
  Result<std::string> remove_snapshot(const SnapshotId& id);
  Result<std::string> make_interface(const model::CreateInterface& create, const std::string& key);
  InterfaceId add_interface(const SubnetId& subnet, const model::OwnTags& tags, const std::optional<std::string>& ip);
  void give_interface(model::ObservedInstance& instance, const model::LaunchInstance& launch, const std::string& key);
  void release(const InstanceId& id);
  std::string fresh(const std::string& prefix) { return prefix + std::to_string(++made_); }
  VolumeId make_volume(const model::LaunchDevice& device, const model::LaunchInstance& launch, const InstanceId& owner,
                       const std::string& key);

  Random random_;
  int made_ = 0;
  size_t launches_ = 0;
  std::map<InstanceId, std::string> rooms_taken_;  // by the market's name
  model::StatusCheck health_ = model::StatusCheck::ok;
  std::map<std::string, InstanceId> tokens_;
  std::map<std::string, VolumeId> volume_tokens_;
  std::map<InstanceId, model::ObservedInstance> instances_;
  std::map<VolumeId, Volume> volumes_;
  std::map<SnapshotId, Snapshot> snapshots_;
  std::map<ImageId, model::ObservedImage> images_;
  std::map<InterfaceId, model::ObservedInterface> interfaces_;
  std::set<std::string> foreign_;      // without our tags
  std::set<InterfaceId> of_launches_;  // made by a launch
  int addresses_ = 8;
};

}  // namespace holdfast::core::testing
