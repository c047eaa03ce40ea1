#include "support/hello.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace holdfast::support {
namespace {

bool wait_ready(int socket, short events, Duration limit) {
  pollfd wanted{socket, events, 0};
  return poll(&wanted, 1, static_cast<int>(limit.count())) == 1;
}

std::optional<int> ask(int socket, const sockaddr_in& address, Duration limit) {
  const int begun = connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (begun != 0 && errno != EINPROGRESS) return std::nullopt;
  if (!wait_ready(socket, POLLOUT, limit)) return std::nullopt;
  std::string text;
  char buffer[64];
  while (text.find('\n') == std::string::npos) {
    if (!wait_ready(socket, POLLIN, limit)) return std::nullopt;
    const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return std::nullopt;
    text.append(buffer, static_cast<size_t>(got));
  }
  if (text.rfind("hello ", 0) != 0) return std::nullopt;
  const auto count = parse_int(trim(text.substr(6)));
  return count ? std::optional<int>(static_cast<int>(*count)) : std::nullopt;
}

}  // namespace

std::optional<int> hello_count(const std::string& ip, Duration limit) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kHelloPort);
  if (inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1) return std::nullopt;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return std::nullopt;
  const std::optional<int> count = ask(socket, address, limit);
  close(socket);
  return count;
}

}  // namespace holdfast::support
