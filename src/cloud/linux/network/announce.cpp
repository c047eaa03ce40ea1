#include "cloud/linux/network/announce.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {

Result<void> announce_address(int link_index, const std::array<uint8_t, 6>& mac, uint32_t address) {
  const Fd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return Failure(system_error("opening a socket for an ARP announcement", errno));
  ether_arp packet{};
  packet.ea_hdr = {htons(ARPHRD_ETHER), htons(ETH_P_IP), ETH_ALEN, sizeof(in_addr), htons(ARPOP_REQUEST)};
  const uint32_t in_order = htonl(address);
  std::copy(mac.begin(), mac.end(), packet.arp_sha);
  std::copy_n(reinterpret_cast<const uint8_t*>(&in_order), sizeof in_order, packet.arp_spa);
  std::copy_n(reinterpret_cast<const uint8_t*>(&in_order), sizeof in_order, packet.arp_tpa);
  sockaddr_ll everyone{};
  everyone.sll_family = AF_PACKET;
  everyone.sll_protocol = htons(ETH_P_ARP);
  everyone.sll_ifindex = link_index;
  everyone.sll_halen = ETH_ALEN;
  std::fill_n(everyone.sll_addr, ETH_ALEN, uint8_t{0xff});
  if (::sendto(socket.get(), &packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&everyone),
               sizeof everyone) != static_cast<ssize_t>(sizeof packet)) {
    return Failure(system_error("announcing an address", errno));
  }
  return {};
}

void wait_until_forwarding(const std::string& link, std::chrono::milliseconds limit) {
  // BR_STATE_FORWARDING of linux/if_bridge.h. The kernel enables the port a moment after both ends are up.
  constexpr const char* forwarding = "3";
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    const auto state = read_small_file("/sys/class/net/" + link + "/brport/state");
    if (!state || trim(*state) == forwarding) return;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace holdfast::cloud::linux_
