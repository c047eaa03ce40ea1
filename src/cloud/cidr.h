// IPv4 blocks and addresses as numbers, for subnets. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cloud {

std::optional<uint32_t> parse_ip(std::string_view text);
std::string ip_text(uint32_t ip);

struct Cidr {
  uint32_t base = 0;
  int bits = 0;

  static std::optional<Cidr> parse(std::string_view text);  // the base must be the block's first address
  std::string text() const;
  uint64_t size() const { return uint64_t{1} << (32 - bits); }
  bool contains(uint32_t ip) const { return ip >= base && ip - base < size(); }
  bool contains(const Cidr& other) const { return other.bits >= bits && contains(other.base); }
  bool overlaps(const Cidr& other) const { return contains(other) || other.contains(*this); }
  // EC2 keeps the first four addresses (network, router, DNS, future) and the last one of a subnet to itself.
  bool usable(uint32_t ip) const { return contains(ip) && ip - base >= 4 && ip - base < size() - 1; }
  int usable_count() const { return size() > 5 ? static_cast<int>(size() - 5) : 0; }
};

}  // namespace holdfast::cloud
