// Everything behind the HTTP server, opened in the order in which it depends on each other and closed in the opposite
// one: substrate, cloud, store, clock, engine, API. Closing leaves machines as they are; the next World on the same data
// directory finds them again. Made by serve, and by tests without a process.
#pragma once

#include <memory>
#include <string>

#include "api/api.h"
#include "cloud/cloud.h"
#include "cloud/endpoint/endpoint.h"
#include "daemon/settings.h"
#include "daemon/substrate_choice.h"
#include "engine/engine.h"

namespace holdfast::daemon {

class World {
 public:
  // The data directory is held by the caller (data_dir.h), who has put the endpoint's keys into the settings
  // (cloud_key.h).
  static Result<std::unique_ptr<World>> open(const Settings& settings, const std::string& token, Ground ground);
  ~World();

  api::Api& api();
  cloud::Cloud& cloud();
  cloud::Endpoint& endpoint();
  engine::Engine& engine();

 private:
  struct Parts;
  explicit World(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::daemon
