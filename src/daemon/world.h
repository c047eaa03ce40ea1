// The controller: store, clock, client of the cloud, engine, API, opened in the order in which they depend on each
// other and closed in the opposite one. Nothing in it knows whether the cloud is AWS or the local one. Closing leaves
// machines as they are; the next World on the same data directory finds them again. Made by serve.
#pragma once

#include <memory>
#include <string>

#include "api/api.h"
#include "aws/session.h"
#include "daemon/settings.h"
#include "engine/engine.h"

namespace holdfast::daemon {

// Where the cloud is and what the account there allows.
struct CloudAccess {
  aws::SessionOptions session;
  std::string event_queue;  // of SQS, by name or URL; empty: nothing is told, everything is found by looking
  bool api_budget = true;   // EC2's published rates of calls; false: an account without them
};

class World {
 public:
  // The data directory is held by the caller (data_dir.h). The gate outlives this.
  static Result<std::unique_ptr<World>> open(const Settings& settings, api::Gate& gate, CloudAccess access);
  ~World();

  api::Api& api();
  engine::Engine& engine();

 private:
  struct Parts;
  explicit World(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::daemon
