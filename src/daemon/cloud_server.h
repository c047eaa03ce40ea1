// The local cloud behind an HTTP server of its own: EC2's endpoint for whoever has its keys, and the control surface
// for whoever has a token. A signature tells them apart. Opened by `serve`, whose controller is then a client like
// any other, and by `cloud serve`, which has no controller.
//
// Its own server, so that requests of the API which wait for the cloud never hold the threads that the cloud needs to
// answer them.
#pragma once

#include <memory>
#include <string>

#include "api/gate.h"
#include "aws/session.h"
#include "base/error.h"
#include "cloud/cloud.h"
#include "cloud/endpoint/endpoint.h"
#include "daemon/settings.h"
#include "daemon/substrate_choice.h"
#include "http/server.h"

namespace holdfast::daemon {

class CloudServer {
 public:
  struct Place {
    uint16_t port = 0;        // 0: any free one
    std::string event_queue;  // of SQS, made if it is not there; empty: none
  };
  // The keys are in the settings (take_keys). It answers from here on.
  // `gate` outlives this; nullptr: no control surface here.
  static Result<std::unique_ptr<CloudServer>> open(const Settings& settings, Ground ground, api::Gate* gate,
                                                   const Place& place);
  ~CloudServer();  // machines go on

  cloud::Cloud& cloud() { return *cloud_; }
  std::string url() const { return url_; }
  // What a client in this process needs to reach it.
  aws::SessionOptions client() const;
  // A request below /cloud that has passed the gate.
  http::Response control(const http::Request& request);

 private:
  CloudServer(const Settings& settings, Ground ground) : settings_(settings), ground_(std::move(ground)) {}
  http::Response handle(const http::Request& request);

  const Settings settings_;
  Ground ground_;
  api::Gate* gate_ = nullptr;
  std::string url_;
  std::unique_ptr<cloud::Cloud> cloud_;
  std::unique_ptr<cloud::Endpoint> endpoint_;
  std::unique_ptr<http::Server> server_;  // last: it calls the others
};

}  // namespace holdfast::daemon
