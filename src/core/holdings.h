// What of a managed instance the cloud bills: the running instance, volumes, snapshots, public addresses. Every change
// of it is a record of its own, so that costs can be told for any time since it was made. Called at the end of every
// decision, and by costs.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

// Records of this kind are bookkeeping: histories for people leave them out.
inline constexpr char kHoldings[] = "holdings";

// The record that tells what began and ended to be held between the two states; nothing where all is the same.
std::optional<model::Record> change_of_holdings(const model::State& before, const model::State& after, Time at);

// One thing from when to when.
struct Held {
  enum class What { instance, volume, snapshot, address };
  What what = What::volume;
  std::string id;
  int64_t gib = 0;                                       // volumes and snapshots; 0: not known
  std::string instance_type;                             // instances
  std::string zone;                                      // instances
  model::LifeCycle life_cycle = model::LifeCycle::spot;  // instances
  Time from{};
  Time to{};
  bool goes_on = false;  // it was still held at `to`
};

// `records` of kind kHoldings, oldest first. What has not ended is held until `now`.
std::vector<Held> held_of(const std::vector<model::Record>& records, Time now);

}  // namespace holdfast::core
