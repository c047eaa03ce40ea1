// Spot requests as launches see them.
#pragma once

#include "cloud/rules.h"
#include "cloud/rules/launch_plan.h"

namespace holdfast::cloud {

// One instance as planned; the plan's count is the caller's to keep.
InstanceId make_instance(Call&, const ec2::RunInstancesRequest&, const LaunchPlan&, const std::string& reservation);
// The request that stands behind a spot instance of RunInstances: fulfilled from its beginning.
void put_fulfilled_request(Call&, const ec2::RunInstancesRequest&, const InstanceId&);
// Open ones are tried again: capacity or a price has changed.
void try_spot_requests(Call&);
// What has ended long ago is forgotten.
void sweep_spot_requests(Call&);

}  // namespace holdfast::cloud
