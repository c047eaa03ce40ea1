// A document against the cloud, when it is created or updated: does what it names exist, and does it fit together? The
// facts that decisions need later are kept as Surroundings. Blocking: called on the thread of who asks, never on the
// engine's.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/document.h"
#include "model/spec.h"
#include "model/surroundings.h"

namespace holdfast::engine {

// Who may hold the wanted address already: the managed instance itself, by its tag on an interface, or this interface.
// And what it keeps: what that was made of may be gone from the cloud by now, and is not asked for.
struct Own {
  std::optional<ManagedInstanceId> id = {};
  std::optional<InterfaceId> interface = {};
  std::optional<model::ImageFacts> image = {};  // of the root that is kept
  std::set<std::string> devices = {};           // whose volumes are kept
};

// All faults at once, each with its field; or one error without a field where the cloud could not be asked.
model::Checked<model::Surroundings> inspect(ec2::Ec2& ec2, const model::Spec& spec, const Own& own);

}  // namespace holdfast::engine
