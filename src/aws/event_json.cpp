#include "aws/event_json.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

#include "base/text.h"

namespace holdfast::aws {
namespace {

namespace json = boost::json;
using Events = std::vector<ec2::CloudEvent>;

constexpr size_t kLargestEvent = 1 << 20;              // what SQS carries at most
constexpr Duration kNotice = std::chrono::minutes(2);  // between the warning and the end

Failure malformed(std::string what) {
  return fail(ErrorKind::invalid, "MalformedEvent", std::move(what));
}

const json::object* object_of(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

std::string text_of(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// "arn:aws:ec2:eu-central-1:1234:volume/vol-0123" or the id itself; nothing if it is none of EC2's.
std::optional<std::string> id_of(std::string_view text, std::string_view prefix) {
  const size_t slash = text.rfind('/');
  if (slash != std::string_view::npos) text.remove_prefix(slash + 1);
  constexpr size_t kLongest = 64;
  if (!text.starts_with(prefix) || text.size() == prefix.size() || text.size() > kLongest) return std::nullopt;
  const bool good = std::all_of(text.begin() + static_cast<ptrdiff_t>(prefix.size()), text.end(),
                                [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!good) return std::nullopt;
  return std::string(text);
}

// What all kinds have in common.
struct Envelope {
  std::string detail_type;
  Time time{};
  const json::object* detail = nullptr;
  std::vector<std::string> resources;

  ec2::CloudEvent about(std::string resource, std::string state) const {
    return {detail_type, time, std::move(resource), std::move(state), std::nullopt};
  }
};

Result<Events> of_instance(const Envelope& envelope, const char* state_member) {
  const auto id = id_of(text_of(*envelope.detail, "instance-id"), "i-");
  if (!id) return malformed("detail.instance-id is not an instance's id");
  return Events{envelope.about(*id, text_of(*envelope.detail, state_member))};
}

Result<Events> interruption(const Envelope& envelope) {
  HF_TRY(Events events, of_instance(envelope, "instance-action"));
  // Hibernation begins at once.
  events[0].deadline = events[0].state == "hibernate" ? envelope.time : envelope.time + kNotice;
  return events;
}

Result<Events> rebalance(const Envelope& envelope) {
  return of_instance(envelope, "");
}

Result<Events> state_change(const Envelope& envelope) {
  HF_TRY(Events events, of_instance(envelope, "state"));
  if (events[0].state.empty()) return malformed("detail.state is missing");
  return events;
}

Result<Events> snapshot(const Envelope& envelope) {
  const auto id = id_of(text_of(*envelope.detail, "snapshot_id"), "snap-");
  if (!id) return malformed("detail.snapshot_id is not a snapshot's id");
  return Events{envelope.about(*id, text_of(*envelope.detail, "result"))};
}

Result<Events> snapshots(const Envelope& envelope) {
  const json::value* list = envelope.detail->if_contains("snapshots");
  if (list == nullptr || !list->is_array()) return malformed("detail.snapshots is not a list");
  Events events;
  for (const json::value& item : list->get_array()) {
    const json::object* one = item.if_object();
    const auto id = one != nullptr ? id_of(text_of(*one, "snapshot_id"), "snap-") : std::nullopt;
    if (!id) return malformed("an item of detail.snapshots names no snapshot");
    events.push_back(envelope.about(*id, text_of(*one, "status")));
  }
  if (events.empty()) return malformed("detail.snapshots is empty");
  return events;
}

// The volume, and for attachments the instance, are among the resources.
Result<Events> volume(const Envelope& envelope) {
  Events events;
  for (const std::string& resource : envelope.resources) {
    if (auto id = id_of(resource, "vol-")) events.push_back(envelope.about(*id, text_of(*envelope.detail, "result")));
  }
  if (events.empty()) return malformed("resources names no volume");
  return events;
}

// Health writes times as mail does: "Sat, 05 Jun 2027 15:10:09 GMT".
std::optional<Time> health_time(const std::string& text) {
  if (auto time = from_iso(text)) return time;
  const time_t seconds = text.empty() ? -1 : curl_getdate(text.c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return Time(std::chrono::seconds(seconds));
}

// Only what is planned for instances and volumes; Health tells much else.
Result<Events> health(const Envelope& envelope) {
  const std::string service = text_of(*envelope.detail, "service");
  if ((service != "EC2" && service != "EBS") || text_of(*envelope.detail, "eventTypeCategory") != "scheduledChange")
    return Events();
  const std::string code = text_of(*envelope.detail, "eventTypeCode");
  if (code.empty()) return malformed("detail.eventTypeCode is missing");
  std::vector<std::string> named = envelope.resources;
  if (const json::value* list = envelope.detail->if_contains("affectedEntities"); list != nullptr && list->is_array()) {
    for (const json::value& item : list->get_array()) {
      if (const json::object* one = item.if_object()) named.push_back(text_of(*one, "entityValue"));
    }
  }
  Events events;
  for (const std::string& name : named) {
    auto id = id_of(name, "i-");
    if (!id) id = id_of(name, "vol-");
    const bool is_new =
        id && std::none_of(events.begin(), events.end(), [&](const auto& e) { return e.resource == *id; });
    if (!is_new) continue;
    events.push_back(envelope.about(*id, code));
    events.back().deadline = health_time(text_of(*envelope.detail, "startTime"));
  }
  return events;
}

struct Kind {
  std::string_view detail_type;
  Result<Events> (*read)(const Envelope&);
};
constexpr std::array kKinds = {
    Kind{ec2::kInterruptionWarning, interruption},
    Kind{ec2::kRebalanceRecommendation, rebalance},
    Kind{ec2::kInstanceStateChange, state_change},
    Kind{ec2::kSnapshotNotification, snapshot},
    Kind{ec2::kMultiVolumeSnapshots, snapshots},
    Kind{ec2::kVolumeNotification, volume},
    Kind{ec2::kHealthEvent, health},
};

}  // namespace

Result<Events> read_event(std::string_view text) {
  if (text.size() > kLargestEvent || !is_utf8(text)) return malformed("too large, or not UTF-8");
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return malformed("not a JSON object");
  Envelope envelope;
  envelope.detail_type = text_of(*object, "detail-type");
  if (envelope.detail_type.empty()) return malformed("detail-type is missing: is this queue a target of EventBridge?");
  auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.detail_type == envelope.detail_type; });
  if (kind == kKinds.end()) return Events();
  const auto time = from_iso(text_of(*object, "time"));
  if (!time) return malformed("time is missing or not as 2026-01-31T12:00:00Z");
  envelope.time = *time;
  envelope.detail = object_of(*object, "detail");
  if (envelope.detail == nullptr) return malformed("detail is missing");
  if (const json::value* list = object->if_contains("resources"); list != nullptr && list->is_array()) {
    for (const json::value& item : list->get_array()) {
      if (item.is_string()) envelope.resources.emplace_back(item.get_string());
    }
  }
  return kind->read(envelope);
}

}  // namespace holdfast::aws
