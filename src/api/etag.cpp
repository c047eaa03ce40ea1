#include "api/etag.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace holdfast::api {
namespace {

constexpr size_t kMostTags = 64;

// FNV-1a: it tells versions of one document apart; nobody gains by making two alike.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 14695981039346656037u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

// An entity tag as RFC 9110 has it, without its W/.
bool is_opaque(std::string_view tag) {
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return false;
  const std::string_view inside = tag.substr(1, tag.size() - 2);
  return std::all_of(inside.begin(), inside.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
}

Failure malformed() {
  return fail(ErrorKind::invalid, "InvalidField",
              "must be an ETag as it was answered, \"in quotes\", a list of them between commas, or *.", "If-Match");
}

}  // namespace

std::string etag_of(const engine::View& view) {
  return fmt::format("\"{:x}-{:016x}\"", to_millis(view.updated_at), hash_of(view.document));
}

Result<engine::Precondition> precondition_in(const http::Request& request) {
  const auto header = request.header("if-match");
  if (!header) return engine::Precondition();
  if (trim(*header) == "*") return engine::Precondition();
  std::vector<std::string> tags;
  for (const std::string& part : split(*header, ',')) {
    const std::string_view tag = trim(part);
    const bool weak = tag.starts_with("W/");
    if (!is_opaque(weak ? tag.substr(2) : tag) || tags.size() == kMostTags) return malformed();
    if (!weak) tags.emplace_back(tag);  // a weak one never matches
  }
  return [tags](const engine::View& view) { return std::find(tags.begin(), tags.end(), etag_of(view)) != tags.end(); };
}

}  // namespace holdfast::api
