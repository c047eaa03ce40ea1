// Writes Prometheus' text format (version 0.0.4): families with their help and type, then their samples. Called by
// metrics.cpp.
//
// Always holds: a family is written once and its samples stand together; labels and help are escaped; a number is
// written so that it is read back as the same.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tally.h"

namespace holdfast::api {

inline constexpr char kExpositionType[] = "text/plain; version=0.0.4; charset=utf-8";

class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Each begins a family; the samples that follow are its own. Names end in their unit, those of counters in _total.
  void gauge(std::string_view name, std::string_view help);
  void counter(std::string_view name, std::string_view help);
  void histogram(std::string_view name, std::string_view help);

  // Of a gauge or a counter.
  void sample(double value, const Labels& labels = {});
  // Of a histogram.
  void sample(const engine::Durations& durations, const Labels& labels);

  const std::string& text() const { return text_; }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void line(std::string_view suffix, const Labels& labels, double value);

  std::string name_;
  std::string text_;
};

}  // namespace holdfast::api
