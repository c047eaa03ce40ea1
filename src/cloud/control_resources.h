// Everything that the cloud holds, whoever made it, for people who look for leaks: a controller's own list cannot show
// what it has forgotten. Called by control.cpp for GET /cloud/resources.
#pragma once

#include <boost/json/fwd.hpp>

#include "base/error.h"
#include "cloud/cloud.h"

namespace holdfast::cloud {

// Instances, volumes, snapshots, images and network interfaces: {"kind","id","state","tags":{…}} each.
Result<boost::json::array> list_resources(Cloud& cloud);

}  // namespace holdfast::cloud
