// A server under the test's hand: raw sockets, so that it can break off, stay silent or answer nonsense where a proper
// server could not. One thread; each connection is served to its end before the next.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"

namespace holdfast::aws {

struct Seen {
  std::string head;  // request line and headers
  std::string body;
  bool has(const std::string& text) const {
    return head.find(text) != std::string::npos || body.find(text) != std::string::npos;
  }
};

struct Reply {
  std::string bytes;     // as they are to be written
  bool close = false;    // after them
  bool silence = false;  // nothing until the client leaves
};

inline Reply answer(int status, const std::string& body, const std::string& headers = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
              headers + "\r\n" + body,
          false, false};
}

class LocalServer {
 public:
  // Called for each request with its number, from 1.
  using Script = std::function<Reply(int number, const Seen& request)>;

  explicit LocalServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listener_, 16) == 0);
    socklen_t length = sizeof address;
    CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~LocalServer() {
    closing_ = true;
    thread_.join();
    ::close(listener_);
  }
  LocalServer(const LocalServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  std::vector<Seen> seen() const {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  // False: the end, of the peer or of the test.
  bool readable(int socket) const {
    while (!closing_) {
      pollfd entry{socket, POLLIN, 0};
      if (poll(&entry, 1, 20) > 0) return true;
    }
    return false;
  }

  void run() {
    std::vector<std::thread> connections;
    while (readable(listener_)) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) connections.emplace_back([this, connection] { serve(connection); });
    }
    for (auto& connection : connections) connection.join();
  }

  void serve(int connection) {
    std::string buffer;
    while (true) {
      Seen request;
      if (!read_request(connection, buffer, request)) break;
      int number = 0;
      {
        std::lock_guard lock(mutex_);
        seen_.push_back(request);
        number = static_cast<int>(seen_.size());
      }
      const Reply reply = script_(number, request);
      if (!reply.bytes.empty() && send(connection, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL) < 0) break;
      char byte;
      if (reply.silence && readable(connection)) (void)!recv(connection, &byte, 1, 0);
      if (reply.close || reply.silence) break;
    }
    ::close(connection);
  }

  bool read_request(int connection, std::string& buffer, Seen& request) {
    size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!more(connection, buffer)) return false;
    }
    request.head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    size_t length = 0;
    const size_t header = request.head.find("Content-Length: ");
    if (header != std::string::npos) length = std::stoul(request.head.substr(header + 16));
    while (buffer.size() < length) {
      if (!more(connection, buffer)) return false;
    }
    request.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return true;
  }

  bool more(int connection, std::string& buffer) {
    if (!readable(connection)) return false;
    char piece[4096];
    const ssize_t got = recv(connection, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<size_t>(got));
    return true;
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> closing_ = false;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::thread thread_;
};

}  // namespace holdfast::aws
