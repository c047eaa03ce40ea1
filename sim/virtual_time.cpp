#include "sim/virtual_time.h"

namespace holdfast::sim {

void VirtualTime::post(Duration delay, std::function<void()> work) {
  works_.emplace(std::pair(now_ + std::max(delay, Duration::zero()), ++sequence_), std::move(work));
}

std::optional<Time> VirtualTime::next() const {
  if (works_.empty()) return std::nullopt;
  return works_.begin()->first.first;
}

bool VirtualTime::run_due() {
  if (works_.empty() || works_.begin()->first.first > now_) return false;
  auto work = std::move(works_.begin()->second);
  works_.erase(works_.begin());
  work();
  return true;
}

}  // namespace holdfast::sim
