#include "api/access_calls.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/requests.h"
#include "base/text.h"
#include "model/json_text.h"

namespace holdfast::api {
namespace json = boost::json;

using access::Token;
using model::Checked;
using model::Faults;

namespace {

constexpr char kToken[] = "token";
constexpr char kEntry[] = "audit:entry";
constexpr int64_t kMaxPage = 1000;
constexpr int64_t kUsualPage = 100;

json::value time_or_null(const std::optional<Time>& time) {
  return time ? json::value(to_iso(*time)) : json::value(nullptr);
}

json::object item_of(const Token& token, Time now) {
  return {{"name", token.name},
          {"role", to_string(token.role)},
          {"createdAt", to_iso(token.created_at)},
          {"createdBy", token.created_by},
          {"expiresAt", time_or_null(token.expires_at)},
          {"expired", token.expires_at && *token.expires_at <= now},
          {"lastUsedAt", time_or_null(token.last_used_at)}};
}

Error fault(std::string field, std::string message) {
  return {ErrorKind::invalid, "InvalidField", std::move(message), std::move(field)};
}

void read_member(const std::string& name, const json::value& value, access::WantedToken& wanted, bool& has_role,
                 Faults& faults) {
  const std::string field = "token." + name;
  if (name == "name") {
    if (value.is_string()) {
      wanted.name = std::string(value.get_string());
    } else {
      faults.errors.push_back(fault(field, "must be a text."));
    }
  } else if (name == "role") {
    auto role = value.is_string() ? access::role_named(std::string_view(value.get_string())) : std::nullopt;
    if (!role) faults.errors.push_back(fault(field, "must be viewer, operator or admin."));
    wanted.role = role.value_or(access::Role::viewer);
    has_role = true;
  } else if (name == "expiresInSeconds") {
    constexpr int64_t kMost = access::kLongestLifetime.count();
    if (value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= kMost) {
      wanted.lifetime = std::chrono::seconds(value.get_int64());
    } else if (!value.is_null()) {
      faults.errors.push_back(fault(field, fmt::format("must be a whole number from 1 to {} (ten years).", kMost)));
    }
  } else {
    faults.errors.push_back(fault(field, "is not a known field; known: expiresInSeconds, name, role."));
  }
}

// All faults at once. The role has no default: what somebody may is never a guess.
Checked<access::WantedToken> wanted_in(const std::string& body) {
  auto parsed = model::parse_strictly(body);
  if (!parsed) return tl::unexpected(Faults{{parsed.error()}});
  Faults faults;
  const json::value* token = parsed->is_object() ? parsed->get_object().if_contains("token") : nullptr;
  if (!token || !token->is_object() || parsed->get_object().size() != 1) {
    faults.errors.push_back(fault("token", "is missing or not alone: send {\"token\": {\"name\": …, \"role\": …}}."));
    return tl::unexpected(std::move(faults));
  }
  access::WantedToken wanted;
  bool has_role = false;
  for (const auto& member : token->get_object()) {
    read_member(std::string(member.key()), member.value(), wanted, has_role, faults);
  }
  if (!has_role) faults.errors.push_back(fault("token.role", "is missing: viewer, operator or admin."));
  if (!token->get_object().contains("name")) faults.errors.push_back(fault("token.name", "is missing."));
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return wanted;
}

http::Response create(Gate& gate, const Asked& asked, const http::Request& request, const access::Caller& caller) {
  if (auto checked = check_query(request, {}); !checked) return refused(asked, checked.error());
  auto wanted = wanted_in(request.body);
  if (!wanted) return refused(asked, wanted.error());
  auto made = gate.tokens().create(*wanted, caller.token);
  if (!made) return answer_error(asked, made.error());
  json::object item = item_of(made->token, made->token.created_at);
  item["secret"] = made->secret;
  auto response = answer_items(asked, kToken, {std::move(item)});
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response tokens(Gate& gate, const Asked& asked, const http::Request& request) {
  if (auto checked = check_query(request, {}); !checked) return refused(asked, checked.error());
  json::array items;
  for (const Token& token : gate.tokens().all()) items.push_back(item_of(token, gate.tokens().now()));
  return answer_items(asked, kToken, std::move(items));
}

http::Response revoke(Gate& gate, const Asked& asked, const http::Request& request, const std::string& name) {
  if (auto checked = check_query(request, {}); !checked) return refused(asked, checked.error());
  if (auto revoked = gate.tokens().revoke(name); !revoked) return answer_error(asked, revoked.error());
  return answer_items(asked, kToken, {json::object{{"name", name}, {"revoked", true}}});
}

http::Response entries(Gate& gate, const Asked& asked, const http::Request& request) {
  if (auto checked = check_query(request, {"before", "limit"}); !checked) return refused(asked, checked.error());
  auto before = number_in(request, "before", 1, INT64_MAX, INT64_MAX);
  auto limit = number_in(request, "limit", 1, kMaxPage, kUsualPage);
  Faults faults;
  if (!before) faults.errors.push_back(before.error());
  if (!limit) faults.errors.push_back(limit.error());
  if (!faults.errors.empty()) return refused(asked, faults);
  auto rows = gate.store().newest_rows(*before, static_cast<int>(*limit));
  if (!rows) return answer_error(asked, rows.error());
  json::array items;
  for (const access::AuditRow& row : *rows) {
    json::error_code bad;
    json::value item = json::parse(row.body, bad);
    if (bad || !item.is_object()) item = json::object{{"sequence", row.sequence}, {"kind", "unreadable"}};
    item.get_object()["hash"] = row.hash;
    items.push_back(std::move(item));
  }
  return answer_items(asked, kEntry, std::move(items));
}

http::Response verify(Gate& gate, const Asked& asked, const http::Request& request) {
  if (auto checked = check_query(request, {"end"}); !checked) return refused(asked, checked.error());
  std::optional<access::AuditEnd> known;
  if (auto text = request.query_value("end")) {
    auto end = access::end_named(*text);
    if (!end) return answer_error(asked, end.error());
    known = *end;
  }
  auto verdict = access::verify(gate.store(), known);
  if (!verdict) return answer_error(asked, verdict.error());
  return answer_items(asked, "audit:verdict",
                      {json::object{{"whole", !verdict->at},
                                    {"firstBroken", verdict->at ? json::value(*verdict->at) : json::value(nullptr)},
                                    {"why", verdict->at ? json::value(verdict->why) : json::value(nullptr)},
                                    {"end", fmt::format("{}:{}", verdict->end.sequence, verdict->end.hash)}}});
}

}  // namespace

http::Response answer_access(Gate& gate, const Asked& asked, const http::Request& request, const AccessCall& call) {
  if (call.operation == Operation::create_token) return create(gate, asked, request, call.caller);
  if (call.operation == Operation::revoke_token) return revoke(gate, asked, request, call.parts.at(0));
  if (call.operation == Operation::audit) return entries(gate, asked, request);
  if (call.operation == Operation::verify_audit) return verify(gate, asked, request);
  return tokens(gate, asked, request);
}

}  // namespace holdfast::api
