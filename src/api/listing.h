// Which managed instances a list is to show: all, unless it is asked for less. Called by api.cpp.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/view.h"
#include "http/server.h"
#include "model/document.h"

namespace holdfast::api {

struct Listing {
  std::optional<std::string> name;
  std::set<model::Status> statuses;  // empty: any
  std::string after;                 // an id; the next ones in order
  size_t limit = SIZE_MAX;
};

// Query: name, status (words between commas), after and limit. All faults at once.
model::Checked<Listing> listing_in(const http::Request& request);
// `all` in the order of ids.
std::vector<engine::SharedView> listed(const std::vector<engine::SharedView>& all, const Listing& listing);

}  // namespace holdfast::api
