// The API described as OpenAPI 3.1, and the same as a page for people. Made of the rows that the router uses (routes.h)
// and of the functions that check documents (model/schema.h). Called by api.cpp.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "api/routes.h"

namespace holdfast::api {

boost::json::object openapi_document();
// What a body must be, with its members; an empty object where the call takes none.
boost::json::object schema_of(Body body);

// HTML, complete in itself.
std::string docs_page();

}  // namespace holdfast::api
