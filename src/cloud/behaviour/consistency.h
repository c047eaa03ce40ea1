// Eventual consistency over answers: what a call has made, and an answer without what is not to be seen yet. Pure;
// called by the front.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {

// Ids of the resources that an answer says were just made.
std::vector<std::string> made_by(const ec2::Response& response);

using Visible = std::function<bool(const std::string& id)>;
// Lists come without what is not visible; asked for by its id, it is not found, as on EC2.
Result<ec2::Response> as_seen(const ec2::Request& request, ec2::Response response, const Visible& visible);

}  // namespace holdfast::cloud
