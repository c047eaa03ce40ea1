// One HTTP connection that is kept: a request, its answer, the next. As little as can be, so that the callers of a
// benchmark cost less than what they measure. IPv4 on loopback, Content-Length answers, and streams.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace holdfast::bench {

struct Asking {
  std::string method = "GET";
  std::string path;
  std::string body = {};
  std::string more = {};  // further header lines, each with its CR and LF
};

struct Answered {
  int status = 0;
  std::string head;
  std::string body;
  // Its value, or an empty text.
  std::string header(const std::string& name) const;
};

// Thread: one at a time.
class Connection {
 public:
  static Result<Connection> open(uint16_t port, std::string token);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  Result<Answered> call(const Asking& asking);
  // Sends it and reads the head of the answer only: a stream goes on for as long as the object lives.
  Result<Answered> begin(const Asking& asking);

 private:
  Connection(int socket, std::string token) : socket_(socket), token_(std::move(token)) {}
  Result<void> send(const Asking& asking);
  Result<void> receive();

  int socket_ = -1;
  std::string token_;
  std::string read_;  // and not used yet
};

}  // namespace holdfast::bench
