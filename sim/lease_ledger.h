// Who holds which managed instance, by what the store has answered each service, kept apart from the store: what the
// checker holds commits and calls to. A number that was ever given is never good again once there is a greater one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/store.h"

namespace holdfast::sim {

class LeaseLedger {
 public:
  using Broken = std::function<void(std::string name, const ManagedInstanceId& id, std::string what)>;
  explicit LeaseLedger(Broken broken) : broken_(std::move(broken)) {}

  void taken(const std::string& service, const ManagedInstanceId& id, uint64_t number);
  void released(const std::string& service, const ManagedInstanceId& id);
  // The store has accepted this change of the service's, whose session has that number.
  void accepted(const std::string& service, uint64_t session, const engine::Change& change);
  // The service sends a call that changes something of this one.
  void acts(const std::string& service, const ManagedInstanceId& id, const std::string& what) const;
  uint64_t number(const ManagedInstanceId& id) const;

 private:
  struct Entry {
    std::string holder;  // empty: released
    uint64_t number = 0;
  };
  Broken broken_;
  std::map<ManagedInstanceId, Entry> entries_;
};

}  // namespace holdfast::sim
