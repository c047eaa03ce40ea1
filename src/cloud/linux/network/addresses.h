// IPv4 addresses and blocks as numbers: parsing, printing and the little arithmetic that subnets need.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::cloud::linux_ {

struct Block {  // host byte order
  uint32_t address = 0;
  int prefix = 0;
  uint32_t mask() const { return prefix == 0 ? 0 : ~uint32_t{0} << (32 - prefix); }
  uint32_t first_host() const { return (address & mask()) + 1; }
  bool contains(uint32_t other) const { return (other & mask()) == (address & mask()); }
  bool overlaps(const Block& other) const { return contains(other.address) || other.contains(address); }
  bool operator==(const Block&) const = default;
};

std::optional<uint32_t> parse_address(const std::string& text);
std::string address_text(uint32_t address);
std::optional<Block> parse_block(const std::string& text);  // "10.31.0.0/20"
std::string block_text(const Block& block);
std::optional<std::array<uint8_t, 6>> parse_mac(const std::string& text);

}  // namespace holdfast::cloud::linux_
