// The shape of every answer of the API: request and response, items or errors. The same for its refusals, so that a
// client always finds errors[].code, message and field where it looks. Used by everything that answers in this room,
// and by the daemon for what the server refuses by itself.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "http/server.h"
#include "model/document.h"

namespace holdfast::api {

struct Asked {  // what the envelope repeats of a request
  std::string id;
  std::string method;
  std::string url;
  Time at{};
};

// 404 for not_found, 409 conflict, 400 invalid, 403 denied, 429 throttled, 503 unavailable, 507 no_capacity, 504
// unknown_outcome.
int status_of(ErrorKind kind);
std::string_view reason_of(int status);

http::Response answer_items(const Asked& asked, std::string_view kind, boost::json::array items);
// `errors` is not empty; none is left out. Retry-After is added where the status wants it.
http::Response answer_errors(const Asked& asked, int status, const std::vector<Error>& errors);
http::Response answer_error(const Asked& asked, const Error& error);
// Faults of a document are one 400; anything else that the engine says stands alone. There is at least one.
http::Response refused(const Asked& asked, const model::Faults& faults);

}  // namespace holdfast::api
