// Everything that can happen to a managed instance. An event only says "look again": what to do follows from what is
// wanted, remembered and shown, so lost, doubled and late events do no harm.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"
#include "base/time.h"
#include "model/effect.h"
#include "model/import.h"
#include "model/observed.h"
#include "model/spec.h"
#include "model/surroundings.h"

namespace holdfast::model {

// What not to keep when a managed instance is deleted (deallocationConfig).
struct Deallocation {
  bool delete_images = false;
  bool delete_interfaces = false;
  bool delete_snapshots = false;
  bool delete_volumes = false;
  Duration retention = std::chrono::hours(96);  // what is kept is kept this long
  bool operator==(const Deallocation&) const = default;
};

struct Created {
  std::optional<Import> import = {};  // it is made of an instance that exists
};
struct SpecChanged {
  Surroundings surroundings;            // of the new spec
  std::optional<Tagging> tagging = {};  // to be done to what runs now
};
struct PauseAsked {};
struct ResumeAsked {};
struct RecycleAsked {};
struct DeleteAsked {
  Deallocation deallocation;
};

// A snapshot of everything persisted, now.
struct SnapshotAsked {};
// The next instance is made from these, by device; what is on the volumes by then is kept beside. None: what was asked
// for before and has not begun is taken back.
struct RestoreAsked {
  std::map<std::string, SnapshotId> sources;
  Duration retention = std::chrono::hours(96);  // what gives way is kept this long
};
// Of those that are kept only because a person wanted them.
struct SnapshotDropped {
  SnapshotId snapshot;
};
// A data volume, of a paused one, is given up: kept for a while, and not attached any more.
struct VolumeDropped {
  VolumeId volume;
  Duration retention = std::chrono::hours(96);
};
// What was deleted and is still kept comes back, paused.
struct UndeleteAsked {};

struct InterruptionNoticed {
  InstanceId instance;
  Time deadline{};
};
struct RebalanceRecommended {
  InstanceId instance;
};
// The cloud said that something of it changed; no facts, look now.
struct CloudStirred {
  Kinds kinds = kAllKinds;
};

struct Observed {
  Observation observation;
};
struct EffectEnded {
  Outcome outcome;
};
// The newest prices of the spot markets that it may use.
struct PricesSeen {
  std::vector<MarketPrice> prices;
};
struct TimerRang {};
// The address of its group's pool that is this one's from now on; empty: none.
struct AddressGiven {
  std::string address;
  SubnetId subnet;  // that it is of
};
// The service has started with this state in its store: effects that were under way have unknown outcomes.
struct Restarted {};

using Event =
    std::variant<Created, SpecChanged, PauseAsked, ResumeAsked, RecycleAsked, DeleteAsked, InterruptionNoticed,
                 RebalanceRecommended, CloudStirred, Observed, EffectEnded, TimerRang, Restarted, SnapshotAsked,
                 RestoreAsked, SnapshotDropped, UndeleteAsked, AddressGiven, PricesSeen, VolumeDropped>;

std::string_view name_of(const Event& event);

}  // namespace holdfast::model
