#include "cloud/linux/network/names.h"

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

namespace holdfast::cloud::linux_ {
namespace {

constexpr uint64_t fnv_offset = 14695981039346656037ULL;
constexpr uint64_t fnv_prime = 1099511628211ULL;

// FNV-1a, stirred so that the low bits depend on everything. Names outlive the process: never std::hash.
uint64_t hash(std::string_view text) {
  uint64_t value = fnv_offset;
  for (const char c : text) value = (value ^ static_cast<uint8_t>(c)) * fnv_prime;
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  return value ^ value >> 33;
}

std::string letters(uint64_t value, int count) {
  constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string text;
  for (int i = 0; i < count; ++i, value >>= 5) text += alphabet[value & 31];
  return text;
}

}  // namespace

CloudNames::CloudNames(const std::string& data_dir) : key_(letters(hash(data_dir), 5)) {}

std::string CloudNames::bridge(const SubnetId& subnet) const {
  return bridge_prefix() + letters(hash(subnet.str()), 7);
}

std::string CloudNames::link(const InterfaceId& interface) const {
  return link_prefix() + letters(hash(interface.str()), 7);
}

std::string mac_of_name(const std::string& name) {
  const uint64_t value = hash(name);
  return fmt::format("06:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", value & 255, value >> 8 & 255, value >> 16 & 255,
                     value >> 24 & 255, value >> 32 & 255);
}

}  // namespace holdfast::cloud::linux_
