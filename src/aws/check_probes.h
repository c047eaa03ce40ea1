// What is tried of each action of the policy to learn whether we may: one request an action, sent as EC2's dry run.
//
// Why nothing can come of it: EC2 only checks the rights of a dry run. And should an endpoint not know dry runs, which
// is looked at first with what only reads: what deletes, ends or changes is asked only of what must refuse it or would
// stay as it is (a volume in use is not deleted, a terminated instance is not terminated, a tag gets the value that it
// has), else of an id that nothing has.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ec2/codec.h"

namespace holdfast::aws {

// What was seen of the account, for the probes to be about.
struct Facts {
  std::optional<ec2::Subnet> subnet;
  std::optional<ImageId> image;
  // Ours, by our tag.
  std::optional<ec2::Instance> running;
  std::optional<InstanceId> terminated;
  std::optional<ec2::Volume> attached;             // to an instance
  std::optional<ec2::NetworkInterface> interface;  // in use
  std::optional<SnapshotId> held;                  // a snapshot that an image is made of
};

struct Probe {
  std::string action;  // "ec2:RunInstances"
  std::variant<ec2::Request, ec2::FurtherRequest> request;
  // It is about a thing that is not there, and the policy allows the action on what is ours only: a refusal is then no
  // proof.
  bool lacks_ours = false;
  bool spares_ours = false;  // and always will be: nothing but the dry run would keep ours from it

  bool mutates() const;
};

// One for each of these actions that EC2 can be asked about; the others are left out.
std::vector<Probe> probes_for(const std::vector<std::string>& actions, const Facts& facts);

}  // namespace holdfast::aws
