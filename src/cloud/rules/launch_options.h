// Options of RunInstances that say how the machine is, not what it is made of: what is kept, and what is refused here.
#pragma once

#include <string_view>

#include "base/error.h"
#include "cloud/model.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {

// With EC2's error codes. What would be a promise without effect is refused: dedicated hardware, instance profiles,
// keys for volumes, public addresses of launches.
Result<void> check_launch_options(const ec2::RunInstancesRequest& request);

bool is_burstable(std::string_view instance_type);  // t2, t3, …

// Into the row of the instance that is made.
void set_launch_options(const ec2::RunInstancesRequest& request, Instance& instance);

}  // namespace holdfast::cloud
