#include "daemon/world.h"

#include "daemon/local_cloud.h"
#include "engine/wall_clock.h"
#include "store/sqlite_store.h"

namespace holdfast::daemon {

// Destroyed from the last to the first: whoever is used by another is there longer.
struct World::Parts {
  Ground ground;
  std::unique_ptr<cloud::Cloud> cloud;
  std::unique_ptr<cloud::Endpoint> endpoint;
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<engine::WallClock> clock;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<api::Api> api;

  ~Parts() {
    if (cloud) cloud->listen({});  // the listener knows the engine
  }
};

World::World(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
World::~World() = default;

api::Api& World::api() { return *parts_->api; }
cloud::Cloud& World::cloud() { return *parts_->cloud; }
cloud::Endpoint& World::endpoint() { return *parts_->endpoint; }
engine::Engine& World::engine() { return *parts_->engine; }

Result<std::unique_ptr<World>> World::open(const Settings& settings, const std::string& token, Ground ground) {
  auto parts = std::make_unique<Parts>();
  parts->ground = std::move(ground);

  HF_TRY(parts->cloud, open_cloud(settings, parts->ground));
  HF_TRY(parts->endpoint, open_endpoint(settings, *parts->cloud));

  HF_TRY(parts->store, store::SqliteStore::open(settings.data_dir + "/holdfast.db"));
  HF_TRY(const Time last_seen, parts->store->last_time_seen());
  parts->clock = std::make_unique<engine::WallClock>(last_seen);

  engine::EngineOptions engine_options;
  engine_options.deallocation_retention = settings.deallocation_retention;
  engine_options.sweep_interval = settings.sweep_interval;
  parts->engine = std::make_unique<engine::Engine>(engine_options, *parts->cloud, *parts->store, *parts->clock);
  parts->cloud->listen([engine = parts->engine.get()](const ec2::CloudEvent& event) { engine->notify(event); });
  HF_TRY_VOID(parts->engine->start());

  api::ApiOptions api_options;
  api_options.token = token;
  api_options.deallocation_retention = settings.deallocation_retention;
  api_options.now = [clock = parts->clock.get()] { return clock->now(); };
  parts->api = std::make_unique<api::Api>(std::move(api_options), *parts->engine);
  return std::unique_ptr<World>(new World(std::move(parts)));
}

}  // namespace holdfast::daemon
