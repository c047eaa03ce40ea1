// Seeded random numbers: the same seed gives the same run. Ids and jitter are drawn from one of these, passed in.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace holdfast {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // A seed from the operating system, for production.
  static uint64_t fresh_seed();

  uint64_t next() { return engine_(); }
  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound) { return engine_() % bound; }
  // Uniform in [0, 1).
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  // `digits` lower-case hexadecimal digits.
  std::string hex(int digits);

 private:
  std::mt19937_64 engine_;
};

}  // namespace holdfast
