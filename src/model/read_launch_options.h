// The part of read_launch_specification that reads options which go to the cloud as they are, and the network
// interfaces.
#pragma once

#include <boost/json/fwd.hpp>

#include "model/field_reader.h"
#include "model/spec.h"

namespace holdfast::model {

void read_key_pair(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_ebs_optimized(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_monitoring(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_tenancy(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_credit_specification(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_iam_role(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_metadata_options(FieldReader& reader, const boost::json::value& value, Compute& into);
void read_network_interfaces(FieldReader& reader, const boost::json::value& value, Compute& into);

}  // namespace holdfast::model
