#include "api/token.h"

#include <cctype>
#include <string_view>

#include "base/text.h"

namespace holdfast::api {
namespace {

constexpr std::string_view kScheme = "bearer ";

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  }
  return difference == 0;
}

}  // namespace

bool carries_token(const http::Request& request, const std::string& expected) {
  const auto header = request.header("authorization");
  if (!header || expected.empty() || header->size() < kScheme.size()) return false;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>((*header)[i])) != kScheme[i]) return false;
  }
  return same(trim(std::string_view(*header).substr(kScheme.size())), expected);
}

}  // namespace holdfast::api
