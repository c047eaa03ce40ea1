// Virtual time for everything that runs in the simulator: the local cloud's Runtime and the engine's Clock in one.
// Works of equal time run in the order they were posted, so that a run repeats to the bit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "cloud/runtime.h"
#include "engine/clock.h"

namespace holdfast::sim {

class VirtualTime : public cloud::Runtime, public engine::Clock {
 public:
  Time now() override { return now_; }
  void post(Duration delay, std::function<void()> work) override;
  std::optional<Time> next() const;
  // Runs one work that is due; false: none is.
  bool run_due();
  void advance_to(Time time) { now_ = std::max(now_, time); }

 private:
  Time now_ = from_millis(1'700'000'000'000);
  uint64_t sequence_ = 0;
  std::map<std::pair<Time, uint64_t>, std::function<void()>> works_;
};

}  // namespace holdfast::sim
