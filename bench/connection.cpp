#include "bench/connection.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "base/text.h"

namespace holdfast::bench {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Failure broken(const std::string& what) {
  return fail(ErrorKind::unknown_outcome, "Connection", what);
}

}  // namespace

std::string Answered::header(const std::string& name) const {
  for (const std::string& line : split(head, '\n')) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || lower(line.substr(0, colon)) != lower(name)) continue;
    return std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return {};
}

Result<Connection> Connection::open(uint16_t port, std::string token) {
  Connection made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), std::move(token));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{30, 0};
  const int on = 1;
  ::setsockopt(made.socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(made.socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(made.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Failure(system_error("connecting", errno));
  }
  return made;
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), token_(std::move(other.token_)), read_(std::move(other.read_)) {}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

Result<void> Connection::send(const Asking& asking) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{}", asking.method,
                                 asking.path, token_, asking.more);
  if (!asking.body.empty() || asking.method != "GET") text += fmt::format("Content-Length: {}\r\n", asking.body.size());
  text += "\r\n" + asking.body;
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t now = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return broken("the request could not be sent");
    sent += static_cast<size_t>(now);
  }
  return {};
}

Result<void> Connection::receive() {
  char bytes[64 << 10];
  const ssize_t now = ::recv(socket_, bytes, sizeof bytes, 0);
  if (now <= 0) return broken(now == 0 ? "the other side hung up" : "no answer within 30 s");
  read_.append(bytes, static_cast<size_t>(now));
  return {};
}

Result<Answered> Connection::begin(const Asking& asking) {
  HF_TRY_VOID(send(asking));
  size_t end = std::string::npos;
  while ((end = read_.find("\r\n\r\n")) == std::string::npos) HF_TRY_VOID(receive());
  Answered answered;
  answered.head = read_.substr(0, end + 2);
  read_.erase(0, end + 4);
  answered.status = static_cast<int>(parse_int(answered.head.substr(9, 3)).value_or(0));
  return answered;
}

Result<Answered> Connection::call(const Asking& asking) {
  HF_TRY(Answered answered, begin(asking));
  const auto length = parse_int(answered.header("content-length"));
  if (!length || *length < 0) return broken("an answer without its length");
  while (read_.size() < static_cast<size_t>(*length)) HF_TRY_VOID(receive());
  answered.body = read_.substr(0, static_cast<size_t>(*length));
  read_.erase(0, static_cast<size_t>(*length));
  return answered;
}

}  // namespace holdfast::bench
