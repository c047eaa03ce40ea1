// Links, addresses and routes by rtnetlink. A Netlink speaks to the network namespace in which it was opened: the
// host's, or a machine's (enter it with InNamespace first). Each call is one request and its acknowledgement. Telling
// twice is no error: what is there already is accepted, what is gone is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/network/addresses.h"

struct mnl_socket;

namespace holdfast::cloud::linux_ {

// The calling thread is in another network namespace while this lives.
class InNamespace {
 public:
  static Result<std::unique_ptr<InNamespace>> enter(int namespace_fd);
  ~InNamespace();  // going back cannot fail but by our own mistake: CHECK
  InNamespace(const InNamespace&) = delete;
  InNamespace& operator=(const InNamespace&) = delete;

 private:
  explicit InNamespace(Fd home) : home_(std::move(home)) {}
  Fd home_;
};

struct Link {
  int index = 0;
  std::string name;
};

struct LinkPair {
  std::string name;    // on our side
  int bridge = 0;      // index of the bridge that our side belongs to
  int peer_namespace;  // descriptor
  std::string peer_name;
  std::string peer_mac;
};

using Dump = std::vector<std::vector<char>>;  // whole messages of the kernel's

class Netlink {
 public:
  static Result<std::unique_ptr<Netlink>> open();
  ~Netlink();

  Result<void> create_bridge(const std::string& name, const std::string& mac);
  Result<void> create_pair(const LinkPair& pair);
  Result<void> set_up(int index, bool up);
  Result<void> delete_link(const std::string& name);
  Result<void> add_address(int index, uint32_t address, int prefix);
  Result<void> add_default_route(uint32_t gateway);
  // Nothing if there is none of that name.
  Result<std::optional<int>> index_of(const std::string& name);
  Result<std::vector<Link>> links();
  // Every block that an address or a route of the main and local tables uses, the default route excepted.
  Result<std::vector<Block>> blocks_in_use();
  // Interface of the default route; empty if there is none.
  Result<std::string> default_interface();

 private:
  explicit Netlink(mnl_socket* socket);
  Result<void> ask(void* message);
  static Result<Dump> dump(uint16_t type, unsigned char family);
  Result<void> dump_once(uint16_t type, unsigned char family, Dump& found);

  mnl_socket* socket_;
  unsigned port_;
  uint32_t sequence_ = 0;
};

}  // namespace holdfast::cloud::linux_
