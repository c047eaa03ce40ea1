// Prices of spot markets: asked for all managed instances together, now and then, and given to each as an event. A hint
// for what comes next, never waited for: a launch goes without.
//
// Thread: the engine's, for everything; only the describe runs elsewhere.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ec2/ec2.h"
#include "engine/clock.h"
#include "engine/view.h"
#include "engine/workers.h"
#include "model/event.h"

namespace holdfast::engine {

// By type and zone.
using SpotPrices = std::map<std::pair<std::string, std::string>, double>;

// The newest price of each market, read to the last page. Blocking.
Result<SpotPrices> list_spot_prices(ec2::Ec2& ec2, const std::vector<std::string>& types,
                                    const std::vector<std::string>& zones, Time now);

class Prices {
 public:
  static constexpr Duration kInterval = std::chrono::minutes(5);

  struct Ties {
    ec2::Ec2& ec2;
    Workers& workers;
    Post post;
    Clock& clock;
    std::function<void(const std::function<void(const SharedView&)>&)> for_each;
    std::function<void(const ManagedInstanceId&, model::PricesSeen)> seen;
  };

  explicit Prices(Ties ties) : ties_(std::move(ties)) {}

  // Asks, if it is time and somebody has use for them. Called once a turn.
  void pump();
  // One that was just made, or whose document changed, gets what is known.
  void offer(const SharedView& view);
  // Nothing: only what is under way is waited for.
  std::optional<Time> next_pump() const { return under_way_ ? std::nullopt : std::optional(next_); }

 private:
  void answered(const Result<SpotPrices>& answer);

  Ties ties_;
  SpotPrices known_;
  Time next_{};  // the first turn
  bool under_way_ = false;
};

}  // namespace holdfast::engine
