#include "http/watch.h"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>

namespace holdfast::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kTooSlow =
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 48\r\n\r\n"
    "{\"error\":\"The request took too long to arrive.\"}";
static_assert(kTooSlow.substr(kTooSlow.find("\r\n\r\n") + 4).size() == 48);

}  // namespace

Watch::Watch(Duration limit) : limit_(limit), thread_([this] { run(); }) {}

Watch::~Watch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Watch::Connection* Watch::opened(int descriptor) {
  auto connection = std::make_unique<Connection>();
  connection->descriptor = descriptor;
  connection->since = SteadyClock::now();
  Connection* raw = connection.get();
  std::lock_guard lock(mutex_);
  connections_.emplace(raw, std::move(connection));
  return raw;
}

void Watch::closed(Connection* connection) {
  std::lock_guard lock(mutex_);
  connections_.erase(connection);
}

void Watch::receiving(Connection* connection) {
  std::lock_guard lock(mutex_);
  // The first request's time began with the connection.
  if (connection->phase == Connection::Phase::receiving) return;
  connection->phase = Connection::Phase::receiving;
  connection->since = SteadyClock::now();
}

bool Watch::received(Connection* connection) {
  std::lock_guard lock(mutex_);
  if (connection->expired) return false;
  connection->phase = Connection::Phase::busy;
  return true;
}

void Watch::idle(Connection* connection) {
  std::lock_guard lock(mutex_);
  connection->phase = Connection::Phase::idle;
  connection->since = SteadyClock::now();
}

void Watch::run() {
  const auto pause = std::clamp<Duration>(limit_ / 8, Duration(10), Duration(1000));
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = SteadyClock::now();
    for (auto& [key, connection] : connections_) {
      bool waits_for_client = connection->phase != Connection::Phase::busy;
      if (waits_for_client && !connection->expired && now - connection->since > limit_) expire(*connection);
    }
    wake_.wait_for(lock, pause);
  }
}

// The request is not whole, so libmicrohttpd has written nothing for it: what is written here stands alone. The end of
// input makes it close the connection.
void Watch::expire(Connection& connection) {
  connection.expired = true;
  if (connection.phase == Connection::Phase::receiving) {
    // Lost if the client does not read: it is closed all the same.
    (void)!::send(connection.descriptor, kTooSlow.data(), kTooSlow.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  ::shutdown(connection.descriptor, SHUT_RD);
}

}  // namespace holdfast::http
