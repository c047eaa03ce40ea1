#include "cloud/behaviour/latency.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace holdfast::cloud {
namespace {

constexpr double kZ99 = 2.3263;  // of a normal distribution, one in a hundred lies above it

double normal(Random& random) {  // Box and Muller
  const double u = std::max(random.unit(), 1e-12), v = random.unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

}  // namespace

Duration Spread::draw(Random& random) const {
  if (median <= Duration(0)) return Duration(0);
  const double middle = static_cast<double>(median.count()), far = static_cast<double>(std::max(p99, median).count());
  const double drawn = middle * std::exp(std::log(far / middle) / kZ99 * normal(random));
  return Duration(static_cast<Duration::rep>(std::min(drawn, 2 * far)));
}

// Assumptions: AWS publishes none. A launch checks more than other calls and takes longer; reading takes least.
Spread answer_spread(std::string_view action, bool mutates) {
  using std::chrono::milliseconds;
  if (action == "RunInstances") return {milliseconds(1200), milliseconds(4000)};
  if (mutates) return {milliseconds(350), milliseconds(1500)};
  return {milliseconds(120), milliseconds(600)};
}

}  // namespace holdfast::cloud
