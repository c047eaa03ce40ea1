// IPv4 addresses and blocks, as far as a wanted address must be checked against its subnets. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::engine {

std::optional<uint32_t> parse_ipv4(std::string_view text);

struct Block {
  uint32_t base = 0;
  int bits = 0;

  static std::optional<Block> parse(std::string_view cidr);
  uint64_t size() const { return uint64_t{1} << (32 - bits); }
  bool contains(uint32_t ip) const { return ip >= base && ip - base < size(); }
  // EC2 keeps the first four addresses of a subnet and the last one to itself.
  bool reserved(uint32_t ip) const { return contains(ip) && (ip - base < 4 || ip - base == size() - 1); }
};

}  // namespace holdfast::engine
