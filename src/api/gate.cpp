#include "api/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "api/permissions.h"
#include "api/token.h"
#include "base/text.h"

namespace holdfast::api {
namespace json = boost::json;

using access::AuditEntry;
using access::Caller;

namespace {

constexpr size_t kMostIds = 1000;  // of one answer, in the log

// Ids of EC2's and ours have the same form: letters, a hyphen, hexadecimal digits.
bool is_id(const std::string& part) {
  const size_t hyphen = part.find('-');
  return hyphen != std::string::npos && hyphen > 0 && part.size() - hyphen > 8 &&
         part.find_first_not_of("0123456789abcdef", hyphen + 1) == std::string::npos;
}

std::set<std::string> ids_in_path(const std::string& path) {
  std::set<std::string> ids;
  for (const std::string& part : split(path, '/')) {
    if (is_id(part)) ids.insert(part);
  }
  return ids;
}

void add_ids(const json::value& item, std::set<std::string>& ids) {
  if (!item.is_object()) return;
  for (const char* name : {"id", "managedInstanceId"}) {
    const json::value* id = item.get_object().if_contains(name);
    if (id && id->is_string() && ids.size() < kMostIds) ids.emplace(id->get_string());
  }
}

// What an answer says that was touched.
std::set<std::string> ids_in_answer(const http::Response& response) {
  std::set<std::string> ids;
  json::error_code bad;
  const json::value body = json::parse(response.body, bad);
  const json::value* items = bad ? nullptr : body.find_pointer("/response/items", bad);
  if (!items || !items->is_array()) return ids;
  for (const json::value& item : items->get_array()) add_ids(item, ids);
  return ids;
}

AuditEntry entry_of(const http::Request& request, const Asked& asked, const std::optional<Caller>& caller) {
  AuditEntry entry;
  entry.at = asked.at;
  entry.request_id = asked.id;
  if (caller) {
    entry.token = caller->token;
    entry.role = to_string(caller->role);
  }
  entry.method = request.method;
  entry.path = request.path;
  entry.peer = request.peer;
  return entry;
}

}  // namespace

struct Gate::Passage {
  const http::Request& request;
  const Asked& asked;
  const Next& next;
  const DocumentOf& document_of;
  std::optional<Caller> caller = {};

  std::optional<Documented> document(const std::string& id) const {
    return document_of ? document_of(id) : std::nullopt;
  }
};

Gate::Gate(access::Store& store, access::Tokens& tokens, access::AuditLog& audit, GateOptions options)
    : store_(store),
      tokens_(tokens),
      audit_(audit),
      options_(std::move(options)),
      rate_(options_.requests_per_second, options_.request_burst) {}

http::Response Gate::pass(const http::Request& request, const Asked& asked, const Next& next,
                          const DocumentOf& document_of) {
  const std::string secret = bearer_in(request);
  Passage passage{request, asked, next, document_of, tokens_.who(secret)};
  const Permission permission = permission_for(request);
  std::optional<http::Response> refused = refuse(passage, permission.needed);
  http::Response response = refused              ? std::move(*refused)
                            : permission.audited ? audited(passage)
                                                 : next(*passage.caller);
  if (response.stream) {
    response.stream = [this, secret, inner = std::move(response.stream)]() -> std::optional<std::string> {
      return tokens_.still(secret) ? inner() : std::nullopt;
    };
  }
  response.headers.emplace_back("X-Request-Id", asked.id);
  return response;
}

engine::Readiness Gate::readiness(Time now) {
  auto healthy = audit_.healthy(now);
  if (healthy) return {true, ""};
  return {false, "The audit log cannot be written, so nothing can be changed: " + healthy.error().message + "."};
}

std::optional<http::Response> Gate::refuse(const Passage& passage, access::Role needed) {
  const std::optional<Caller>& caller = passage.caller;
  if (!caller) {
    return deny(
        passage, caller, 401,
        {ErrorKind::denied, "Unauthorized",
         "Send a token that is valid as 'Authorization: Bearer TOKEN'; the service's own is in the file 'token' "
         "of its data directory.",
         ""});
  }
  if (!rate_.admit(caller->token, passage.asked.at)) {
    return answer_error(passage.asked,
                        {ErrorKind::throttled, "TooManyRequests",
                         fmt::format("The token '{}' asks more than {} times a second; ask again a little later.",
                                     caller->token, options_.requests_per_second),
                         ""});
  }
  for (const auto& [name, value] : passage.request.query) {
    if (name != "accountId" || (value == options_.account_id && !value.empty())) continue;
    return deny(
        passage, caller, 403,
        {ErrorKind::denied, "OtherAccount",
         options_.account_id.empty()
             ? "this service was not told what its account is called (setting 'account_id'): leave it out."
             : fmt::format("this service has one account, '{}': name that one, or leave it out.", options_.account_id),
         "accountId"});
  }
  if (caller->role < needed) {
    return deny(passage, caller, 403,
                {ErrorKind::denied, "Forbidden",
                 fmt::format("This takes a token with the role '{}'; '{}' has the role '{}'.", to_string(needed),
                             caller->token, to_string(caller->role)),
                 ""});
  }
  return std::nullopt;
}

// The refusal stands also where it cannot be written down.
std::optional<http::Response> Gate::deny(const Passage& passage, const std::optional<Caller>& caller, int status,
                                         const Error& error) {
  if (auto not_recorded = denials_.admit(passage.request.peer, passage.asked.at)) {
    AuditEntry entry = entry_of(passage.request, passage.asked, caller);
    entry.kind = "denied";
    entry.status = status;
    entry.not_recorded = *not_recorded;
    (void)audit_.record(std::move(entry));
  }
  return answer_errors(passage.asked, status, {error});
}

http::Response Gate::audited(const Passage& passage) {
  AuditEntry entry = entry_of(passage.request, passage.asked, passage.caller);
  entry.kind = "asked";
  entry.body = passage.request.body;
  auto recorded = audit_.record(entry);
  if (!recorded) {
    return answer_error(
        passage.asked, {ErrorKind::unavailable, "AuditUnavailable",
                        "The audit log cannot be written, so nothing was done: " + recorded.error().message + ".", ""});
  }
  entry.kind = "done";
  entry.body.clear();
  entry.asked = *recorded;

  const std::set<std::string> named = ids_in_path(passage.request.path);
  std::map<std::string, std::string> before;
  for (const std::string& id : named) {
    if (auto one = passage.document(id)) before[id] = one->document;
  }
  http::Response response;
  try {
    response = passage.next(*passage.caller);
  } catch (...) {  // the server answers 500 (server.h)
    entry.status = 500;
    audit_.record_later_if_need_be(std::move(entry));
    throw;
  }
  entry.status = response.status;
  std::set<std::string> touched = response.status == 200 ? ids_in_answer(response) : std::set<std::string>();
  touched.insert(named.begin(), named.end());
  for (const std::string& id : touched) {
    entry.ids.push_back(id);
    auto after = passage.document(id);
    // What is told by the answer alone was changed only if it is new.
    const bool made = after && !named.contains(id) && after->created_at >= passage.asked.at;
    const std::string old = before.contains(id) ? before[id] : "";
    if (made || (named.contains(id) && old != (after ? after->document : ""))) {
      entry.changes.push_back({id, old, after ? after->document : ""});
    }
  }
  audit_.record_later_if_need_be(std::move(entry));
  return response;
}

}  // namespace holdfast::api
