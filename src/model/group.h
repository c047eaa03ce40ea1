// A group of managed instances and its pool of private addresses, as its user wrote it: {name, privateIpPool:
// {subnetId, addresses: []}}. What the words mean for the members is in engine/groups.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/document.h"

namespace holdfast::model {

struct AddressPool {
  SubnetId subnet;
  std::vector<std::string> addresses;  // IPv4, in the order in which they are given out
  bool operator==(const AddressPool&) const = default;
};

struct Group {
  std::string name;
  std::optional<AddressPool> pool;
  bool has_address(const std::string& address) const;  // in its pool
  bool operator==(const Group&) const = default;
};

// `json`: the group's object. All faults at once: unknown fields, what is missing, addresses that are none or doubled.
Checked<Group> read_group(std::string_view json);

}  // namespace holdfast::model
