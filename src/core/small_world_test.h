// One managed instance for the tests of core: its state, its cloud, and an engine of a few lines that delivers
// everything in order. Every step is held to the invariants.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/decide.h"
#include "core/invariants.h"
#include "core/mini_cloud_test.h"

namespace holdfast::core::testing {

using namespace model;

inline Spec spec_of(BlockDevicesMode mode) {
  Spec spec;
  spec.name = "db";
  spec.persistence = {true, true, true, mode, std::chrono::minutes(5), 2};
  spec.compute.subnet_ids = {SubnetId("subnet-a")};
  spec.compute.image_id = ImageId("ami-user");
  spec.compute.instance_types = {"t3.medium", "t3.large"};
  BlockDevice data;
  data.device_name = "/dev/sdf";
  data.size_gib = 8;
  spec.compute.block_devices = {data};
  return spec;
}

inline Surroundings surroundings() {
  Surroundings facts;
  facts.image.id = ImageId("ami-user");
  facts.image.root_device = "/dev/xvda";
  facts.subnets = {{SubnetId("subnet-a"), "z1", "10.0.0.0/20"}};
  return facts;
}

struct World {
  explicit World(Spec wanted, uint64_t seed = 1) : spec(std::move(wanted)), cloud(seed), random(seed) {
    state = initial_state(ManagedInstanceId("smi-00000001"), surroundings(), now);
    happen(Created{});
  }
  // It is made of an instance that exists already in the cloud given.
  World(Spec wanted, MiniCloud with, Import import) : spec(std::move(wanted)), cloud(std::move(with)), random(1) {
    state = initial_state(ManagedInstanceId("smi-00000001"), surroundings(), now);
    happen(Created{std::move(import)});
  }

  Result<void> happen(const Event& event) {
    auto step = decide(spec, state, event, now);
    if (!step) return Failure(step.error());
    state = step->state;
    for (const std::string& broken : broken_invariants(state)) ADD_FAILURE() << broken;
    for (const Record& record : step->records) {
      history.push_back(record.kind);
      records.push_back(record);
    }
    for (const Effect& effect : step->effects) effects.push_back(effect);
    look = step->look;
    wake = step->wake_at;
    // One that is past already would ring again at once, without end.
    EXPECT_TRUE(!wake || *wake > now) << to_iso(*wake) << " at " << to_iso(now);
    forgotten = forgotten || step->forget;
    return {};
  }

  // The service dies: what was asked and not answered is lost, what is in the state is not.
  void restart() {
    effects.clear();
    happen(Restarted{});
  }

  // One thing happens. False if nothing is left to happen before time goes on.
  bool turn() {
    if (!effects.empty()) {
      Effect effect = effects.front();
      effects.pop_front();
      done.push_back(effect.key);
      happen(EffectEnded{cloud.perform(effect, spec)});
      return true;
    }
    if (look && look->at <= now) {
      Kinds kinds = look->kinds;
      look.reset();
      happen(Observed{cloud.observe(kinds, now)});
      return true;
    }
    return false;
  }

  // The timer, if it is due.
  void ring() {
    if (!wake || *wake > now) return;
    wake.reset();
    happen(TimerRang{});
  }

  // Turns until nothing is left, moving the cloud and the time on.
  void settle(int rounds = 400) {
    for (int i = 0; i < rounds; ++i) {
      int turns = 0;
      while (turn()) {
        EXPECT_LE(cloud.running(), 1);
        if (++turns < 3000) continue;
        ADD_FAILURE() << "it acts without end, last of all: " << (done.empty() ? "" : done.back());
        return;
      }
      cloud.advance();
      now += std::chrono::seconds(1);
      ring();
      bool quiet = effects.empty() && !look && state.asked.empty() && !state.handover;
      if (quiet) return;
    }
  }

  // Turns until it holds, moving the cloud and the time on; false: it never does.
  bool turn_until(const std::function<bool()>& holds) {
    for (int i = 0; i < 400 && !holds(); ++i) {
      if (turn()) continue;
      cloud.advance();
      now += std::chrono::seconds(1);
    }
    return holds();
  }

  // What strikes in the random lives, by a dice of 100: from the service's death to a user's wish.
  void strike(uint64_t dice) {
    std::optional<Instance> instance = state.instance;
    if (dice < 2) restart();
    if (dice == 2 && instance) happen(InterruptionNoticed{instance->id, now + std::chrono::minutes(2)});
    if (dice == 3 && instance) cloud.vanish(instance->id);
    if (dice == 4) happen(random.below(2) == 0 ? Event(PauseAsked{}) : Event(ResumeAsked{}));
    if (dice == 5) happen(RecycleAsked{});
  }

  // The rest of a random life's step: the cloud, the application and the time may go on.
  void live_on(uint64_t dice) {
    if (dice < 40) cloud.advance();
    if (dice < 60) cloud.write();
    if (!turn()) now += std::chrono::milliseconds(500);
    if (wake && *wake <= now) {
      wake.reset();
      happen(TimerRang{});
    }
    ASSERT_LE(cloud.running(), 1) << "two instances of one managed instance";
  }

  Spec spec;
  MiniCloud cloud;
  Random random;
  Time now = from_millis(1'000'000);
  State state;
  std::deque<Effect> effects;
  std::optional<Look> look;
  std::optional<Time> wake;
  std::vector<std::string> history;  // kinds of the records
  std::vector<Record> records;
  std::vector<std::string> done;
  bool forgotten = false;
};

// The final snapshot of this volume that is asked for, and not made yet.
inline std::deque<Effect>::iterator final_asked(World& world, const VolumeId& volume) {
  return std::find_if(world.effects.begin(), world.effects.end(), [&](const Effect& effect) {
    const auto* create = std::get_if<CreateSnapshot>(&effect.action);
    return create != nullptr && create->final && create->volume == volume;
  });
}

// Turns until it is asked for, and takes it from what is to be done. Throws if it never is.
inline Effect take_final(World& world, const VolumeId& volume) {
  const bool comes = world.turn_until([&] { return final_asked(world, volume) != world.effects.end(); });
  if (!comes) throw std::runtime_error("no final snapshot of " + volume.str() + " is asked for");
  const auto asked = final_asked(world, volume);
  Effect taken = *asked;
  world.effects.erase(asked);
  return taken;
}

inline size_t position(const std::vector<std::string>& list, const std::string& prefix) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].starts_with(prefix)) return i;
  }
  return list.size();
}

}  // namespace holdfast::core::testing
