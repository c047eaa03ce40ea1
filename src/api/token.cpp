#include "api/token.h"

#include <cctype>
#include <string_view>

#include "base/text.h"

namespace holdfast::api {
namespace {

constexpr std::string_view kScheme = "bearer ";

}  // namespace

std::string bearer_in(const http::Request& request) {
  const auto header = request.header("authorization");
  if (!header || header->size() < kScheme.size()) return "";
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>((*header)[i])) != kScheme[i]) return "";
  }
  return std::string(trim(std::string_view(*header).substr(kScheme.size())));
}

}  // namespace holdfast::api
