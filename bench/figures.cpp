#include "bench/figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace holdfast::bench {

Summary summary_of(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const size_t count = samples.size();
  const double median = count % 2 == 1 ? samples[count / 2] : (samples[count / 2 - 1] + samples[count / 2]) / 2;
  auto at = [&](double part) {
    const auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(count)));
    return samples[std::min(count, std::max<size_t>(rank, 1)) - 1];
  };
  return {count, median, at(0.9), at(0.99), samples.front()};
}

std::string json_of(const Summary& summary) {
  return fmt::format(R"({{"count":{},"median":{:.2f},"p90":{:.2f},"p99":{:.2f},"min":{:.2f}}})", summary.count,
                     summary.median, summary.p90, summary.p99, summary.least);
}

void Results::member(const std::string& name, const std::string& json) {
  members_ += (members_.empty() ? "" : ",") + boost::json::serialize(boost::json::value(name)) + ":" + json;
}

void Results::text(const std::string& name, const std::string& value) {
  fmt::print(stderr, "  {}: {}\n", name, value);
  member(name, boost::json::serialize(boost::json::value(value)));
}

void Results::number(const std::string& name, double value) {
  fmt::print(stderr, "  {}: {:.2f}\n", name, value);
  member(name, fmt::format("{:.2f}", value));
}

void Results::summary(const std::string& name, const Summary& value) {
  fmt::print(stderr, "  {}: median {:.2f}, p90 {:.2f}, p99 {:.2f}, least {:.2f} ({} samples)\n", name, value.median,
             value.p90, value.p99, value.least, value.count);
  member(name, json_of(value));
}

void Results::nested(const std::string& name, const Results& value) {
  member(name, value.json());
}

}  // namespace holdfast::bench
