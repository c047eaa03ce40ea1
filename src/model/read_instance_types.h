// The part of read_launch_specification that reads instanceTypes.
#pragma once

#include <boost/json/fwd.hpp>

#include "model/field_reader.h"
#include "model/spec.h"

namespace holdfast::model {

void read_instance_types(FieldReader& reader, const boost::json::value& value, Compute& into);

}  // namespace holdfast::model
