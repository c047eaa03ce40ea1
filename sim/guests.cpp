#include "sim/guests.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::sim {

bool Log::holds(const Log& other) const {
  if (other.segments_.size() > segments_.size()) return false;
  for (size_t i = 0; i < other.segments_.size(); ++i) {
    const Segment& mine = segments_[i];
    const Segment& theirs = other.segments_[i];
    if (mine.writer != theirs.writer || mine.first != theirs.first) return false;
    bool last = i + 1 == other.segments_.size();
    if (last ? mine.last < theirs.last : mine.last != theirs.last) return false;
  }
  return true;
}

void Log::append(const InstanceId& writer, int64_t count) {
  if (count <= 0) return;
  bool same = !segments_.empty() && segments_.back().writer == writer;
  if (same) {
    segments_.back().last += count;
  } else {
    segments_.push_back({writer, end() + 1, end() + count});
  }
}

void Log::cut(int64_t to) {
  while (!segments_.empty() && segments_.back().first > to) segments_.pop_back();
  if (!segments_.empty()) segments_.back().last = std::min(segments_.back().last, to);
}

Guests::Content Guests::content(const Volume& volume, Time now) {
  Content content = volume.at_rest;
  if (volume.writer.empty()) return content;
  int64_t writes = (now - volume.since) / kWriteEvery;
  content.written.append(volume.writer, writes);
  content.synced = volume.at_rest.written;  // what was there when it began has long been on the disk
  content.synced.append(volume.writer, writes / kWritesASync * kWritesASync);
  return content;
}

void Guests::make_volume(const VolumeId& id, const std::optional<SnapshotId>& from) {
  Volume volume;
  if (from) {
    auto source = snapshots_.find(*from);
    if (source != snapshots_.end()) {
      volume.at_rest = {source->second.written, source->second.written, source->second.spoiled};
    }
  }
  volumes_.emplace(id, volume);
}

void Guests::make_snapshot(const SnapshotId& id, const VolumeId& source, Time now) {
  auto found = volumes_.find(source);
  if (found == volumes_.end()) return;
  Content then = content(found->second, now);
  int64_t unsynced = then.written.end() - then.synced.end();
  if (unsynced > 0) {
    then.written.cut(then.synced.end() + static_cast<int64_t>(random_.below(static_cast<uint64_t>(unsynced) + 1)));
  }
  snapshots_.emplace(id, then);
}

void Guests::begin(const VolumeId& id, const InstanceId& writer, Time now) {
  auto found = volumes_.find(id);
  if (found == volumes_.end()) return;
  CHECK(found->second.writer.empty());
  found->second.writer = writer;
  found->second.since = now;
  found->second.ever_written = true;
}

void Guests::end(const VolumeId& id, bool power_cut, Time now) {
  auto found = volumes_.find(id);
  if (found == volumes_.end() || found->second.writer.empty()) return;
  Volume& volume = found->second;
  Content last = content(volume, now);
  int64_t unsynced = last.written.end() - last.synced.end();
  if (!power_cut) {
    last.synced = last.written;
  } else if (unsynced > 0) {
    last.written.cut(last.synced.end() + static_cast<int64_t>(random_.below(static_cast<uint64_t>(unsynced) + 1)));
  }
  volume.at_rest = last;
  volume.writer = InstanceId();
}

bool Guests::writing(const VolumeId& id) const {
  auto found = volumes_.find(id);
  return found != volumes_.end() && !found->second.writer.empty();
}

InstanceId Guests::writer(const VolumeId& id) const {
  auto found = volumes_.find(id);
  return found == volumes_.end() ? InstanceId() : found->second.writer;
}

void Guests::spoil(const VolumeId& id) {
  if (auto found = volumes_.find(id); found != volumes_.end()) found->second.at_rest.spoiled = true;
}

void Guests::repair_all() {
  for (auto& [id, volume] : volumes_) volume.at_rest.spoiled = false;
  for (auto& [id, snapshot] : snapshots_) snapshot.spoiled = false;
}

std::optional<Guests::Content> Guests::volume(const VolumeId& id, Time now) const {
  auto found = volumes_.find(id);
  if (found == volumes_.end()) return std::nullopt;
  return content(found->second, now);
}

std::optional<Guests::Content> Guests::snapshot(const SnapshotId& id) const {
  auto found = snapshots_.find(id);
  if (found == snapshots_.end()) return std::nullopt;
  return found->second;
}

bool Guests::ever_written(const VolumeId& id) const {
  auto found = volumes_.find(id);
  return found != volumes_.end() && found->second.ever_written;
}

}  // namespace holdfast::sim
