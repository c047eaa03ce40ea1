#include "http/listener.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast::http {
namespace {

constexpr int kBacklog = 512;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

bool parse(const std::string& text, uint16_t port, Address& out, socklen_t& size) {
  std::memset(&out, 0, sizeof out);
  if (inet_pton(AF_INET, text.c_str(), &out.v4.sin_addr) == 1) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(port);
    size = sizeof out.v4;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &out.v6.sin6_addr) == 1) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(port);
    size = sizeof out.v6;
    return true;
  }
  return false;
}

}  // namespace

Result<int> listen_on(const std::string& address, uint16_t port) {
  Address to;
  socklen_t size = 0;
  if (!parse(address, port, to, size)) {
    return fail(ErrorKind::invalid, "BadListenAddress",
                fmt::format("'{}' is not an IP address; give one such as 127.0.0.1 or ::1.", address), "address");
  }
  int fd = ::socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Failure(system_error("making a socket", errno));
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, &to.any, size) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  int error = errno;
  ::close(fd);
  if (error == EADDRINUSE) {
    return fail(
        ErrorKind::conflict, "PortInUse",
        fmt::format("Port {} on {} is in use by another program; stop it or choose another port.", port, address),
        "port");
  }
  return Failure(system_error(fmt::format("listening on {}:{}", address, port), error));
}

Result<uint16_t> port_of(int listening) {
  Address at;
  socklen_t size = sizeof at;
  if (::getsockname(listening, &at.any, &size) != 0) return Failure(system_error("asking a socket's address", errno));
  return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

}  // namespace holdfast::http
