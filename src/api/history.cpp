#include "api/history.h"

#include <boost/json.hpp>

#include "api/requests.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr int64_t kMaxPage = 1000;
constexpr int64_t kUsualPage = 100;

// The records that end a handover (core/account.h).
const std::vector<std::string> kEnds = {"started", "replaced", "paused", "deallocated"};

json::value member(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr ? *found : json::value(nullptr);
}

json::value market_of(const json::object& account, std::string_view name) {
  const json::value market = member(account, name);
  if (!market.is_object()) return nullptr;
  const json::object& known = market.get_object();
  return {{"instanceType", member(known, "instance_type")},
          {"availabilityZone", member(known, "zone")},
          {"lifeCycle", member(known, "life_cycle")}};
}

json::array phases_of(const json::object& account) {
  json::array phases;
  const json::value known = member(account, "phases_ms");
  if (!known.is_object()) return phases;
  for (const auto& phase : known.get_object()) {
    phases.push_back({{"phase", phase.key()}, {"durationMilliseconds", phase.value()}});
  }
  return phases;
}

// Records of earlier versions hold less: what they do not say is null.
json::object item_of(const engine::StoredRecord& stored) {
  json::error_code bad;
  json::value data = json::parse(stored.record.data, bad);
  const json::object account = !bad && data.is_object() ? data.get_object() : json::object();
  const json::value total = member(account, "total_ms");
  json::value began = nullptr;
  if (total.is_int64()) began = to_iso(stored.record.at - Duration(total.get_int64()));
  return {{"sequence", stored.sequence},
          {"managedInstanceId", stored.id.str()},
          {"outcome", stored.record.kind},
          {"reason", member(account, "reason")},
          {"scheduled", member(account, "scheduled").is_bool()},
          {"beganAt", std::move(began)},
          {"endedAt", to_iso(stored.record.at)},
          {"durationMilliseconds", total},
          {"phases", phases_of(account)},
          {"fromGeneration", member(account, "from_generation")},
          {"generation", member(account, "generation")},
          {"instanceId", member(account, "instance")},
          {"marketBefore", market_of(account, "market_before")},
          {"marketAfter", market_of(account, "market_after")},
          {"message", stored.record.message}};
}

}  // namespace

http::Response answer_history(engine::Engine& engine, const Asked& asked, const http::Request& request,
                              const ManagedInstanceId& id) {
  if (auto checked = check_query(request, {"before", "limit"}); !checked) {
    return answer_errors(asked, 400, checked.error().errors);
  }
  auto before = number_in(request, "before", 1, INT64_MAX, INT64_MAX);
  auto limit = number_in(request, "limit", 1, kMaxPage, kUsualPage);
  std::vector<Error> faults;
  if (!before) faults.push_back(before.error());
  if (!limit) faults.push_back(limit.error());
  if (!faults.empty()) return answer_errors(asked, 400, faults);

  engine::RecordQuery query{id};
  query.limit = static_cast<int>(*limit);
  query.newest_first = true;
  query.before = *before;
  query.kinds = kEnds;
  auto records = engine.records(query);
  if (!records) return answer_error(asked, records.error());
  json::array items;
  for (const auto& record : *records) items.push_back(item_of(record));
  return answer_items(asked, "aws:ec2:managedInstance:history", std::move(items));
}

}  // namespace holdfast::api
