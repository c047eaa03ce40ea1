// An effect as EC2's calls. Translation only: what each effect asks of EC2, and what EC2's answers mean for it. No
// waiting and no repeating: an error goes back to core, which decides. The executor calls it, on its workers.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/effect.h"

namespace holdfast::engine {

// Blocks until EC2 has answered. The value is the id of the thing made, where something was. `again`: the effect was
// sent before and may have been done; things made without a client token are then looked for by their tag first.
Result<std::string> perform(ec2::Ec2& ec2, const ManagedInstanceId& id, const model::Effect& effect, bool again);

// Several terminations in one call, with what came of each. EC2 refuses all for one that it does not know, so a refusal
// is asked again by halves, until the one at fault is alone with its error and the others are done. What was lost,
// throttled or not sent is so for all.
std::vector<Result<std::string>> terminate_together(ec2::Ec2& ec2, const std::vector<InstanceId>& instances);

// The exact request of a launch: repeated, it is word for word the same.
ec2::RunInstancesRequest launch_request(const ManagedInstanceId& id, const std::string& key,
                                        const model::LaunchInstance& launch);

}  // namespace holdfast::engine
