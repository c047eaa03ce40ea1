// What the instance metadata service answers: a pure function of what is known of a machine, the time and the request.
// Paths and answers are EC2's; `PUT /holdfast/user-data-status` is ours and handled by the service.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cloud/linux/metadata/token.h"
#include "cloud/substrate.h"
#include "http/server.h"

namespace holdfast::cloud::linux_ {

struct MachineFacts {
  MachineSpec spec;
  std::vector<std::string> cidrs;  // of the interfaces' subnets, in the interfaces' order
  std::optional<InterruptionNotice> notice;
  std::optional<Time> rebalance;
};

http::Response answer(const MachineFacts& facts, const TokenKey& key, Time now, const http::Request& request);

// "ip-10-31-0-7"
std::string host_name(const MachineSpec& spec);
// "ip-10-31-0-7.local-1.compute.internal"
std::string full_host_name(const MachineSpec& spec);

// Every path below /latest/ and its content; what is not there now has no entry.
std::map<std::string, std::string> metadata_tree(const MachineFacts& facts);

}  // namespace holdfast::cloud::linux_
