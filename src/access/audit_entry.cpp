#include "access/audit_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "access/secret.h"
#include "base/text.h"

namespace holdfast::access {
namespace json = boost::json;
namespace {

constexpr size_t kLongestPath = 512;
constexpr size_t kLongestBody = 16 << 10;  // a longer one is told by its size and hash
constexpr size_t kDeepest = 32;

// What may hold secrets: scripts of machines, commands run in them and what these are given.
constexpr std::array<std::string_view, 4> kSecret = {"userData", "shutdownScript", "argv", "stdin"};

std::string digest_of(std::string_view text) {
  return "sha256:" + sha256_hex(text);
}

void redact(json::value& value) {
  if (value.is_array()) {
    for (json::value& element : value.get_array()) redact(element);
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) {
      const bool secret = std::find(kSecret.begin(), kSecret.end(), std::string_view(member.key())) != kSecret.end();
      if (secret && !member.value().is_null()) {
        member.value() = digest_of(member.value().is_string() ? std::string(member.value().get_string())
                                                              : json::serialize(member.value()));
      } else {
        redact(member.value());
      }
    }
  }
}

json::value redacted_value(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDeepest;
  json::error_code bad;
  json::value value = json::parse(text, bad, {}, options);
  if (bad) return {{"bytes", text.size()}, {"sha256", sha256_hex(text)}};
  redact(value);
  return value;
}

json::value document_of(const std::string& text) {
  return text.empty() ? json::value(nullptr) : redacted_value(text);
}

json::value body_of(const std::string& body) {
  if (trim(body).empty()) return nullptr;
  if (body.size() > kLongestBody) return {{"bytes", body.size()}, {"sha256", sha256_hex(body)}};
  return redacted_value(body);
}

void add_outcome(const AuditEntry& entry, json::object& body) {
  body["asked"] = entry.asked;
  body["status"] = entry.status;
  json::array ids, changes;
  for (const std::string& id : entry.ids) ids.emplace_back(id);
  for (const DocumentChange& change : entry.changes) {
    changes.push_back(
        {{"id", change.id}, {"before", document_of(change.before)}, {"after", document_of(change.after)}});
  }
  body["ids"] = std::move(ids);
  body["changes"] = std::move(changes);
}

json::value member(const json::value& object, std::string_view name) {
  const json::value* found = object.get_object().if_contains(name);
  return found ? *found : json::value(nullptr);
}

}  // namespace

std::string first_previous() {
  return std::string(64, '0');
}

std::string redacted(std::string_view text) {
  return json::serialize(redacted_value(text));
}

AuditRow row_of(const AuditEntry& entry, int64_t sequence, const std::string& previous) {
  json::object body{{"sequence", sequence},
                    {"previous", previous},
                    {"at", to_iso(entry.at)},
                    {"kind", entry.kind},
                    {"requestId", entry.request_id},
                    {"token", entry.token.empty() ? json::value(nullptr) : json::value(entry.token)},
                    {"role", entry.role.empty() ? json::value(nullptr) : json::value(entry.role)},
                    {"method", quoted(entry.method)},
                    {"path", quoted(entry.path, kLongestPath)},
                    {"from", entry.peer}};
  if (entry.kind == "asked") body["body"] = body_of(entry.body);
  if (entry.kind == "done") add_outcome(entry, body);
  if (entry.kind == "denied") {
    body["status"] = entry.status;
    body["notRecordedBefore"] = entry.not_recorded;
  }
  if (!entry.note.empty()) body["note"] = entry.note;
  AuditRow row{sequence, "", json::serialize(body)};
  row.hash = sha256_hex(row.body);
  return row;
}

std::string fault_of(const AuditRow& row, const AuditEnd& before) {
  if (row.sequence != before.sequence + 1) {
    return fmt::format("entry {} is missing: {} follows {}", before.sequence + 1, row.sequence, before.sequence);
  }
  if (sha256_hex(row.body) != row.hash) return fmt::format("entry {} was changed: its hash is another", row.sequence);
  json::error_code bad;
  json::value body = json::parse(row.body, bad);
  if (bad || !body.is_object()) return fmt::format("entry {} cannot be read", row.sequence);
  if (member(body, "sequence") != json::value(row.sequence))
    return fmt::format("entry {} is not in its place", row.sequence);
  if (member(body, "previous") != json::value(before.sequence == 0 ? first_previous() : before.hash)) {
    return fmt::format("entry {} does not follow {}: one of the two was changed", row.sequence, before.sequence);
  }
  if (member(body, "kind") != json::value(kCut)) return "";
  const json::value note = member(body, "note");
  return fmt::format("entry {} says: {}", row.sequence, note.is_string() ? note.get_string().c_str() : "");
}

}  // namespace holdfast::access
