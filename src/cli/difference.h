// What has to be sent so that a kept document becomes the one in a file: the API merges, so a field that left the file
// must be cleared by name.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

namespace holdfast::cli {

// The update, an empty object if both say the same; `changed` gets the dotted paths. A null is as good as nothing.
boost::json::object update_for(const boost::json::object& kept, const boost::json::object& wanted,
                               std::vector<std::string>& changed);

// One field that differs. Both texts are JSON; empty: the field is not there. A list is one field.
struct Change {
  std::string path;
  std::string before;
  std::string after;
};

// The same difference field by field, for people: nothing exactly when update_for gives nothing. What a machine runs at
// its start and end may hold secrets, and a plan ends in a build's log: only its size is told.
std::vector<Change> changes_between(const boost::json::object& kept, const boost::json::object& wanted);

}  // namespace holdfast::cli
