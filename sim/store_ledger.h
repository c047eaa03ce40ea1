// What the store has answered each service, kept apart from the store: who holds which managed instance, and which
// calls were decided. The checker holds commits and calls to it. A number that was ever given is never good again once
// there is a greater one; and nothing is sent that was not stored first.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "engine/store.h"

namespace holdfast::sim {

class StoreLedger {
 public:
  using Broken = std::function<void(int promise, std::string name, const ManagedInstanceId& id, std::string what)>;
  explicit StoreLedger(Broken broken) : broken_(std::move(broken)) {}

  void taken(const std::string& service, const ManagedInstanceId& id, uint64_t number);
  void released(const std::string& service, const ManagedInstanceId& id);
  // The store has accepted this change of the service's, whose session has that number.
  void accepted(const std::string& service, uint64_t session, const engine::Change& change);
  // The service sends a call that changes something of this one.
  void acts(const std::string& service, const ManagedInstanceId& id, const std::string& what) const;
  // It sends what carries out an effect of this key, or of one that begins so.
  void carries_out(const ManagedInstanceId& id, const std::string& key) const;
  uint64_t number(const ManagedInstanceId& id) const;

 private:
  struct Entry {
    std::string holder;  // empty: released
    uint64_t number = 0;
  };
  Broken broken_;
  std::map<ManagedInstanceId, Entry> entries_;
  std::map<ManagedInstanceId, std::set<std::string>> decided_;  // keys of effects that were ever stored
};

}  // namespace holdfast::sim
