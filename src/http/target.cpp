#include "http/target.h"

#include <optional>

namespace holdfast::http {
namespace {

constexpr size_t kMaxParameters = 256;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

Failure bad(std::string message) {
  return fail(ErrorKind::invalid, "BadRequestTarget", std::move(message));
}

}  // namespace

Result<Target> parse_target(std::string_view raw) {
  if (raw.empty() || raw[0] != '/') return bad("The request's target must be a path that begins with '/'.");
  size_t question = raw.find('?');
  Target target;
  auto path = decode(raw.substr(0, question), false);
  if (!path) return bad("The path has a broken or forbidden percent escape; write it as %XX.");
  target.path = std::move(*path);
  if (question == std::string_view::npos) return target;

  std::string_view rest = raw.substr(question + 1);
  while (!rest.empty()) {
    size_t end = rest.find('&');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    if (target.query.size() == kMaxParameters) return bad("The query has too many parameters.");
    size_t equals = pair.find('=');
    auto name = decode(pair.substr(0, equals), true);
    auto value = decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) return bad("The query has a broken or forbidden percent escape; write it as %XX.");
    target.query.emplace_back(std::move(*name), std::move(*value));
  }
  return target;
}

}  // namespace holdfast::http
