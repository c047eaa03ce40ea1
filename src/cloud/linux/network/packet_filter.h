// The packet filter of one cloud: one nftables table, replaced as a whole. Called by network.cpp when the cloud starts
// and when a subnet that reaches the outside comes or goes; never on the way of a replacement.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace holdfast::cloud::linux_ {

struct OutsideSubnet {
  std::string bridge;
  std::string cidr;
};

struct FilterRules {
  std::string table;
  std::string bridge_prefix;  // of this cloud's bridges
  std::vector<OutsideSubnet> outside;
  // The interface of the default route, if forwarding on it is off but for us; empty if it is the host's own business.
  std::string guarded_uplink;
};

// The text that nft reads. Pure.
std::string filter_text(const FilterRules& rules);
// An error if this kernel or host has no nftables: there is no safe way to go on without, since the gateway's address
// would open every service of this host to the machines.
Result<void> load_packet_filter(const FilterRules& rules, const std::string& scratch_dir);
Result<void> remove_packet_filter(const std::string& table, const std::string& scratch_dir);

}  // namespace holdfast::cloud::linux_
