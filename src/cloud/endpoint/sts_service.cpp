#include <fmt/core.h>

#include "cloud/endpoint/services.h"

namespace holdfast::cloud::endpoint {

http::Response answer_sts(const std::string& access_key, const Asked& asked) {
  const auto root = asked.form.root();
  const std::string action = root.text("Action").value_or("");
  if (action != "GetCallerIdentity") {
    const Error error{ErrorKind::invalid,
                      action.empty() ? "MissingAction" : "InvalidAction",
                      fmt::format("Could not find operation '{}' for version 2011-06-15: the local cloud has "
                                  "GetCallerIdentity alone.",
                                  action),
                      {}};
    return answer_error(Service::sts, error, asked.request_id);
  }
  QueryAnswer answer(action, "https://sts.amazonaws.com/doc/2011-06-15/");
  answer.xml().put("Arn", fmt::format("arn:aws:iam::{}:user/local", kAccount));
  answer.xml().put("UserId", access_key);
  answer.xml().put("Account", kAccount);
  return answer.end(asked.request_id);
}

}  // namespace holdfast::cloud::endpoint
