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

}  // namespace holdfast::cli
