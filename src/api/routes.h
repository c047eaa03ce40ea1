// Every call of the API, once: the router finds a request's call here, and /openapi.json and /docs are made of the same
// rows, so none can know of a call that another does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::api {

enum class Operation {
  health,
  ready,
  metrics,
  openapi,
  docs,
  list,
  create,
  bulk_state,
  all_events,
  all_retained,
  migration_bulk,
  migration_search,
  read,
  update,
  remove,
  status,
  events,
  history,
  why,
  costs,
  retained,
  pause,
  resume,
  recycle,
  undelete,
  snapshots,
  take_snapshot,
  drop_snapshot,
  drop_volume,
  restore,
  groups,
  create_group,
  read_group,
  update_group,
  remove_group,
  tokens,
  create_token,
  revoke_token,
  audit,
  verify_audit,
};

// What the body must be: its schema is bodies.h's.
enum class Body {
  none,
  managed_instance,
  managed_instance_update,
  deallocation,
  states,
  migrations,
  migration_ids,
  restore,
  group,
  group_update,
  token,
};

struct Parameter {
  std::string_view name;
  std::string_view type;  // of JSON Schema: "string", "integer", "boolean"
  std::string_view about;
};

struct Route {
  Operation operation = Operation::list;
  std::string_view method;
  std::string_view path;  // "/aws/ec2/managedInstance/{id}/pause"
  std::string_view summary;
  Body body = Body::none;
  std::vector<Parameter> query = {};
  bool open = false;  // needs no token
};

const std::vector<Route>& routes();

struct Found {
  const Route* route = nullptr;    // nullptr: nothing at this path, or not with this method
  std::vector<std::string> parts;  // what stands for {…} in its path, in order; none is empty
  std::string allowed;             // the methods of the path, where it has not this one: "GET, PUT"
};
// HEAD is as good as GET. `path`: decoded, without the query.
Found find_route(std::string_view method, std::string_view path);

}  // namespace holdfast::api
