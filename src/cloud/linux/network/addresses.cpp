#include "cloud/linux/network/addresses.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include "base/text.h"

namespace holdfast::cloud::linux_ {

std::optional<uint32_t> parse_address(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string address_text(uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

std::optional<Block> parse_block(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const auto prefix = parse_int(text.substr(slash + 1));
  if (!address || !prefix || *prefix < 0 || *prefix > 32) return std::nullopt;
  return Block{*address, static_cast<int>(*prefix)};
}

std::string block_text(const Block& block) {
  return fmt::format("{}/{}", address_text(block.address & block.mask()), block.prefix);
}

std::optional<std::array<uint8_t, 6>> parse_mac(const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() != 6) return std::nullopt;
  std::array<uint8_t, 6> mac{};
  for (size_t i = 0; i < 6; ++i) {
    if (parts[i].size() != 2 || parts[i].find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return std::nullopt;
    }
    mac[i] = static_cast<uint8_t>(std::stoi(parts[i], nullptr, 16));
  }
  return mac;
}

}  // namespace holdfast::cloud::linux_
