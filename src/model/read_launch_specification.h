// The part of read_spec that reads compute.launchSpecification.
#pragma once

#include <boost/json/fwd.hpp>

#include "model/field_reader.h"
#include "model/spec.h"

namespace holdfast::model {

void read_launch_specification(FieldReader& reader, const boost::json::value& value, Compute& into);

}  // namespace holdfast::model
