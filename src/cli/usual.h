// How long each phase of a replacement usually takes: the median of the last ones of this very managed instance.
#pragma once

#include <boost/json/fwd.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace holdfast::cli {

class UsualTimes {
 public:
  UsualTimes() = default;
  // Items of the API's history.
  explicit UsualTimes(const boost::json::array& history);

  // Nothing where too few are known: one is no habit.
  std::optional<Duration> of(const std::string& phase) const;

 private:
  std::map<std::string, std::vector<Duration>> known_;
};

}  // namespace holdfast::cli
