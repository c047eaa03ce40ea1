#include "access/limits.h"

#include <algorithm>
#include <utility>

namespace holdfast::access {
namespace {

constexpr size_t kMostPeers = 1000;
constexpr double kPeerPerSecond = 0.1;
constexpr double kPeerBurst = 10;

}  // namespace

// A clock that was set back takes nothing away.
double Bucket::level_at(Time now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - at_).count());
  return std::min(burst_, level_ + seconds * per_second_);
}

bool Bucket::full(Time now) const {
  return level_at(now) >= burst_;
}

bool Bucket::take(Time now) {
  level_ = level_at(now);
  at_ = now;
  if (level_ < 1) return false;
  level_ -= 1;
  return true;
}

bool RateLimit::admit(const std::string& token, Time now) {
  if (per_second_ == 0) return true;
  std::lock_guard lock(mutex_);
  if (buckets_.size() > 2000) std::erase_if(buckets_, [&](const auto& entry) { return entry.second.full(now); });
  return buckets_.try_emplace(token, per_second_, burst_).first->second.take(now);
}

std::optional<int64_t> Denials::admit(const std::string& peer, Time now) {
  std::lock_guard lock(mutex_);
  if (peers_.size() >= kMostPeers) std::erase_if(peers_, [&](const auto& entry) { return entry.second.full(now); });
  const bool room = peers_.size() < kMostPeers || peers_.contains(peer);
  if (room && peers_.try_emplace(peer, kPeerPerSecond, kPeerBurst).first->second.take(now) && all_.take(now)) {
    return std::exchange(not_recorded_, 0);
  }
  ++not_recorded_;
  return std::nullopt;
}

}  // namespace holdfast::access
