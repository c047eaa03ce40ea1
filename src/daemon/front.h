// The first thing that a request meets: health and readiness from the first moment on, everything else once what is
// behind is open. The API and the local cloud's controls share one server and one gate. Made by serve.
#pragma once

#include <atomic>
#include <string>

#include "api/gate.h"
#include "base/kept_files.h"
#include "daemon/cloud_server.h"
#include "daemon/world.h"
#include "http/server.h"

namespace holdfast::daemon {

class Front {
 public:
  explicit Front(api::Gate& gate) : gate_(gate) {}

  http::Response handle(const http::Request& request);
  // From now on requests go there. Both outlive the server that calls `handle`. `cloud` nullptr: AWS is the cloud. Not
  // ready while one of the files is gone. Called once.
  void open_to(World& world, CloudServer* cloud, KeptFiles files) {
    files_ = std::move(files);
    cloud_ = cloud;
    world_ = &world;
  }

 private:
  http::Response not_open(const http::Request& request);
  http::Response control(const http::Request& request);

  api::Gate& gate_;
  KeptFiles files_;
  std::atomic<CloudServer*> cloud_ = nullptr;
  std::atomic<World*> world_ = nullptr;  // set last
};

// Which of the services behind one address a request is for: AWS's signature is EC2's, a path below /cloud the control
// surface's.
bool is_signed(const http::Request& request);
bool is_control(const std::string& path);

// What the server refuses by itself, in the API's envelope.
http::Response refusal(int status, const std::string& why);

}  // namespace holdfast::daemon
