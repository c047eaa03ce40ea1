// What every back end reckons and says alike about leases.
#pragma once

#include <algorithm>
#include <string>

#include "engine/store.h"

namespace holdfast::store {

// `services`: that live, this one too.
inline size_t fair_share(size_t instances, size_t services) {
  services = std::max<size_t>(services, 1);
  return (instances + services - 1) / services;
}

Failure lease_lost(const ManagedInstanceId& id);
Failure holder_replaced(const std::string& name);
Failure id_in_use(const ManagedInstanceId& id);

}  // namespace holdfast::store
