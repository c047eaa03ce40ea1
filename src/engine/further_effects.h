// Effects beside the life of the one instance as EC2's calls: scouts, the elastic address, tags (perform.h says what
// holds for all).
#pragma once

#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/effect.h"

namespace holdfast::engine {

struct FurtherCall {
  ec2::Ec2& ec2;
  const ManagedInstanceId& id;
  const std::string& key;
};

// The exact request of a scout: repeated, it is word for word the same.
ec2::RunInstancesRequest scout_request(const ManagedInstanceId& id, const std::string& key,
                                       const model::LaunchScout& scout);

Result<std::string> launch_scout(const FurtherCall& call, const model::LaunchScout& scout);
// What is not there is ended.
Result<std::string> end_scout(const FurtherCall& call, const model::EndScout& end);
Result<std::string> associate_address(const FurtherCall& call, const model::AssociateAddress& associate);
Result<std::string> disassociate_address(const FurtherCall& call, const model::DisassociateAddress& disassociate);
Result<std::string> apply_tags(const FurtherCall& call, const model::ApplyTags& apply);

}  // namespace holdfast::engine
