#include "cli/usual.h"

#include <algorithm>
#include <boost/json.hpp>

#include "cli/json_view.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr size_t kFewest = 3;

}  // namespace

UsualTimes::UsualTimes(const json::array& history) {
  for (const json::value& item : history) {
    for (const json::value& phase : list_at(item, "phases")) {
      const json::value& lasted = at(phase, "durationMilliseconds");
      if (lasted.is_int64()) known_[text_at(phase, "phase")].push_back(Duration(lasted.get_int64()));
    }
  }
  for (auto& [phase, times] : known_) std::sort(times.begin(), times.end());
}

std::optional<Duration> UsualTimes::of(const std::string& phase) const {
  auto found = known_.find(phase);
  if (found == known_.end() || found->second.size() < kFewest) return std::nullopt;
  return found->second[found->second.size() / 2];
}

}  // namespace holdfast::cli
