// Which substrate the local cloud gets, whether this host can carry it, and what it needs of this process. Used by
// serve, `cloud destroy` and doctor.
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
// Real machines: a block that no other network of this host has, unless one is given.
Result<std::string> choose_cidr(const Settings& settings);

// The substrate, and the time of what stands on it.
struct Ground {
  std::unique_ptr<cloud::Runtime> runtime;
  std::unique_ptr<cloud::Substrate> substrate;
};
// Real machines: from the main thread, before any other thread there is, for it enters a mount namespace of its own and
// only threads that begin later are in it.
Result<Ground> open_ground(const Settings& settings);

}  // namespace holdfast::daemon
