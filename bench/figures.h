// Samples and what is published of them.
#pragma once

#include <string>
#include <vector>

namespace holdfast::bench {

struct Summary {
  size_t count = 0;
  double median = 0;
  double p90 = 0;  // of fewer than 10 samples: the largest
  double p99 = 0;  // of fewer than 100 samples: the largest
  double least = 0;
};

Summary summary_of(std::vector<double> samples);

// {"count":50,"median":1.5,"p90":1.8,"p99":2.0,"min":1.1}
std::string json_of(const Summary& summary);

// Prints a result for a person to stderr and keeps the JSON for stdout: one object, members in the order given.
class Results {
 public:
  void text(const std::string& name, const std::string& value);
  void number(const std::string& name, double value);
  void summary(const std::string& name, const Summary& value);
  // "name": {…} of another Results.
  void nested(const std::string& name, const Results& value);
  std::string json() const { return "{" + members_ + "}"; }

 private:
  void member(const std::string& name, const std::string& json);
  std::string members_;
};

}  // namespace holdfast::bench
