// A cloud's networks on this host: a bridge for each subnet, a link for each interface of a machine, and the packet
// filter between them and everything else. Called by the substrate, from several threads; calls about one subnet or
// one machine come one after the other.
//
// - Machines of one cloud reach each other, in all its subnets (a VPC routes between them). The host reaches them by
//   their addresses. They reach of the host nothing but the answers to its own connections and pings of the gateway,
//   and nothing of other clouds.
// - `outside` subnets reach the outside through NAT.
// - The host is changed no more than that needs: forwarding is switched on for our bridges alone; if there is an
//   `outside` subnet, also for the interface of the default route. That one is remembered in the data folder and put
//   back by tear_down, and while we have it on, the filter forwards nothing through it that is not a machine's.
// - A firewall of the host that drops forwarded packets by default (as Docker's does) has to let the bridges through;
//   their names begin with "hf".
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cloud/linux/network/addresses.h"
#include "cloud/linux/network/names.h"
#include "cloud/substrate.h"

namespace holdfast::cloud::linux_ {

class Netlink;

class Network {
 public:
  Network(std::string data_dir, CloudNames names) : data_dir_(std::move(data_dir)), names_(std::move(names)) {}

  // Makes what is missing, removes bridges of subnets that are no more, loads the filter.
  Result<void> start(const std::vector<SubnetSpec>& subnets);
  Result<void> create_subnet(const SubnetSpec& subnet);
  Result<void> delete_subnet(const SubnetId& subnet);
  Result<SubnetSpec> subnet(const SubnetId& id) const;

  // Gives the network namespace its links, addresses, routes and the metadata service's address. A link of that name
  // that is left from before is removed: the caller knows that no living machine has the interface.
  Result<void> connect(int namespace_fd, const std::vector<MachineInterface>& interfaces);
  // One more link for a namespace that is connected already, under the next free name. There already: made anew.
  Result<void> connect_one(int namespace_fd, const MachineInterface& interface);
  // Takes the links down, so that nothing a dying machine's kernel still says reaches anybody.
  Result<void> cut(const std::vector<InterfaceId>& interfaces);
  // Success once the links are observed gone.
  Result<void> disconnect(const std::vector<InterfaceId>& interfaces);
  // Removes every link of this cloud but those of these interfaces.
  Result<void> disconnect_all_but(const std::vector<InterfaceId>& interfaces);
  // Removes every trace from the host.
  Result<void> tear_down();

 private:
  Result<Block> make_link(Netlink& outer, int namespace_fd, const MachineInterface& interface, const std::string& peer);
  Result<void> make_bridge(const SubnetSpec& subnet);
  Result<void> announce(int namespace_fd, const MachineInterface& interface, int index) const;
  Result<void> load_filter();
  Result<void> forward_on_uplink(bool wanted);
  std::string uplink_file() const { return data_dir_ + "/uplink-forwarding"; }

  const std::string data_dir_;
  const CloudNames names_;
  mutable std::mutex mutex_;  // guards subnets_ and the filter
  std::map<SubnetId, SubnetSpec> subnets_;
};

// A /16 of 10.0.0.0/8 that no address or route of this host uses and no other cloud has reserved. The same data folder
// gets the same block again. Kept in /run/holdfast, so until the next boot; the caller remembers it longer.
Result<std::string> free_cidr_block(const std::string& data_dir);
void give_back_cidr_block(const std::string& data_dir);
// For a block that someone chose: conflict if this host uses a part of it already (another cloud, a VPN).
Result<void> check_block_is_free(const std::string& cidr);

}  // namespace holdfast::cloud::linux_
