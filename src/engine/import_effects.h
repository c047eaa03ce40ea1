// The effects of an import as EC2's calls (perform.h says what holds for all).
#pragma once

#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/effect.h"

namespace holdfast::engine {

struct ImportCall {
  ec2::Ec2& ec2;
  const ManagedInstanceId& id;
  const std::string& key;
  bool again = false;  // sent before: it may have been done
};

// Conflict if the instance is another managed instance's by now.
Result<std::string> adopt_instance(const ImportCall& call, const model::AdoptInstance& adopt);
Result<std::string> release_instance(const ImportCall& call, const model::ReleaseInstance& release);
// "vol-…=snap-… vol-…=snap-…". By CreateSnapshots, as of one moment; where the cloud has none, one after another.
Result<std::string> snapshot_instance(const ImportCall& call, const model::SnapshotInstance& snapshot);

}  // namespace holdfast::engine
