// A document against the cloud, when it is created or updated: does what it names exist, and does it fit together? The
// facts that decisions need later are kept as Surroundings. Blocking: called on the thread of who asks, never on the
// engine's.
#pragma once

#include <optional>

#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/document.h"
#include "model/spec.h"
#include "model/surroundings.h"

namespace holdfast::engine {

// All faults at once, each with its field; or one error without a field where the cloud could not be asked. `own`: the
// managed instance's interface, which may hold the wanted address.
model::Checked<model::Surroundings> inspect(ec2::Ec2& ec2, const model::Spec& spec,
                                            const std::optional<InterfaceId>& own);

}  // namespace holdfast::engine
