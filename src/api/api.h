// The REST API (docs: README, the calls): turns a request into a call of the engine, and what the engine answers into
// the envelope. It decides nothing. /healthz and /readyz are for whoever watches the service and need no token;
// everything else passes the gate (gate.h), /metrics too: it names managed instances and their volumes.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "api/dry_run.h"
#include "api/envelope.h"
#include "api/gate.h"
#include "api/metrics.h"
#include "api/routes.h"
#include "base/time.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

struct ApiOptions {
  Gate* gate = nullptr;       // not nullptr; outlives the Api and its streams
  std::function<Time()> now;  // for timestamps; empty: the system's clock
  BudgetLines budget = {};    // of the cloud's API; empty: calls cost nothing
};

// Thread: every function may be called from any thread. The engine outlives it, and outlives the streams it answered.
class Api {
 public:
  Api(ApiOptions options, engine::Engine& engine);

  http::Response handle(const http::Request& request);

 private:
  struct Call;
  http::Response route(const Call& call, const Found& found);
  http::Response metrics(const Call& call);
  http::Response dispatch(const Call& call, const Route& route, const std::vector<std::string>& parts);
  http::Response open_call(const Call& call, Operation operation);
  http::Response part_of(const Call& call, const ManagedInstanceId& id, Operation part);
  http::Response create(const Call& call);
  http::Response list(const Call& call);
  http::Response update(const Call& call, const ManagedInstanceId& id);
  http::Response remove(const Call& call, const ManagedInstanceId& id);
  http::Response snapshots(const Call& call, const ManagedInstanceId& id);
  http::Response restore(const Call& call, const ManagedInstanceId& id);
  http::Response retained(const Call& call, const std::optional<ManagedInstanceId>& id);
  http::Response foretell_creation(const Call& call, const std::string& document, const std::string& key);
  http::Response plain_act(const Call& call, const ManagedInstanceId& id, const Foretold& wish);
  http::Response act(const Call& call, const ManagedInstanceId& id, const Foretold& wish);

  const ApiOptions options_;
  engine::Engine& engine_;
};

// What the daemon needs besides, before an Api exists and for its neighbours on the same server.
Asked asked_of(const http::Request& request, Time now);
http::Response answer_health(const Asked& asked);
http::Response answer_readiness(const Asked& asked, const engine::Readiness& readiness);

}  // namespace holdfast::api
