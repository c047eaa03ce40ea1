// The managed instance's document as JSON Schema (draft 2020-12, as OpenAPI 3.1 has it). Made by the very functions
// that check documents (field_reader.h): types, bounds, words and patterns of each field, and what is required. Rules
// between fields are not in it.
#pragma once

#include <boost/json/fwd.hpp>

namespace holdfast::model {

boost::json::object schema_of_document();

}  // namespace holdfast::model
