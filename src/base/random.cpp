#include "base/random.h"

namespace holdfast {

uint64_t Random::fresh_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

std::string Random::hex(int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < digits; ++i) text += kDigits[below(16)];
  return text;
}

}  // namespace holdfast
