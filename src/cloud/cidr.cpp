#include "cloud/cidr.h"

#include <fmt/format.h>

#include "base/text.h"

namespace holdfast::cloud {

std::optional<uint32_t> parse_ip(std::string_view text) {
  auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  uint32_t ip = 0;
  for (const auto& part : parts) {
    auto number = parse_int(part);
    bool plain = number && *number >= 0 && *number <= 255 && std::to_string(*number) == part;
    if (!plain) return std::nullopt;
    ip = ip << 8 | static_cast<uint32_t>(*number);
  }
  return ip;
}

std::string ip_text(uint32_t ip) {
  return fmt::format("{}.{}.{}.{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  auto parts = split(text, '/');
  if (parts.size() != 2) return std::nullopt;
  auto base = parse_ip(parts[0]);
  auto bits = parse_int(parts[1]);
  if (!base || !bits || *bits < 8 || *bits > 30) return std::nullopt;
  Cidr cidr{*base, static_cast<int>(*bits)};
  if (*base % cidr.size() != 0) return std::nullopt;
  return cidr;
}

std::string Cidr::text() const {
  return fmt::format("{}/{}", ip_text(base), bits);
}

}  // namespace holdfast::cloud
