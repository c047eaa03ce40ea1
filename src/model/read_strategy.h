// The part of read_spec that reads strategy.
#pragma once

#include <boost/json/fwd.hpp>

#include "model/field_reader.h"
#include "model/spec.h"

namespace holdfast::model {

void read_strategy(FieldReader& reader, const boost::json::value& value, Strategy& into);

}  // namespace holdfast::model
