#include "api/groups.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/dry_run.h"
#include "api/requests.h"
#include "base/check.h"
#include "model/json_text.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr char kItem[] = "aws:ec2:group";
constexpr char kDryRunItem[] = "aws:ec2:group:dryRun";

json::object item_of(const engine::GroupView& group, const std::vector<engine::SharedView>& all) {
  auto document = model::parse_strictly(group.document);
  CHECK(document && document->is_object());  // it was read strictly before it was stored
  json::object item = std::move(document->get_object());
  item["id"] = group.id.str();
  item["createdAt"] = to_iso(group.created_at);
  item["updatedAt"] = to_iso(group.updated_at);
  json::array members;
  for (const engine::SharedView& member : engine::members_of(group.id, all)) {
    const model::State& state = member->state;
    std::string address = state.interface ? state.interface->ip : state.pool_address;
    members.push_back({{"managedInstanceId", member->id.str()},
                       {"name", member->spec.name},
                       {"privateIp", address.empty() ? json::value(nullptr) : json::value(address)},
                       {"fromPool", !state.pool_address.empty()}});
  }
  item["members"] = std::move(members);
  return item;
}

http::Response answered(engine::Engine& engine, const Asked& asked, const model::Checked<engine::GroupView>& group) {
  if (!group) return refused(asked, group.error());
  return answer_items(asked, kItem, {item_of(*group, engine.all())});
}

http::Response list(engine::Engine& engine, const Asked& asked) {
  json::array items;
  const std::vector<engine::SharedView> all = engine.all();
  for (const engine::GroupView& group : engine.groups()) items.push_back(item_of(group, all));
  return answer_items(asked, kItem, std::move(items));
}

// The group as it would be, and who of its members would take which address.
http::Response foretold(engine::Engine& engine, const Asked& asked, const std::optional<GroupId>& id,
                        const std::string& document) {
  auto plan = engine.plan_of_group(id, document);
  if (!plan) return refused(asked, plan.error());
  json::object item = item_of(plan->group, id ? engine.all() : std::vector<engine::SharedView>());
  if (!id) item["id"] = nullptr;
  json::array steps;
  for (const engine::Gift& gift : plan->gifts) {
    const bool free = gift.given.address.empty();
    steps.push_back({{"action", "GiveAddress"},
                     {"target", gift.member.str()},
                     {"reason", free ? "no address of the pool is left for it" : "takes " + gift.given.address}});
  }
  item["steps"] = std::move(steps);
  return answer_items(asked, kDryRunItem, {std::move(item)});
}

http::Response change(engine::Engine& engine, const Asked& asked, const http::Request& request,
                      const std::optional<GroupId>& id, bool dry) {
  auto document = object_in(request.body, "group");
  if (!document) return refused(asked, document.error());
  if (dry) return foretold(engine, asked, id, *document);
  return answered(engine, asked, id ? engine.update_group(*id, *document) : engine.create_group(*document));
}

http::Response remove(engine::Engine& engine, const Asked& asked, const GroupId& id, bool dry) {
  auto removed = dry ? engine.may_remove_group(id) : engine.remove_group(id);
  if (!removed) return answer_error(asked, removed.error());
  return answer_items(asked, dry ? kDryRunItem : kItem, {});
}

http::Response read(const engine::Engine& engine, const Asked& asked, const GroupId& id) {
  auto group = engine.find_group(id);
  if (group) return answer_items(asked, kItem, {item_of(*group, engine.all())});
  return answer_error(asked, {ErrorKind::not_found, "GroupNotFound",
                              fmt::format("There is no group '{}'.", id.str().substr(0, 64)), ""});
}

}  // namespace

http::Response answer_group(engine::Engine& engine, const Asked& asked, const http::Request& request,
                            const GroupCall& call) {
  const bool reads = call.operation == Operation::groups || call.operation == Operation::read_group;
  auto checked = reads ? check_query(request, {}) : check_query(request, {"dryRun"});
  if (!checked) return refused(asked, checked.error());
  auto dry = dry_run_in(request);
  if (!dry) return answer_error(asked, dry.error());
  if (call.operation == Operation::groups) return list(engine, asked);
  if (call.operation == Operation::create_group) return change(engine, asked, request, std::nullopt, *dry);
  const GroupId id(call.parts.at(0));
  if (call.operation == Operation::update_group) return change(engine, asked, request, id, *dry);
  if (call.operation == Operation::remove_group) return remove(engine, asked, id, *dry);
  return read(engine, asked, id);
}

}  // namespace holdfast::api
