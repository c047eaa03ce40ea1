#include "engine/address.h"

#include "base/text.h"

namespace holdfast::engine {

std::optional<uint32_t> parse_ipv4(std::string_view text) {
  auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  uint32_t ip = 0;
  for (const std::string& part : parts) {
    auto byte = parse_int(part);
    if (!byte || *byte < 0 || *byte > 255 || part != std::to_string(*byte)) return std::nullopt;
    ip = ip << 8 | static_cast<uint32_t>(*byte);
  }
  return ip;
}

std::optional<Block> Block::parse(std::string_view cidr) {
  auto parts = split(cidr, '/');
  if (parts.size() != 2) return std::nullopt;
  auto base = parse_ipv4(parts[0]);
  auto bits = parse_int(parts[1]);
  if (!base || !bits || *bits < 0 || *bits > 32) return std::nullopt;
  return Block{*base, static_cast<int>(*bits)};
}

}  // namespace holdfast::engine
