// The first thing that a request meets: health and readiness from the first moment on, everything else once the world
// behind is open. The API and the local cloud's controls share one server and one token; the cloud's EC2 endpoint is
// there too, for requests signed with its keys. Made by serve.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "daemon/world.h"
#include "http/server.h"

namespace holdfast::daemon {

class Front {
 public:
  explicit Front(std::string token) : token_(std::move(token)) {}

  http::Response handle(const http::Request& request);
  // From now on requests go there. The world outlives the server that calls `handle`.
  void open_to(World& world) { world_ = &world; }

 private:
  http::Response not_open(const http::Request& request) const;

  const std::string token_;
  std::atomic<World*> world_ = nullptr;
};

// Which of the services behind one address a request is for: AWS's signature is EC2's, a path below /cloud the control
// surface's, all else the API's.
bool is_signed(const http::Request& request);
bool is_control(const std::string& path);

// What the server refuses by itself, in the API's envelope.
http::Response refusal(int status, const std::string& why);

}  // namespace holdfast::daemon
