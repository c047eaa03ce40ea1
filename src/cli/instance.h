// Commands about one EC2 instance take a managed instance (its present instance is meant) or an instance's own id.
#pragma once

#include <string>

#include "cli/session.h"

namespace holdfast::cli {

Result<std::string> instance_of(Session& session, const std::string& word);

// The text of a member that is `NAME` or, where it is not UTF-8, base64 in `NAMEBase64`.
std::string bytes_at(const boost::json::value& item, const std::string& name);

}  // namespace holdfast::cli
