// The import of an instance that exists: looked at, refused where it cannot become a managed instance, and put into the
// managed instance's document and into what core needs of it (model/import.h). Looks only; nothing is changed.
// Blocking: called on the thread of who asks.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/document.h"
#include "model/import.h"
#include "model/spec.h"
#include "model/surroundings.h"

namespace holdfast::engine {

struct ImportZone {
  std::string name;  // empty: whatever zone the subnets are in
  std::vector<SubnetId> subnet_ids;
};

struct ImportRequest {
  InstanceId original;
  std::string name;                         // empty: its tag Name, or its id
  std::string region;                       // empty: not said in the document
  std::string product;                      // empty: Linux/UNIX
  bool terminate = false;                   // shouldTerminateInstance: adopted; otherwise copied
  bool keep_private_ip = false;             // shouldKeepPrivateIp: with `terminate` only
  std::vector<ImportZone> zones;            // subnets besides the original's
  std::vector<std::string> instance_types;  // empty: the original's
  std::string block_devices_mode;           // empty: reattach
  std::string image_id;                     // empty: the original's. Its facts are used, not its contents
  std::string document;                     // a JSON object merged over what is derived; empty: nothing
};

struct ImportStep {
  std::string action;  // EC2's name of the call, or what is waited for
  std::string target;
  std::string reason;
};

struct ImportPlan {
  std::string document;
  model::Spec spec;
  model::Surroundings surroundings;
  model::Import import;
  std::vector<ImportStep> steps;   // in order
  std::vector<std::string> notes;  // what a person should know before it is done
};

// All faults at once, by the names of the migration's fields (originalInstanceId, shouldKeepPrivateIp, …) or of the
// managed instance's document; or one error without a field where the cloud could not be asked.
model::Checked<ImportPlan> plan_import(ec2::Ec2& ec2, const ImportRequest& request);

}  // namespace holdfast::engine
