// Guests as data. Every volume holds the log of one application: numbered writes, each by the instance that made it, of
// which those up to some number were synced (and so acknowledged). An application on an attached volume goes on from
// where the log ends. A snapshot holds the log as of its call, and whatever a crash would have left of what was not
// synced; a volume made from it begins with that. Nothing is simulated write by write: how far an application has come
// follows from the time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"

namespace holdfast::sim {

// Writes first..last of one instance.
struct Segment {
  InstanceId writer;
  int64_t first = 0;
  int64_t last = 0;
};

class Log {
 public:
  // Whether everything in `other` is in this one too, in the same order: nothing of it was lost or changed.
  bool holds(const Log& other) const;
  int64_t end() const { return segments_.empty() ? 0 : segments_.back().last; }
  void append(const InstanceId& writer, int64_t count);
  void cut(int64_t end);  // later writes are gone

 private:
  std::vector<Segment> segments_;
};

class Guests {
 public:
  static constexpr Duration kWriteEvery = std::chrono::seconds(1);
  static constexpr int64_t kWritesASync = 5;

  explicit Guests(uint64_t seed) : random_(seed) {}

  // What a volume holds: everything written, and the part of it that was synced.
  struct Content {
    Log written;
    Log synced;
    bool spoiled = false;  // nothing that boots from it comes up
  };

  void make_volume(const VolumeId& volume, const std::optional<SnapshotId>& from);
  void delete_volume(const VolumeId& volume) { volumes_.erase(volume); }
  void make_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Time now);
  void delete_snapshot(const SnapshotId& snapshot) { snapshots_.erase(snapshot); }

  // The application begins to write, and ends. In a power cut, some of what was not synced is lost.
  void begin(const VolumeId& volume, const InstanceId& writer, Time now);
  void end(const VolumeId& volume, bool power_cut, Time now);
  bool writing(const VolumeId& volume) const;
  InstanceId writer(const VolumeId& volume) const;  // empty: none

  void spoil(const VolumeId& volume);
  void repair_all();

  std::optional<Content> volume(const VolumeId& volume, Time now) const;
  std::optional<Content> snapshot(const SnapshotId& snapshot) const;
  bool ever_written(const VolumeId& volume) const;

 private:
  struct Volume {
    Content at_rest;
    InstanceId writer;  // empty: none
    Time since{};
    bool ever_written = false;
  };
  static Content content(const Volume& volume, Time now);

  Random random_;
  std::map<VolumeId, Volume> volumes_;
  std::map<SnapshotId, Content> snapshots_;
};

}  // namespace holdfast::sim
