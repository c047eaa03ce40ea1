// A cloud in the imagination: it has what a state knows of, gives at once whatever it is asked for, and lists it
// without delay. foresee.cpp tries the decisions on it, to tell what they would ask for if all went well. It is no
// judge: what a real cloud refuses is not known here.
//
// What it makes gets names instead of ids ("new-instance", "snapshot-of-vol-…"), for people to read.
#pragma once

#include <map>
#include <string>

#include "model/event.h"
#include "model/state.h"

namespace holdfast::core {

class ImaginedCloud {
 public:
  // `was`: the specification that the present instance was launched by, as far as is known.
  ImaginedCloud(const model::Spec& was, const model::State& state);

  model::Outcome perform(const model::Effect& effect);
  // What was begun is done: pending is running, shutting down is gone and has let go of everything.
  void advance();
  model::Observation observe(Time as_of) const;  // of every kind

 private:
  friend struct Performance;
  void imagine_instance(const model::Spec& was, const model::State& state);
  void imagine_volume(const model::Volume& volume, const InstanceId& present);
  void imagine_interface(const model::Interface& interface, const InstanceId& present);
  InstanceId launch(const model::LaunchInstance& launch, const std::string& key);
  void attach(const VolumeId& volume, const InstanceId& instance, const std::string& device);
  SnapshotId snapshot(const VolumeId& volume, const model::OwnTags& tags);
  void release(const InstanceId& instance);
  // The name, with a number if it is taken.
  std::string fresh(const std::string& name);

  const model::Surroundings surroundings_;
  std::map<std::string, int> names_;
  std::map<InstanceId, model::ObservedInstance> instances_;
  std::map<VolumeId, model::ObservedVolume> volumes_;
  std::map<SnapshotId, model::ObservedSnapshot> snapshots_;
  std::map<ImageId, model::ObservedImage> images_;
  std::map<InterfaceId, model::ObservedInterface> interfaces_;
};

}  // namespace holdfast::core
