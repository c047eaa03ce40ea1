#include "cloud/linux/network/network.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/text.h"
#include "cloud/linux/network/announce.h"
#include "cloud/linux/network/netlink.h"
#include "cloud/linux/network/packet_filter.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr const char* metadata_address = "169.254.169.254";
constexpr int loopback_index = 1;                                  // in every network namespace
constexpr auto forwarding_limit = std::chrono::milliseconds(200);  // measured: 1 ms

std::string setting(const std::string& interface, const char* name) {
  return "/proc/sys/net/ipv4/conf/" + interface + "/" + name;
}

// Machines speak IPv4 alone, and no address that the kernel makes up may lead around the filter. A kernel without IPv6
// has no such setting.
Result<void> without_ipv6(const std::string& interface) {
  const auto written = write_setting("/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6", "1");
  if (!written && written.error().kind != ErrorKind::not_found) return written;
  return {};
}

Failure bad_cidr(const SubnetSpec& subnet) {
  return fail(
      ErrorKind::invalid, "InvalidSubnet.Range",
      fmt::format("'{}' is no IPv4 block for a subnet; give one from /16 to /28, such as 10.31.0.0/20", subnet.cidr),
      "cidr");
}

std::string peer_name(size_t number) {
  return fmt::format("eth{}", number);
}

// Within the machine's namespace. Answers its index there.
Result<int> bring_up(Netlink& netlink, const MachineInterface& interface, const Block& block, const std::string& name) {
  const auto address = parse_address(interface.ip);
  if (!address || !block.contains(*address)) {
    return fail(ErrorKind::invalid, "InvalidAddress.Range",
                fmt::format("'{}' is no address of the subnet {}", interface.ip, block_text(block)), "interfaces.ip");
  }
  HF_TRY(const auto index, netlink.index_of(name));
  if (!index) return fail(ErrorKind::conflict, "LinkVanished", "a link was removed while it was being made");
  HF_TRY_VOID(netlink.add_address(*index, *address, block.prefix));
  HF_TRY_VOID(netlink.set_up(*index, true));
  return *index;
}

}  // namespace

Result<void> Network::make_bridge(const SubnetSpec& subnet) {
  const auto block = parse_block(subnet.cidr);
  if (!block || block->prefix < 16 || block->prefix > 28) return bad_cidr(subnet);
  HF_TRY(const auto netlink, Netlink::open());
  const std::string name = names_.bridge(subnet.id);
  HF_TRY(auto index, netlink->index_of(name));
  if (!index) {
    HF_TRY(const auto used, netlink->blocks_in_use());
    for (const auto& other : used) {
      if (!other.overlaps(*block)) continue;
      return fail(ErrorKind::conflict, "InvalidSubnet.Conflict",
                  fmt::format("the block {} overlaps {}, which this host uses already (another cloud, a VPN, a "
                              "container network); choose another",
                              subnet.cidr, block_text(other)),
                  "cidr");
    }
    HF_TRY_VOID(netlink->create_bridge(name, mac_of_name(name)));
    HF_TRY(index, netlink->index_of(name));
  }
  if (!index) return fail(ErrorKind::conflict, "BridgeVanished", "the bridge " + name + " was removed by somebody");
  HF_TRY_VOID(without_ipv6(name));
  HF_TRY_VOID(write_setting(setting(name, "forwarding"), "1"));
  HF_TRY_VOID(netlink->add_address(*index, block->first_host(), block->prefix));
  return netlink->set_up(*index, true);
}

Result<void> Network::load_filter() {
  FilterRules rules{names_.filter_table(), names_.bridge_prefix(), {}, {}};
  for (const auto& [id, subnet] : subnets_) {
    if (subnet.outside) rules.outside.push_back({names_.bridge(id), subnet.cidr});
  }
  if (!rules.outside.empty()) {
    HF_TRY(const auto netlink, Netlink::open());
    HF_TRY(const std::string uplink, netlink->default_interface());
    const std::string now = read_small_file(setting(uplink, "forwarding")).value_or("");
    if (read_small_file(uplink_file()) || trim(now) == "0") rules.guarded_uplink = uplink;
  }
  // The filter first: what it guards against begins with the forwarding.
  HF_TRY_VOID(load_packet_filter(rules, data_dir_));
  return forward_on_uplink(!rules.outside.empty());
}

// Switches it on if it was off, and notes that first: whoever finds the note knows that it was us.
Result<void> Network::forward_on_uplink(bool wanted) {
  const std::string note = read_small_file(uplink_file()).value_or("");
  if (!wanted) {
    if (note.empty()) return {};
    HF_TRY(const auto netlink, Netlink::open());
    HF_TRY(const auto links, netlink->links());
    const bool others = std::any_of(links.begin(), links.end(), [&](const Link& link) {
      return link.name.starts_with(all_clouds_prefix) && !link.name.starts_with(names_.bridge_prefix());
    });
    if (others) return remove_file(uplink_file());  // another cloud may need it: better too much than too little
    const auto written = write_setting(setting(note, "forwarding"), "0");
    if (!written && written.error().kind != ErrorKind::not_found) return written;
    return remove_file(uplink_file());
  }
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY(const std::string uplink, netlink->default_interface());
  if (uplink.empty()) return {};
  HF_TRY(const std::string now, read_small_file(setting(uplink, "forwarding")));
  if (trim(now) == "1") return {};
  HF_TRY_VOID(write_durably(uplink_file(), uplink));
  return write_setting(setting(uplink, "forwarding"), "1");
}

Result<void> Network::start(const std::vector<SubnetSpec>& subnets) {
  const std::lock_guard guard(mutex_);
  std::set<std::string> wanted;
  for (const auto& subnet : subnets) {
    subnets_[subnet.id] = subnet;
    wanted.insert(names_.bridge(subnet.id));
  }
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY(const auto links, netlink->links());
  for (const auto& link : links) {
    // Safe: the name is this cloud's, and the model knows no such subnet any more.
    if (link.name.starts_with(names_.bridge_prefix()) && !wanted.contains(link.name)) {
      HF_TRY_VOID(netlink->delete_link(link.name));
    }
  }
  HF_TRY_VOID(load_filter());  // before the first bridge: nothing gets through unfiltered
  for (const auto& subnet : subnets) HF_TRY_VOID(make_bridge(subnet));
  return {};
}

Result<void> Network::create_subnet(const SubnetSpec& subnet) {
  const std::lock_guard guard(mutex_);
  const auto found = subnets_.find(subnet.id);
  const bool filter_changes = subnet.outside != (found != subnets_.end() && found->second.outside);
  HF_TRY_VOID(make_bridge(subnet));
  subnets_[subnet.id] = subnet;
  return filter_changes ? load_filter() : Result<void>();
}

Result<void> Network::delete_subnet(const SubnetId& subnet) {
  const std::lock_guard guard(mutex_);
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY_VOID(netlink->delete_link(names_.bridge(subnet)));
  const auto found = subnets_.find(subnet);
  if (found == subnets_.end()) return {};
  const bool outside = found->second.outside;
  subnets_.erase(found);
  return outside ? load_filter() : Result<void>();
}

Result<SubnetSpec> Network::subnet(const SubnetId& id) const {
  const std::lock_guard guard(mutex_);
  const auto found = subnets_.find(id);
  if (found == subnets_.end()) {
    return fail(ErrorKind::not_found, "InvalidSubnetID.NotFound", "there is no subnet '" + id.str() + "'",
                "interfaces.subnet");
  }
  return found->second;
}

Result<void> Network::connect(int namespace_fd, const std::vector<MachineInterface>& interfaces) {
  HF_TRY(const auto outer, Netlink::open());
  {  // Settings that a new link takes over come before the links.
    HF_TRY(const auto inside, InNamespace::enter(namespace_fd));
    HF_TRY_VOID(without_ipv6("default"));
    HF_TRY(const auto netlink, Netlink::open());
    HF_TRY_VOID(netlink->set_up(loopback_index, true));
    HF_TRY_VOID(netlink->add_address(loopback_index, *parse_address(metadata_address), 32));
  }
  std::vector<Block> blocks;
  std::vector<int> indexes;
  for (size_t i = 0; i < interfaces.size(); ++i) {
    HF_TRY(blocks.emplace_back(), make_link(*outer, namespace_fd, interfaces[i], peer_name(i)));
  }
  {
    HF_TRY(const auto inside, InNamespace::enter(namespace_fd));
    HF_TRY(const auto netlink, Netlink::open());
    for (size_t i = 0; i < interfaces.size(); ++i) {
      HF_TRY(indexes.emplace_back(), bring_up(*netlink, interfaces[i], blocks[i], peer_name(i)));
    }
    if (!blocks.empty()) HF_TRY_VOID(netlink->add_default_route(blocks[0].first_host()));
  }
  for (size_t i = 0; i < interfaces.size(); ++i) HF_TRY_VOID(announce(namespace_fd, interfaces[i], indexes[i]));
  return {};
}

Result<void> Network::connect_one(int namespace_fd, const MachineInterface& interface) {
  HF_TRY(const auto outer, Netlink::open());
  HF_TRY_VOID(outer->delete_link(names_.link(interface.id)));  // its other end goes with it
  std::string peer;
  {
    HF_TRY(const auto inside, InNamespace::enter(namespace_fd));
    HF_TRY(const auto netlink, Netlink::open());
    for (size_t number = 0; peer.empty(); ++number) {
      HF_TRY(const auto used, netlink->index_of(peer_name(number)));
      if (!used) peer = peer_name(number);
    }
  }
  HF_TRY(const Block block, make_link(*outer, namespace_fd, interface, peer));
  int index = 0;
  {
    HF_TRY(const auto inside, InNamespace::enter(namespace_fd));
    HF_TRY(const auto netlink, Netlink::open());
    HF_TRY(index, bring_up(*netlink, interface, block, peer));
  }
  return announce(namespace_fd, interface, index);
}

// The calling thread is in the host's namespace, where the bridges are.
Result<void> Network::announce(int namespace_fd, const MachineInterface& interface, int index) const {
  const auto mac = parse_mac(interface.mac);
  const auto address = parse_address(interface.ip);
  CHECK(mac && address);  // make_link and bring_up took them
  wait_until_forwarding(names_.link(interface.id), forwarding_limit);
  HF_TRY(const auto inside, InNamespace::enter(namespace_fd));
  return announce_address(index, *mac, *address);
}

// The pair: our end at the bridge, the other one in the namespace. Answers the subnet's block.
Result<Block> Network::make_link(Netlink& outer, int namespace_fd, const MachineInterface& interface,
                                 const std::string& peer) {
  HF_TRY(const SubnetSpec spec, subnet(interface.subnet));
  const auto block = parse_block(spec.cidr);
  CHECK(block.has_value());
  HF_TRY(const auto bridge, outer.index_of(names_.bridge(spec.id)));
  if (!bridge) return fail(ErrorKind::conflict, "BridgeVanished", "the bridge of " + spec.id.str() + " is gone");
  const std::string name = names_.link(interface.id);
  HF_TRY_VOID(outer.delete_link(name));
  HF_TRY_VOID(outer.create_pair({name, *bridge, namespace_fd, peer, interface.mac}));
  return *block;
}

Result<void> Network::cut(const std::vector<InterfaceId>& interfaces) {
  HF_TRY(const auto netlink, Netlink::open());
  for (const auto& interface : interfaces) {
    HF_TRY(const auto index, netlink->index_of(names_.link(interface)));
    if (!index) continue;
    if (auto down = netlink->set_up(*index, false); !down) {
      HF_TRY(const auto still, netlink->index_of(names_.link(interface)));
      if (still) return down;
    }
  }
  return {};
}

Result<void> Network::disconnect(const std::vector<InterfaceId>& interfaces) {
  HF_TRY(const auto netlink, Netlink::open());
  for (const auto& interface : interfaces) HF_TRY_VOID(netlink->delete_link(names_.link(interface)));
  return {};
}

Result<void> Network::disconnect_all_but(const std::vector<InterfaceId>& interfaces) {
  std::set<std::string> kept;
  for (const auto& interface : interfaces) kept.insert(names_.link(interface));
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY(const auto links, netlink->links());
  for (const auto& link : links) {
    if (!link.name.starts_with(names_.link_prefix()) || kept.contains(link.name)) continue;
    HF_TRY_VOID(netlink->delete_link(link.name));
  }
  return {};
}

Result<void> Network::tear_down() {
  HF_TRY_VOID(disconnect_all_but({}));
  const std::lock_guard guard(mutex_);
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY(const auto links, netlink->links());
  for (const auto& link : links) {
    if (link.name.starts_with(names_.bridge_prefix())) HF_TRY_VOID(netlink->delete_link(link.name));
  }
  subnets_.clear();
  HF_TRY_VOID(forward_on_uplink(false));
  return remove_packet_filter(names_.filter_table(), data_dir_);
}

}  // namespace holdfast::cloud::linux_
