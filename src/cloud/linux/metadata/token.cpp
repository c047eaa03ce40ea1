#include "cloud/linux/metadata/token.h"

#include <fmt/core.h>

#include <bit>
#include <cstring>

#include "base/random.h"
#include "base/text.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

uint64_t little_endian(const char* bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return value;
}

struct SipState {
  uint64_t a, b, c, d;
  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
      c += d, d = std::rotl(d, 16) ^ c;
      a += d, d = std::rotl(d, 21) ^ a;
      c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    }
  }
  void take(uint64_t word) {
    d ^= word;
    rounds(2);
    a ^= word;
  }
};

}  // namespace

uint64_t keyed_hash(const std::array<uint64_t, 2>& key, std::string_view text) {
  SipState state{key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL, key[0] ^ 0x6c7967656e657261ULL,
                 key[1] ^ 0x7465646279746573ULL};
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) state.take(little_endian(text.data() + at, 8));
  state.take(little_endian(text.data() + at, text.size() - at) | uint64_t{text.size() & 255} << 56);
  state.c ^= 0xff;
  state.rounds(4);
  return state.a ^ state.b ^ state.c ^ state.d;
}

Result<TokenKey> TokenKey::load(const std::string& path) {
  if (const auto text = read_small_file(path); text && text->size() == 16) {
    return TokenKey({little_endian(text->data(), 8), little_endian(text->data() + 8, 8)});
  }
  std::string text(16, '\0');
  for (size_t i = 0; i < text.size(); i += 8) {
    const uint64_t seed = Random::fresh_seed();
    std::memcpy(text.data() + i, &seed, 8);
  }
  HF_TRY_VOID(write_durably(path, text));
  return TokenKey({little_endian(text.data(), 8), little_endian(text.data() + 8, 8)});
}

std::string TokenKey::signature(std::string_view text) const {
  return fmt::format("{:016x}{:016x}", keyed_hash(key_, text), keyed_hash({key_[1], ~key_[0]}, text));
}

std::string TokenKey::issue(const InstanceId& machine, Time end) const {
  const std::string stamp = fmt::format("{:x}", to_millis(end));
  return stamp + "-" + signature(stamp + " " + machine.str());
}

bool TokenKey::valid(const std::string& token, const InstanceId& machine, Time now) const {
  const size_t dash = token.find('-');
  if (dash == std::string::npos || dash == 0 || dash > 15) return false;
  const std::string stamp = token.substr(0, dash);
  if (stamp.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
  if (token.substr(dash + 1) != signature(stamp + " " + machine.str())) return false;
  return from_millis(static_cast<int64_t>(std::stoull(stamp, nullptr, 16))) > now;
}

}  // namespace holdfast::cloud::linux_
