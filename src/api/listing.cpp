#include "api/listing.h"

#include <fmt/format.h>

#include <cstdint>

#include "api/requests.h"
#include "base/text.h"

namespace holdfast::api {
namespace {

constexpr int64_t kMostListed = 100'000;

std::optional<model::Status> status_named(std::string_view word) {
  for (int i = 0; i <= static_cast<int>(model::Status::migrating); ++i) {
    auto status = static_cast<model::Status>(i);
    if (to_string(status) == word) return status;
  }
  return std::nullopt;
}

}  // namespace

model::Checked<Listing> listing_in(const http::Request& request) {
  if (auto checked = check_query(request, {"name", "status", "after", "limit"}); !checked) {
    return tl::unexpected(checked.error());
  }
  Listing listing;
  model::Faults faults;
  listing.name = request.query_value("name");
  listing.after = request.query_value("after").value_or("");
  if (auto words = request.query_value("status")) {
    for (const std::string& word : split(*words, ',')) {
      auto status = status_named(word);
      if (status) {
        listing.statuses.insert(*status);
      } else {
        faults.errors.push_back(
            {ErrorKind::invalid, "InvalidField",
             fmt::format("'{}' is no status: give words as ACTIVE, with commas between.", quoted(word)), "status"});
      }
    }
  }
  if (request.query_value("limit")) {
    auto limit = number_in(request, "limit", 1, kMostListed, kMostListed);
    if (limit) listing.limit = static_cast<size_t>(*limit);
    if (!limit) faults.errors.push_back(limit.error());
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return listing;
}

std::vector<engine::SharedView> listed(const std::vector<engine::SharedView>& all, const Listing& listing) {
  std::vector<engine::SharedView> found;
  for (const engine::SharedView& view : all) {
    if (found.size() >= listing.limit) break;
    if (view->id.str() <= listing.after && !listing.after.empty()) continue;
    if (listing.name && view->spec.name != *listing.name) continue;
    if (!listing.statuses.empty() && !listing.statuses.contains(view->state.status)) continue;
    found.push_back(view);
  }
  return found;
}

}  // namespace holdfast::api
