#include "cloud/linux/network/netlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>

#include <array>
#include <cerrno>

#include "base/check.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr size_t buffer_size = 64 * 1024;  // the kernel's dumps come in pieces of at most 32 KiB
constexpr int interrupted_dump_attempts = 5;

struct Message {
  std::array<char, 4096> bytes{};
  nlmsghdr* header = mnl_nlmsg_put_header(bytes.data());
};

template <class Extra>
Extra* begin(Message& message, uint16_t type, uint16_t flags) {
  message.header->nlmsg_type = type;
  message.header->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  return static_cast<Extra*>(mnl_nlmsg_put_extra_header(message.header, sizeof(Extra)));
}

using Attributes = std::array<const nlattr*, 64>;

int collect(const nlattr* attribute, void* data) {
  auto& attributes = *static_cast<Attributes*>(data);
  const uint16_t type = mnl_attr_get_type(attribute);
  if (type < attributes.size()) attributes[type] = attribute;
  return MNL_CB_OK;
}

Attributes attributes_of(const nlmsghdr* header, size_t extra) {
  Attributes attributes{};
  mnl_attr_parse(header, static_cast<unsigned>(extra), collect, &attributes);
  return attributes;
}

int keep_message(const nlmsghdr* header, void* data) {
  const char* bytes = reinterpret_cast<const char*>(header);
  static_cast<Dump*>(data)->emplace_back(bytes, bytes + header->nlmsg_len);
  return MNL_CB_OK;
}

const nlmsghdr* header_of(const std::vector<char>& message) {
  return reinterpret_cast<const nlmsghdr*>(message.data());
}

Result<void> accept_if(Result<void> result, ErrorKind kind) {
  if (!result && result.error().kind == kind) return {};
  return result;
}

}  // namespace

Result<std::unique_ptr<InNamespace>> InNamespace::enter(int namespace_fd) {
  Fd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home.valid()) return Failure(system_error("opening the host's network namespace", errno));
  if (::setns(namespace_fd, CLONE_NEWNET) != 0) {
    return Failure(system_error("entering a machine's network namespace", errno));
  }
  return std::unique_ptr<InNamespace>(new InNamespace(std::move(home)));
}

InNamespace::~InNamespace() {
  CHECK(::setns(home_.get(), CLONE_NEWNET) == 0);
}

Result<std::unique_ptr<Netlink>> Netlink::open() {
  mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == nullptr) return Failure(system_error("opening a netlink socket", errno));
  if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
    const int error = errno;
    mnl_socket_close(socket);
    return Failure(system_error("binding a netlink socket", error));
  }
  return std::unique_ptr<Netlink>(new Netlink(socket));
}

Netlink::Netlink(mnl_socket* socket) : socket_(socket), port_(mnl_socket_get_portid(socket)) {}

Netlink::~Netlink() {
  mnl_socket_close(socket_);
}

Result<void> Netlink::ask(void* message) {
  auto* header = static_cast<nlmsghdr*>(message);
  header->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_, header, header->nlmsg_len) < 0) {
    return Failure(system_error("asking the kernel about the network", errno));
  }
  std::vector<char> buffer(buffer_size);
  while (true) {
    const ssize_t count = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(system_error("the kernel's answer about the network", errno));
    const int more = mnl_cb_run(buffer.data(), static_cast<size_t>(count), sequence_, port_, nullptr, nullptr);
    if (more < 0) return Failure(system_error("changing the network", errno));
    if (more == MNL_CB_STOP) return {};
  }
}

Result<void> Netlink::dump_once(uint16_t type, unsigned char family, Dump& found) {
  Message message;
  auto* extra = begin<rtgenmsg>(message, type, NLM_F_DUMP);
  extra->rtgen_family = family;
  message.header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.header->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_, message.header, message.header->nlmsg_len) < 0) {
    return Failure(system_error("asking the kernel about the network", errno));
  }
  std::vector<char> buffer(buffer_size);
  while (true) {
    const ssize_t count = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(system_error("the kernel's answer about the network", errno));
    const int more = mnl_cb_run(buffer.data(), static_cast<size_t>(count), sequence_, port_, keep_message, &found);
    if (more < 0) return Failure(system_error("looking at the network", errno));
    if (more == MNL_CB_STOP) return {};
  }
}

// A dump that a change ran into says EINTR: begin again, for what is missing in it proves nothing. On a socket of its
// own each time: the rest of the broken one would be read as the next one's answer.
Result<Dump> Netlink::dump(uint16_t type, unsigned char family) {
  for (int attempt = 1;; ++attempt) {
    HF_TRY(auto fresh, open());
    Dump found;
    const auto dumped = fresh->dump_once(type, family, found);
    if (dumped) return found;
    if (attempt == interrupted_dump_attempts) return Failure(dumped.error());
  }
}

Result<void> Netlink::create_bridge(const std::string& name, const std::string& mac) {
  Message message;
  auto* link = begin<ifinfomsg>(message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  link->ifi_flags = IFF_UP;
  link->ifi_change = IFF_UP;
  mnl_attr_put_strz(message.header, IFLA_IFNAME, name.c_str());
  // Without an address of its own a bridge takes the lowest of its ports', and changes it with every machine.
  const auto address = parse_mac(mac);
  CHECK(address.has_value());
  mnl_attr_put(message.header, IFLA_ADDRESS, address->size(), address->data());
  nlattr* info = mnl_attr_nest_start(message.header, IFLA_LINKINFO);
  mnl_attr_put_strz(message.header, IFLA_INFO_KIND, "bridge");
  mnl_attr_nest_end(message.header, info);
  return accept_if(ask(message.header), ErrorKind::conflict);
}

Result<void> Netlink::create_pair(const LinkPair& pair) {
  const auto mac = parse_mac(pair.peer_mac);
  if (!mac) {
    return fail(ErrorKind::invalid, "InvalidMacAddress", "'" + pair.peer_mac + "' is no MAC address", "interfaces.mac");
  }
  Message message;
  auto* link = begin<ifinfomsg>(message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  link->ifi_flags = IFF_UP;
  link->ifi_change = IFF_UP;
  mnl_attr_put_strz(message.header, IFLA_IFNAME, pair.name.c_str());
  mnl_attr_put_u32(message.header, IFLA_MASTER, static_cast<uint32_t>(pair.bridge));
  nlattr* info = mnl_attr_nest_start(message.header, IFLA_LINKINFO);
  mnl_attr_put_strz(message.header, IFLA_INFO_KIND, "veth");
  nlattr* data = mnl_attr_nest_start(message.header, IFLA_INFO_DATA);
  nlattr* peer = mnl_attr_nest_start(message.header, VETH_INFO_PEER);
  mnl_nlmsg_put_extra_header(message.header, sizeof(ifinfomsg));
  mnl_attr_put_strz(message.header, IFLA_IFNAME, pair.peer_name.c_str());
  mnl_attr_put(message.header, IFLA_ADDRESS, mac->size(), mac->data());
  mnl_attr_put_u32(message.header, IFLA_NET_NS_FD, static_cast<uint32_t>(pair.peer_namespace));
  mnl_attr_nest_end(message.header, peer);
  mnl_attr_nest_end(message.header, data);
  mnl_attr_nest_end(message.header, info);
  return ask(message.header);
}

Result<void> Netlink::set_up(int index, bool up) {
  Message message;
  auto* link = begin<ifinfomsg>(message, RTM_NEWLINK, 0);
  link->ifi_index = index;
  link->ifi_flags = up ? IFF_UP : 0;
  link->ifi_change = IFF_UP;
  return ask(message.header);
}

Result<void> Netlink::delete_link(const std::string& name) {
  Message message;
  begin<ifinfomsg>(message, RTM_DELLINK, 0);
  mnl_attr_put_strz(message.header, IFLA_IFNAME, name.c_str());
  const auto deleted = ask(message.header);
  if (deleted) return {};
  HF_TRY(const auto index, index_of(name));  // ENODEV has no kind of its own
  if (!index) return {};
  return deleted;
}

Result<void> Netlink::add_address(int index, uint32_t address, int prefix) {
  Message message;
  auto* extra = begin<ifaddrmsg>(message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  extra->ifa_family = AF_INET;
  extra->ifa_prefixlen = static_cast<unsigned char>(prefix);
  extra->ifa_scope = RT_SCOPE_UNIVERSE;
  extra->ifa_index = static_cast<unsigned>(index);
  mnl_attr_put_u32(message.header, IFA_LOCAL, htonl(address));
  mnl_attr_put_u32(message.header, IFA_ADDRESS, htonl(address));
  if (prefix < 31) {
    const uint32_t hosts = (uint32_t{1} << (32 - prefix)) - 1;
    mnl_attr_put_u32(message.header, IFA_BROADCAST, htonl(address | hosts));
  }
  return accept_if(ask(message.header), ErrorKind::conflict);
}

Result<void> Netlink::add_default_route(uint32_t gateway) {
  Message message;
  auto* route = begin<rtmsg>(message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  route->rtm_family = AF_INET;
  route->rtm_table = RT_TABLE_MAIN;
  route->rtm_protocol = RTPROT_STATIC;
  route->rtm_scope = RT_SCOPE_UNIVERSE;
  route->rtm_type = RTN_UNICAST;
  mnl_attr_put_u32(message.header, RTA_GATEWAY, htonl(gateway));
  return accept_if(ask(message.header), ErrorKind::conflict);
}

Result<std::optional<int>> Netlink::index_of(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index != 0) return std::optional<int>(static_cast<int>(index));
  if (errno == ENODEV || errno == ENXIO) return std::optional<int>();
  return Failure(system_error("looking for the link " + name, errno));
}

Result<std::vector<Link>> Netlink::links() {
  HF_TRY(const Dump dumped, dump(RTM_GETLINK, AF_UNSPEC));
  std::vector<Link> found;
  for (const auto& bytes : dumped) {
    const nlmsghdr* header = header_of(bytes);
    const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
    const Attributes attributes = attributes_of(header, sizeof(ifinfomsg));
    if (attributes[IFLA_IFNAME] != nullptr)
      found.push_back({info->ifi_index, mnl_attr_get_str(attributes[IFLA_IFNAME])});
  }
  return found;
}

Result<std::vector<Block>> Netlink::blocks_in_use() {
  std::vector<Block> found;
  HF_TRY(const Dump addresses, dump(RTM_GETADDR, AF_INET));
  for (const auto& bytes : addresses) {
    const nlmsghdr* header = header_of(bytes);
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    const Attributes attributes = attributes_of(header, sizeof(ifaddrmsg));
    if (attributes[IFA_LOCAL] != nullptr)
      found.push_back({ntohl(mnl_attr_get_u32(attributes[IFA_LOCAL])), info->ifa_prefixlen});
  }
  HF_TRY(const Dump routes, dump(RTM_GETROUTE, AF_INET));
  for (const auto& bytes : routes) {
    const nlmsghdr* header = header_of(bytes);
    const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    const Attributes attributes = attributes_of(header, sizeof(rtmsg));
    if (attributes[RTA_DST] != nullptr && info->rtm_dst_len > 0)
      found.push_back({ntohl(mnl_attr_get_u32(attributes[RTA_DST])), info->rtm_dst_len});
  }
  return found;
}

Result<std::string> Netlink::default_interface() {
  HF_TRY(const Dump routes, dump(RTM_GETROUTE, AF_INET));
  unsigned index = 0;
  for (const auto& bytes : routes) {
    const nlmsghdr* header = header_of(bytes);
    const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    const Attributes attributes = attributes_of(header, sizeof(rtmsg));
    const bool first_default = index == 0 && info->rtm_dst_len == 0 && info->rtm_table == RT_TABLE_MAIN;
    if (first_default && attributes[RTA_OIF] != nullptr) index = mnl_attr_get_u32(attributes[RTA_OIF]);
  }
  char name[IF_NAMESIZE] = {};
  if (index == 0 || ::if_indextoname(index, name) == nullptr) return std::string();
  return std::string(name);
}

}  // namespace holdfast::cloud::linux_
