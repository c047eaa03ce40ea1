// Which substrate the local cloud gets, whether this host can carry it, and what it needs of this process. Used by serve,
// `cloud destroy` and doctor.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "cloud/runtime.h"
#include "cloud/substrate.h"
#include "daemon/settings.h"

namespace holdfast::daemon {

// What this host lacks for the substrate, in doctor's words; empty: nothing.
std::string missing_for(const Settings& settings);
// For real machines: a mount namespace of this process's own, so that the pool's mounts go with it. Before any thread.
Result<void> enter_own_mounts(const Settings& settings);
// Real machines: a block that no other network of this host has, unless one is given.
Result<std::string> choose_cidr(const Settings& settings);
Result<std::unique_ptr<cloud::Substrate>> open_substrate(const Settings& settings, cloud::Runtime& runtime);

}  // namespace holdfast::daemon
