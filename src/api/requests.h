// What clients send, read to the last member: unknown members and parameters are refused with the nearest known name.
// All faults at once. Called by api.cpp and events.cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/server.h"
#include "model/document.h"
#include "model/event.h"

namespace holdfast::api {

// The object under the one name that the body has, as JSON text. Paths in faults begin below it.
model::Checked<std::string> object_in(std::string_view body, std::string_view name);
// The one under "managedInstance".
model::Checked<std::string> managed_instance_in(std::string_view body);
// DELETE's body; empty: everything is kept.
model::Checked<model::Deallocation> deallocation_in(std::string_view body);
// Faults of the query: parameters other than `known` (and accountId, which every call takes).
model::Checked<void> check_query(const http::Request& request, std::initializer_list<std::string_view> known);
// A whole number in [least, most], or `otherwise` where the parameter is absent.
Result<int64_t> number_in(const http::Request& request, const std::string& name, int64_t least, int64_t most,
                          int64_t otherwise);

// The header Idempotency-Key; empty where there is none.
Result<std::string> idempotency_key_in(const http::Request& request);

}  // namespace holdfast::api
