#include "http/watch.h"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace holdfast::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kTooSlow =
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 48\r\n\r\n"
    "{\"error\":\"The request took too long to arrive.\"}";
static_assert(kTooSlow.substr(kTooSlow.find("\r\n\r\n") + 4).size() == 48);

}  // namespace

Watch::Watch(Limits limits) : limits_(limits), thread_([this] { run(); }) {}

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
  if (connections_.size() - expired_ >= limits_.connections) make_room();
  connections_.emplace(raw, std::move(connection));
  return raw;
}

// As many as there are connections are looked at, but only while there are too many.
void Watch::make_room() {
  Connection* worst = nullptr;
  auto rank = [](const Connection& one) { return std::make_pair(one.proven, one.since); };
  for (auto& [key, one] : connections_) {
    if (one->expired || one->phase == Connection::Phase::busy) continue;
    if (!worst || rank(*one) < rank(*worst)) worst = one.get();
  }
  if (worst) expire(*worst);
}

void Watch::closed(Connection* connection) {
  std::lock_guard lock(mutex_);
  if (connection->expired) --expired_;
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
  connection->proven = true;
  return true;
}

void Watch::idle(Connection* connection) {
  std::lock_guard lock(mutex_);
  connection->phase = Connection::Phase::idle;
  connection->since = SteadyClock::now();
}

void Watch::run() {
  const auto pause = std::clamp<Duration>(limits_.time / 8, Duration(10), Duration(1000));
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = SteadyClock::now();
    for (auto& [key, connection] : connections_) {
      bool waits_for_client = connection->phase != Connection::Phase::busy;
      if (waits_for_client && !connection->expired && now - connection->since > limits_.time) expire(*connection);
    }
    wake_.wait_for(lock, pause);
  }
}

// The request is not whole, so libmicrohttpd has written nothing for it: what is written here stands alone. The end of
// input makes it close the connection.
void Watch::expire(Connection& connection) {
  connection.expired = true;
  ++expired_;
  if (limits_.plain && connection.phase == Connection::Phase::receiving) {
    // Lost if the client does not read: it is closed all the same.
    (void)!::send(connection.descriptor, kTooSlow.data(), kTooSlow.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  ::shutdown(connection.descriptor, SHUT_RD);
}

}  // namespace holdfast::http
