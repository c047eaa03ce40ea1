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
#include "api/openapi.h"
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
  const Found found = find_route(request.method, request.path);
  if (found.route != nullptr && found.route->open) return open_call(call, found.route->operation);
  auto next = [&](const access::Caller& caller) {
    call.caller = caller;
    return route(call, found);
  };
  auto document_of = [this](const std::string& id) -> std::optional<Documented> {
    if (auto view = engine_.find(ManagedInstanceId(id))) return Documented{view->document, view->created_at};
    if (auto group = engine_.find_group(GroupId(id))) return Documented{group->document, group->created_at};
    return std::nullopt;
  };
  return options_.gate->pass(request, call.asked, next, document_of);
}

http::Response Api::route(const Call& call, const Found& found) {
  if (call.request.body.size() > model::kMaxDocumentBytes) return body_too_large(call.asked);
  if (found.route != nullptr) return dispatch(call, *found.route, found.parts);
  return found.allowed.empty() ? no_such_path(call.asked) : wrong_method(call.asked, found.allowed);
}

http::Response Api::metrics(const Call& call) {
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  return answer_metrics(engine_, options_.budget, call.asked.at);
}

// A version that is asked for is honoured where it takes effect, and refused everywhere else.
http::Response Api::dispatch(const Call& call, const Route& route, const std::vector<std::string>& parts) {
  if (call.request.header("if-match") && route.operation != Operation::update) return not_for_if_match(call.asked);
  const ManagedInstanceId id(parts.empty() ? std::string() : parts.front());
  switch (route.operation) {
    case Operation::health:
    case Operation::ready:
    case Operation::openapi:
    case Operation::docs:
      return open_call(call, route.operation);
    case Operation::metrics:
      return metrics(call);
    case Operation::list:
      return list(call);
    case Operation::create:
      return create(call);
    case Operation::bulk_state:
      return answer_bulk_state(engine_, call.asked, call.request);
    case Operation::all_events:
      return answer_events(engine_, call.asked, call.request, std::nullopt);
    case Operation::all_retained:
      return retained(call, std::nullopt);
    case Operation::migration_bulk:
      return answer_migration_bulk(engine_, call.asked, call.request);
    case Operation::migration_search:
      return answer_migration_search(engine_, call.asked, call.request);
    case Operation::groups:
    case Operation::create_group:
    case Operation::read_group:
    case Operation::update_group:
    case Operation::remove_group:
      return answer_group(engine_, call.asked, call.request, {route.operation, parts});
    case Operation::tokens:
    case Operation::create_token:
    case Operation::revoke_token:
    case Operation::audit:
    case Operation::verify_audit:
      return answer_access(*options_.gate, call.asked, call.request, {route.operation, parts, call.caller});
    case Operation::update:
      return update(call, id);
    case Operation::remove:
      return remove(call, id);
    case Operation::retained:
      return retained(call, id);
    case Operation::snapshots:
      return snapshots(call, id);
    case Operation::take_snapshot:
      return plain_act(call, id, {"snapshot", model::SnapshotAsked{}});
    case Operation::restore:
      return restore(call, id);
    case Operation::drop_snapshot:
      return plain_act(call, id, {"dropSnapshot", model::SnapshotDropped{SnapshotId(parts[1])}});
    case Operation::drop_volume:
      return plain_act(call, id, {"dropVolume", model::VolumeDropped{VolumeId(parts[1])}});
    case Operation::pause:
      return plain_act(call, id, {"pause", model::PauseAsked{}});
    case Operation::resume:
      return plain_act(call, id, {"resume", model::ResumeAsked{}});
    case Operation::recycle:
      return plain_act(call, id, {"recycle", model::RecycleAsked{}});
    case Operation::undelete:
      return plain_act(call, id, {"undelete", model::UndeleteAsked{}});
    default:
      return part_of(call, id, route.operation);
  }
}

http::Response Api::open_call(const Call& call, Operation operation) {
  if (operation == Operation::health) return answer_health(call.asked);
  if (operation == Operation::ready) return answer_readiness(call.asked, engine_.ready());
  http::Response response;
  const bool page = operation == Operation::docs;
  response.headers.emplace_back("Content-Type", page ? "text/html; charset=utf-8" : "application/json");
  // The same for as long as the process lives, and asked for without a token: made once.
  static const std::string kPage = docs_page();
  static const std::string kDescription = json::serialize(openapi_document());
  response.body = page ? kPage : kDescription;
  return response;
}

// A request without a body or anything else to say.
http::Response Api::plain_act(const Call& call, const ManagedInstanceId& id, const Foretold& wish) {
  if (auto checked = check_query(call.request, {"dryRun"}); !checked) return refused(call.asked, checked.error());
  return act(call, id, wish);
}

http::Response Api::part_of(const Call& call, const ManagedInstanceId& id, Operation part) {
  auto view = engine_.find(id);
  if (!view) return no_such_instance(call.asked, id);
  if (part == Operation::events) return answer_events(engine_, call.asked, call.request, id);
  if (part == Operation::costs) return answer_costs(engine_, call.asked, call.request, *view);
  if (part == Operation::history) return answer_history(engine_, call.asked, call.request, id);
  if (auto checked = check_query(call.request, {}); !checked) return refused(call.asked, checked.error());
  if (part == Operation::why) return answer_why(engine_, call.asked, *view);
  if (part == Operation::status) return answer_items(call.asked, kStatusItem, {status_item_of(*view)});
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
