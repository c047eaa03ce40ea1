// For tests of the observer: one that looks at a scripted EC2, and what it has delivered.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/fakes_test.h"
#include "engine/observer.h"

namespace holdfast::engine {

inline const ManagedInstanceId kOne("smi-00000001");
inline const ManagedInstanceId kTwo("smi-00000002");

inline std::vector<ec2::Tag> tags_for(const ManagedInstanceId& id) {
  return {{model::kTagManagedInstance, id.str()}};
}

inline ec2::Volume volume(const std::string& id, const std::vector<ec2::Tag>& tags) {
  ec2::Volume made;
  made.volume_id = VolumeId(id);
  made.state = "in-use";
  made.tags = tags;
  return made;
}

struct ObserverTest : ::testing::Test {
  ObserverTest() { know(kOne); }
  void know(const ManagedInstanceId& id, const std::string& instance = "") {
    auto view = std::make_shared<View>();
    view->id = id;
    if (!instance.empty()) {
      view->state.instance.emplace();
      view->state.instance->id = InstanceId(instance);
    }
    known[id] = view;
  }
  void run() {
    observer.pump();
    workers.run_all();
  }

  ScriptedEc2 ec2;
  QueuedWorkers workers;
  SetClock clock;
  Counters counters;
  std::map<ManagedInstanceId, SharedView> known;
  std::vector<std::pair<ManagedInstanceId, model::Observation>> seen;
  Observer observer{{ec2, workers, workers.post(), clock,
                     [this](const ManagedInstanceId& id) { return known.contains(id) ? known[id] : nullptr; },
                     [this](const ManagedInstanceId& id, model::Observation observation) {
                       seen.emplace_back(id, std::move(observation));
                     },
                     counters}};
};

}  // namespace holdfast::engine
