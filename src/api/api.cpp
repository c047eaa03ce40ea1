#include "api/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <mutex>

#include "api/access_calls.h"
#include "api/bulk.h"
#include "api/copies.h"
#include "api/costs.h"
#include "api/dry_run.h"
#include "api/etag.h"
#include "api/events.h"
#include "api/groups.h"
#include "api/history.h"
#include "api/items.h"
#include "api/listing.h"
#include "api/migration.h"
#include "api/requests.h"
#include "api/why.h"
#include "base/check.h"
#include "base/random.h"
#include "base/text.h"
#include "model/json_text.h"

namespace holdfast::api {
namespace json = boost::json;
using model::Event;
namespace {

constexpr char kRoot[] = "/aws/ec2/managedInstance";
constexpr char kItem[] = "aws:ec2:managedInstance";
constexpr char kStatusItem[] = "aws:ec2:managedInstance:status";

Time system_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::string fresh_request_id() {
  static std::mutex mutex;
  static Random random(Random::fresh_seed());
  std::lock_guard lock(mutex);
  return "req-" + random.hex(16);
}

http::Response no_such_path(const Asked& asked) {
  return answer_errors(asked, 404,
                       {{ErrorKind::not_found, "NoSuchPath",
                         fmt::format("There is nothing at this path; managed instances are below {}.", kRoot), ""}});
}

http::Response wrong_method(const Asked& asked, const std::string& allowed) {
  auto response = answer_errors(
      asked, 405, {{ErrorKind::invalid, "MethodNotAllowed", fmt::format("This path takes {}.", allowed), ""}});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

http::Response no_such_instance(const Asked& asked, const ManagedInstanceId& id) {
  return answer_error(asked, {ErrorKind::not_found, "ManagedInstanceNotFound",
                              fmt::format("There is no managed instance '{}'.", id.str().substr(0, 64)), ""});
}

http::Response not_for_if_match(const Asked& asked) {
  return answer_error(asked, {ErrorKind::invalid, "InvalidField",
                              "is honoured with PUT of one managed instance only: leave it out.", "If-Match"});
}

// Faults of a document are one 400; anything else the engine says stands alone.
http::Response refused(const Asked& asked, const model::Faults& faults) {
  CHECK(!faults.errors.empty());
  const Error& first = faults.errors.front();
  return answer_errors(asked, first.code == engine::kPreconditionFailed ? 412 : status_of(first.kind), faults.errors);
}

// User data and scripts are for those who may change them.
http::Response one_item(const Asked& asked, const access::Caller& caller, const engine::View& view) {
  const bool all = caller.role >= access::Role::operator_;
  auto response = answer_items(asked, kItem, {item_of(view, all ? Detail::one : Detail::listed)});
  response.headers.emplace_back("ETag", etag_of(view));
  return response;
}

http::Response body_too_large(const Asked& asked) {
  return answer_errors(asked, 413,
                       {{ErrorKind::invalid, "BodyTooLarge",
                         fmt::format("The body is too large; the limit is {} bytes.", model::kMaxDocumentBytes), ""}});
}

std::string url_of(const http::Request& request) {
  // Not word for word: an envelope repeats no bytes that are not text.
  return is_utf8(request.path) ? request.path : "(not UTF-8)";
}

}  // namespace

struct Api::Call {
  const http::Request& request;
  Asked asked;
  access::Caller caller = {};
};

Asked asked_of(const http::Request& request, Time now) {
  return {fresh_request_id(), is_utf8(request.method) ? request.method : "", url_of(request), now};
}

http::Response answer_health(const Asked& asked) {
  return answer_items(asked, "health", {json::object{{"alive", true}}});
}

http::Response answer_readiness(const Asked& asked, const engine::Readiness& readiness) {
  if (readiness.ready) return answer_items(asked, "readiness", {json::object{{"ready", true}}});
  return answer_error(asked, {ErrorKind::unavailable, "NotReady",
                              readiness.why.empty() ? "The service is not ready." : readiness.why, ""});
}

Api::Api(ApiOptions options, engine::Engine& engine) : options_(std::move(options)), engine_(engine) {
  CHECK(options_.gate);
}

http::Response Api::handle(const http::Request& request) {
  Call call{request, asked_of(request, options_.now ? options_.now() : system_now())};
  const std::string& path = request.path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/healthz") return reads ? answer_health(call.asked) : wrong_method(call.asked, "GET");
  if (path == "/readyz") return reads ? answer_readiness(call.asked, engine_.ready()) : wrong_method(call.asked, "GET");
  auto next = [&](const access::Caller& caller) {
    call.caller = caller;
    return route(call);
  };
  auto document_of = [this](const std::string& id) -> std::optional<Documented> {
    if (auto view = engine_.find(ManagedInstanceId(id))) return Documented{view->document, view->created_at};
    if (auto group = engine_.find_group(GroupId(id))) return Documented{group->document, group->created_at};
    return std::nullopt;
  };
  return options_.gate->pass(request, call.asked, next, document_of);
}

http::Response Api::route(const Call& call) {
  const http::Request& request = call.request;
  const std::string& path = request.path;
  if (request.body.size() > model::kMaxDocumentBytes) return body_too_large(call.asked);
  if (is_access_path(path)) return answer_access(*options_.gate, call.asked, request, call.caller);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/metrics") return reads ? metrics(call) : wrong_method(call.asked, "GET");
  if (path == kGroupRoot || path.rfind(std::string(kGroupRoot) + "/", 0) == 0) {
    return answer_group(engine_, call.asked, call.request);
  }
  if (path == kRoot || path.rfind(std::string(kRoot) + "/", 0) == 0) return managed_instances(call);
  return no_such_path(call.asked);
}

http::Response Api::metrics(const Call& call) {
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  return answer_metrics(engine_, options_.budget, call.asked.at);
}

http::Response Api::managed_instances(const Call& call) {
  const std::string& method = call.request.method;
  const bool reads = method == "GET" || method == "HEAD";
  const bool of_one = call.request.path != kRoot && call.request.path.find('/', sizeof kRoot) == std::string::npos &&
                      call.request.path != std::string(kRoot) + "/state";
  if (call.request.header("if-match") && !(of_one && method == "PUT")) return not_for_if_match(call.asked);
  if (call.request.path == kRoot) {
    if (reads) return list(call);
    return method == "POST" ? create(call) : wrong_method(call.asked, "GET, POST");
  }
  auto parts = split(call.request.path.substr(sizeof kRoot), '/');
  if (parts.size() == 1 && parts[0] == "events") {
    return reads ? answer_events(engine_, call.asked, call.request, std::nullopt) : wrong_method(call.asked, "GET");
  }
  if (parts.size() == 1 && parts[0] == "retained") {
    return reads ? retained(call, std::nullopt) : wrong_method(call.asked, "GET");
  }
  if (parts.size() == 1 && parts[0] == "state") {
    return method == "PUT" ? answer_bulk_state(engine_, call.asked, call.request) : wrong_method(call.asked, "PUT");
  }
  if (parts.size() == 2 && parts[0] == "migration" && (parts[1] == "bulk" || parts[1] == "search")) {
    if (method != "POST") return wrong_method(call.asked, "POST");
    return parts[1] == "bulk" ? answer_migration_bulk(engine_, call.asked, call.request)
                              : answer_migration_search(engine_, call.asked, call.request);
  }
  const ManagedInstanceId id(parts[0]);
  const std::string rest = parts.size() == 2 ? parts[1] : "";
  if (parts.size() == 1 && !parts[0].empty()) return one(call, id);

  if (parts.size() == 3 && parts[1] == "snapshots" && !parts[2].empty()) {
    if (method != "DELETE") return wrong_method(call.asked, "DELETE");
    if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
    return act(call, id, {"dropSnapshot", model::SnapshotDropped{SnapshotId(parts[2])}});
  }
  if (rest == "snapshots") return snapshots(call, id);
  if (rest == "restore") return method == "PUT" ? restore(call, id) : wrong_method(call.asked, "PUT");
  if (rest == "retained") return reads ? retained(call, id) : wrong_method(call.asked, "GET");
  if (rest == "status" || rest == "events" || rest == "history" || rest == "why" || rest == "costs") {
    return reads ? part_of(call, id, rest) : wrong_method(call.asked, "GET");
  }
  if (rest == "pause" || rest == "resume" || rest == "recycle" || rest == "undelete") {
    if (method != "PUT") return wrong_method(call.asked, "PUT");
    if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
    return act(call, id,
               {rest, rest == "pause"     ? Event(model::PauseAsked{})
                      : rest == "resume"  ? Event(model::ResumeAsked{})
                      : rest == "recycle" ? Event(model::RecycleAsked{})
                                          : Event(model::UndeleteAsked{})});
  }
  return no_such_path(call.asked);
}

http::Response Api::part_of(const Call& call, const ManagedInstanceId& id, const std::string& part) {
  auto view = engine_.find(id);
  if (!view) return no_such_instance(call.asked, id);
  if (part == "events") return answer_events(engine_, call.asked, call.request, id);
  if (part == "costs") return answer_costs(engine_, call.asked, call.request, *view);
  if (part == "history") return answer_history(engine_, call.asked, call.request, id);
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  if (part == "why") return answer_why(engine_, call.asked, *view);
  return answer_items(call.asked, kStatusItem, {status_item_of(*view)});
}

http::Response Api::one(const Call& call, const ManagedInstanceId& id) {
  const std::string& method = call.request.method;
  if (method == "PUT") return update(call, id);
  if (method == "DELETE") return remove(call, id);
  if (method != "GET" && method != "HEAD") return wrong_method(call.asked, "GET, PUT, DELETE");
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  auto view = engine_.find(id);
  if (!view) return no_such_instance(call.asked, id);
  return one_item(call.asked, call.caller, *view);
}

http::Response Api::list(const Call& call) {
  auto listing = listing_in(call.request);
  if (!listing) return refused(call.asked, listing.error());
  json::array items;
  for (const auto& view : listed(engine_.all(), *listing)) items.push_back(item_of(*view, Detail::listed));
  return answer_items(call.asked, kItem, std::move(items));
}

http::Response Api::create(const Call& call) {
  if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
  auto dry = dry_run_in(call.request);
  if (!dry) return answer_error(call.asked, dry.error());
  auto key = idempotency_key_in(call.request);
  if (!key) return answer_error(call.asked, key.error());
  auto document = managed_instance_in(call.request.body);
  if (!document) return refused(call.asked, document.error());
  if (*dry) return foretell_creation(call, *document, *key);
  auto created = engine_.create(*document, *key);
  if (!created) return refused(call.asked, created.error());
  return one_item(call.asked, call.caller, **created);
}

// With a key that has made it already there is nothing to be done but what goes on by itself.
http::Response Api::foretell_creation(const Call& call, const std::string& document, const std::string& key) {
  auto plan = engine_.plan_of_create(document, key);
  if (!plan) return refused(call.asked, plan.error());
  if (plan->known) return answer_foretold(engine_, call.asked, plan->known.get(), {"create", model::TimerRang{}});
  return answer_foretold(engine_, call.asked, nullptr, {"create", model::Created{}, *plan});
}

http::Response Api::update(const Call& call, const ManagedInstanceId& id) {
  if (auto checked = check_query(call.request, {"autoApplyTags", "dryRun"}); !checked) {
    return refused(call.asked, checked.error());
  }
  auto dry = dry_run_in(call.request);
  if (!dry) return answer_error(call.asked, dry.error());
  const std::string tags = call.request.query_value("autoApplyTags").value_or("false");
  if (tags != "false" && tags != "true") {
    return answer_error(call.asked, {ErrorKind::invalid, "InvalidField", "must be true or false.", "autoApplyTags"});
  }
  auto precondition = precondition_in(call.request);
  if (!precondition) return answer_error(call.asked, precondition.error());
  if (!engine_.find(id)) return no_such_instance(call.asked, id);
  auto document = managed_instance_in(call.request.body);
  if (!document) return refused(call.asked, document.error());
  if (*dry) {
    auto plan = engine_.plan_of_update(id, *document, *precondition);
    if (!plan) return refused(call.asked, plan.error());
    const engine::SharedView before = plan->known;
    return answer_foretold(engine_, call.asked, before.get(),
                           {"update", model::SpecChanged{plan->surroundings}, *plan});
  }
  auto updated = engine_.update(id, *document, *precondition, tags == "true");
  if (!updated) return refused(call.asked, updated.error());
  return one_item(call.asked, call.caller, **updated);
}

http::Response Api::remove(const Call& call, const ManagedInstanceId& id) {
  if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
  auto deallocation = deallocation_in(call.request.body);
  if (!deallocation) return refused(call.asked, deallocation.error());
  return act(call, id, {"delete", model::DeleteAsked{*deallocation}});
}

http::Response Api::snapshots(const Call& call, const ManagedInstanceId& id) {
  const std::string& method = call.request.method;
  const bool reads = method == "GET" || method == "HEAD";
  if (!reads && method != "POST") return wrong_method(call.asked, "GET, POST");
  if (method == "POST") {
    if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
    return act(call, id, {"snapshot", model::SnapshotAsked{}});
  }
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  auto view = engine_.find(id);
  return view ? answer_snapshots(call.asked, *view) : no_such_instance(call.asked, id);
}

http::Response Api::restore(const Call& call, const ManagedInstanceId& id) {
  if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
  auto view = engine_.find(id);
  if (!view) return no_such_instance(call.asked, id);
  auto request = restore_in(call.request.body, *view);
  if (!request) return refused(call.asked, request.error());
  return act(call, id, {"restore", *std::move(request)});
}

http::Response Api::retained(const Call& call, const std::optional<ManagedInstanceId>& id) {
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  if (id && !engine_.find(*id)) return no_such_instance(call.asked, *id);
  return answer_retained(engine_, call.asked, id);
}

http::Response Api::act(const Call& call, const ManagedInstanceId& id, const Foretold& wish) {
  auto dry = dry_run_in(call.request);
  if (!dry) return answer_error(call.asked, dry.error());
  auto view = engine_.find(id);
  if (!view) return no_such_instance(call.asked, id);
  if (*dry) return answer_foretold(engine_, call.asked, view.get(), wish);
  auto done = engine_.ask(id, wish.event);
  if (!done) return answer_error(call.asked, done.error());
  return answer_items(call.asked, kStatusItem, {status_item_of(**done)});
}

}  // namespace holdfast::api
