#include "api/routes.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace holdfast::api {

namespace {

const Parameter kDryRun{"dryRun", "boolean", "tells what would be done, and does nothing"};
const Parameter kAfter{"after", "integer", "a sequence: those after it"};
const Parameter kLimit{"limit", "integer", "at most so many"};
const Parameter kKind{"kind", "string", "only events of these kinds, between commas"};

std::vector<Route> table() {
  using enum Operation;
  return {
      {health, "GET", "/healthz", "The process answers", Body::none, {}, true},
      {ready, "GET", "/readyz", "The service can do its work, or why not", Body::none, {}, true},
      {openapi, "GET", "/openapi.json", "This description", Body::none, {}, true},
      {docs, "GET", "/docs", "The same for people", Body::none, {}, true},
      {metrics, "GET", "/metrics", "Figures in Prometheus' text format"},

      {list,
       "GET",
       "/aws/ec2/managedInstance",
       "All, in order of ids",
       Body::none,
       {{"name", "string", "only those of this name"},
        {"status", "string", "only those in one of these, between commas"},
        {"after", "string", "an id: those after it"},
        kLimit}},
      {create,
       "POST",
       "/aws/ec2/managedInstance",
       "Make one (Idempotency-Key: at most once)",
       Body::managed_instance,
       {kDryRun}},
      {bulk_state, "PUT", "/aws/ec2/managedInstance/state", "Pause, resume or recycle many", Body::states, {kDryRun}},
      {all_events,
       "GET",
       "/aws/ec2/managedInstance/events",
       "What happened to all; a stream with Accept: text/event-stream",
       Body::none,
       {kAfter, kLimit, kKind}},
      {all_retained, "GET", "/aws/ec2/managedInstance/retained", "What is kept for a while, of all"},
      {migration_bulk,
       "POST",
       "/aws/ec2/managedInstance/migration/bulk",
       "Make managed instances of running EC2 instances",
       Body::migrations,
       {kDryRun}},
      {migration_search, "POST", "/aws/ec2/managedInstance/migration/search", "How far imports are",
       Body::migration_ids},

      {read, "GET", "/aws/ec2/managedInstance/{id}", "One, as its user wrote it, with its ETag"},
      {update,
       "PUT",
       "/aws/ec2/managedInstance/{id}",
       "Merge a change: what is left out stays, null clears (If-Match: only into that version)",
       Body::managed_instance_update,
       {{"autoApplyTags", "boolean", "changed tags are put on what runs now"}, kDryRun}},
      {remove,
       "DELETE",
       "/aws/ec2/managedInstance/{id}",
       "Take it down for good; what is not told to be deleted is kept for a while",
       Body::deallocation,
       {kDryRun}},
      {status, "GET", "/aws/ec2/managedInstance/{id}/status", "Where it is, and what it has"},
      {events,
       "GET",
       "/aws/ec2/managedInstance/{id}/events",
       "What happened to it; a stream with Accept: text/event-stream",
       Body::none,
       {kAfter, kLimit, kKind}},
      {history,
       "GET",
       "/aws/ec2/managedInstance/{id}/history",
       "Its replacements, newest first",
       Body::none,
       {kLimit, {"before", "integer", "a sequence: the page after the item that has it"}}},
      {why, "GET", "/aws/ec2/managedInstance/{id}/why", "Why it is where it is, and what it waits for"},
      {costs,
       "GET",
       "/aws/ec2/managedInstance/{id}/costs",
       "What it cost, and what it would have cost on demand",
       Body::none,
       {{"fromDate", "string", "a day or a moment, UTC; the first of this month"},
        {"toDate", "string", "a day, to its end, or a moment, UTC; now"},
        {"aggregationPeriod", "string", "day or month"}}},
      {retained, "GET", "/aws/ec2/managedInstance/{id}/retained", "What of it is kept for a while, and until when"},
      {pause, "PUT", "/aws/ec2/managedInstance/{id}/pause", "Take it down and keep everything", Body::none, {kDryRun}},
      {resume, "PUT", "/aws/ec2/managedInstance/{id}/resume", "Bring it back with everything", Body::none, {kDryRun}},
      {recycle, "PUT", "/aws/ec2/managedInstance/{id}/recycle", "Move it to a new instance", Body::none, {kDryRun}},
      {undelete,
       "PUT",
       "/aws/ec2/managedInstance/{id}/undelete",
       "Bring back what was deleted and is still kept",
       Body::none,
       {kDryRun}},
      {snapshots, "GET", "/aws/ec2/managedInstance/{id}/snapshots", "Its snapshots, newest first"},
      {take_snapshot,
       "POST",
       "/aws/ec2/managedInstance/{id}/snapshots",
       "Snapshots of everything persisted, now",
       Body::none,
       {kDryRun}},
      {drop_snapshot,
       "DELETE",
       "/aws/ec2/managedInstance/{id}/snapshots/{snapshotId}",
       "Drop one that was asked for",
       Body::none,
       {kDryRun}},
      {drop_volume,
       "DELETE",
       "/aws/ec2/managedInstance/{id}/volume/{volumeId}",
       "Give up a data volume of a paused one; it is kept for a while",
       Body::none,
       {kDryRun}},
      {restore, "PUT", "/aws/ec2/managedInstance/{id}/restore", "Back to older copies", Body::restore, {kDryRun}},

      {groups, "GET", "/aws/ec2/group", "All groups"},
      {create_group, "POST", "/aws/ec2/group", "Make a group", Body::group, {kDryRun}},
      {read_group, "GET", "/aws/ec2/group/{groupId}", "One group, and its members' addresses"},
      {update_group, "PUT", "/aws/ec2/group/{groupId}", "Merge a change into a group", Body::group_update, {kDryRun}},
      {remove_group, "DELETE", "/aws/ec2/group/{groupId}", "Delete a group without members", Body::none, {kDryRun}},

      {tokens, "GET", "/token", "All tokens, without their secrets"},
      {create_token, "POST", "/token", "Make a token; its secret is shown this once", Body::token},
      {revoke_token, "DELETE", "/token/{name}", "Revoke a token"},
      {audit,
       "GET",
       "/audit",
       "The audit log, newest first",
       Body::none,
       {kLimit, {"before", "integer", "a sequence: the page after the entry that has it"}}},
      {verify_audit,
       "GET",
       "/audit/verify",
       "The whole log looked through",
       Body::none,
       {{"end", "string", "SEQUENCE:HASH, an end that was noted elsewhere"}}},
  };
}

// What stands for {…}; nothing where the path is another.
std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string>& path) {
  const std::vector<std::string> wanted = split(pattern, '/');
  if (wanted.size() != path.size()) return std::nullopt;
  std::vector<std::string> parts;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const bool open = wanted[i].starts_with('{');
    if (open ? path[i].empty() : wanted[i] != path[i]) return std::nullopt;
    if (open) parts.push_back(path[i]);
  }
  return parts;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> kRoutes = table();
  return kRoutes;
}

// The first pattern that fits is meant: words before {…} in the table.
Found find_route(std::string_view method, std::string_view path) {
  const std::string_view asked = method == "HEAD" ? "GET" : method;
  const std::vector<std::string> words = split(path, '/');
  Found found;
  std::string_view pattern;
  std::vector<std::string> allowed;
  for (const Route& route : routes()) {
    if (!pattern.empty() && route.path != pattern) continue;
    auto parts = match(route.path, words);
    if (!parts) continue;
    pattern = route.path;
    allowed.emplace_back(route.method);
    if (route.method != asked) continue;
    found.route = &route;
    found.parts = std::move(*parts);
    return found;
  }
  found.allowed = join(allowed, ", ");
  return found;
}

}  // namespace holdfast::api
