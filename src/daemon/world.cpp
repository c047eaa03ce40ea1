#include "daemon/world.h"

#include <optional>

#include "aws/notices.h"
#include "ec2/budgeted.h"
#include "engine/wall_clock.h"
#include "store/sqlite_store.h"

namespace holdfast::daemon {
namespace {

// Longer than the engine's longest pause while its store cannot be written: then the message comes again by itself.
constexpr Duration kStoredWithin = std::chrono::seconds(10);

}  // namespace

// Destroyed from the last to the first: whoever is used by another is there longer.
struct World::Parts {
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<engine::WallClock> clock;
  std::unique_ptr<aws::Session> session;
  std::unique_ptr<aws::QueryClient> client;
  std::optional<ec2::SharedBudget> budget;
  std::optional<ec2::Budgeted> budgeted;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<aws::Notices> notices;

  Result<void> open_client(CloudAccess& access);
  ec2::Ec2& cloud() { return budgeted ? static_cast<ec2::Ec2&>(*budgeted) : *client; }

  ~Parts() {
    notices.reset();
    api.reset();
    // Calls under way end now, with what is known of them; at the next start their outcomes are settled by looking.
    if (budgeted) budgeted->stop();
    if (client) client->stop();
  }
};

Result<void> World::Parts::open_client(CloudAccess& access) {
  access.session.retry.repeats_throttled = !access.api_budget;
  HF_TRY(session, aws::Session::open(std::move(access.session)));
  HF_TRY(client, session->ec2());
  if (!access.api_budget) return {};
  budget.emplace([] { return aws::system_now(); }, ec2::kOnTheWay);
  budgeted.emplace(*client, *budget, ec2::Budgeted::Options());
  return {};
}

World::World(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
World::~World() = default;

api::Api& World::api() {
  return *parts_->api;
}
engine::Engine& World::engine() {
  return *parts_->engine;
}

Result<std::unique_ptr<World>> World::open(const Settings& settings, api::Gate& gate, CloudAccess access) {
  auto parts = std::make_unique<Parts>();
  HF_TRY(parts->store, store::SqliteStore::open(settings.data_dir + "/holdfast.db"));
  HF_TRY(const Time last_seen, parts->store->last_time_seen());
  parts->clock = std::make_unique<engine::WallClock>(last_seen);
  HF_TRY_VOID(parts->open_client(access));

  engine::EngineOptions engine_options;
  engine_options.deallocation_retention = settings.deallocation_retention;
  engine_options.sweep_interval = settings.sweep_interval;
  if (parts->budget) {
    engine_options.snapshots_at_once = settings.snapshots_at_once;
    engine_options.budget_wait = [budget = &*parts->budget](const ec2::ApiCall& call, int ahead) {
      return budget->wait_for(call, ahead);
    };
  }
  parts->engine = std::make_unique<engine::Engine>(engine_options, parts->cloud(), *parts->store, *parts->clock);
  HF_TRY_VOID(parts->engine->start());
  if (!access.event_queue.empty()) {
    parts->notices = std::make_unique<aws::Notices>(
        *parts->session, access.event_queue,
        [engine = parts->engine.get()](const std::vector<ec2::CloudEvent>& events) {
          return engine->take_in(events, kStoredWithin);
        },
        aws::Notices::Options());
  }

  api::ApiOptions api_options;
  api_options.gate = &gate;
  api_options.now = [clock = parts->clock.get()] { return clock->now(); };
  if (parts->budget) {
    api_options.budget = [budget = &*parts->budget] {
      std::vector<api::BudgetLine> lines;
      for (const ec2::BudgetStanding& one : budget->standing()) {
        lines.push_back({one.action, one.tokens, one.size, one.calls, one.throttled});
      }
      return lines;
    };
  }
  parts->api = std::make_unique<api::Api>(std::move(api_options), *parts->engine);
  return std::unique_ptr<World>(new World(std::move(parts)));
}

}  // namespace holdfast::daemon
