#include "cloud/endpoint/event_json.h"

#include <fmt/core.h>

#include <boost/json.hpp>

namespace holdfast::cloud::endpoint {
namespace {

namespace json = boost::json;

// A volume that comes free is "available" too; only one that is new was created.
constexpr Duration kNew = std::chrono::minutes(1);

std::string arn(const std::string& region, const char* account, const std::string& kind, const std::string& id) {
  return fmt::format("arn:aws:ec2:{}:{}:{}/{}", region, account, kind, id);
}

// EventBridge writes whole seconds.
std::string seconds_of(Time time) {
  std::string text = to_iso(time);
  const size_t dot = text.find('.');
  return dot == std::string::npos ? text : text.substr(0, dot) + "Z";
}

std::optional<ec2::Snapshot> snapshot_of(Cloud& cloud, const std::string& id) {
  auto found = cloud.carry_out(ec2::DescribeSnapshotsRequest{{SnapshotId(id)}, {}, 0, ""});
  if (!found) return std::nullopt;
  const auto& list = std::get<ec2::DescribeSnapshotsResponse>(*found).snapshots;
  return list.empty() ? std::nullopt : std::optional(list.front());
}

bool is_new_volume(Cloud& cloud, const ec2::CloudEvent& event) {
  auto found = cloud.carry_out(ec2::DescribeVolumesRequest{{VolumeId(event.resource)}, {}, 0, ""});
  if (!found) return false;
  const auto& list = std::get<ec2::DescribeVolumesResponse>(*found).volumes;
  return !list.empty() && event.time - list.front().create_time < kNew;
}

json::object snapshot_detail(Cloud& cloud, const ec2::CloudEvent& event) {
  json::object detail{{"event", "createSnapshot"}, {"result", event.state}, {"cause", ""}, {"request-id", ""}};
  detail["snapshot_id"] = fmt::format("arn:aws:ec2::{}:snapshot/{}", cloud.region(), event.resource);
  const auto snapshot = snapshot_of(cloud, event.resource);
  detail["source"] =
      snapshot ? fmt::format("arn:aws:ec2::{}:volume/{}", cloud.region(), snapshot->volume_id.str()) : "";
  detail["startTime"] = seconds_of(snapshot ? snapshot->start_time : event.time);
  detail["endTime"] = seconds_of(event.time);
  return detail;
}

}  // namespace

std::optional<std::string> event_json(Cloud& cloud, const ec2::CloudEvent& event, const std::string& id) {
  const std::string& region = cloud.region();
  json::object detail;
  std::string resource = arn(region, kAccount, "instance", event.resource);
  if (event.detail_type == ec2::kInterruptionWarning) {
    detail = {{"instance-id", event.resource}, {"instance-action", event.state}};
    resource = fmt::format("arn:aws:ec2:{}:instance/{}", region, event.resource);  // as AWS's has it, without account
  } else if (event.detail_type == ec2::kRebalanceRecommendation) {
    detail = {{"instance-id", event.resource}};
  } else if (event.detail_type == ec2::kInstanceStateChange) {
    detail = {{"instance-id", event.resource}, {"state", event.state}};
  } else if (event.detail_type == ec2::kSnapshotNotification) {
    detail = snapshot_detail(cloud, event);
    resource = fmt::format("arn:aws:ec2::{}:snapshot/{}", region, event.resource);
  } else if (event.detail_type == ec2::kVolumeNotification && event.resource.starts_with("vol-")) {
    const bool made = event.state == "available" && is_new_volume(cloud, event);
    if (!made && event.state != "failed") return std::nullopt;
    detail = {{"event", "createVolume"}, {"result", event.state}, {"cause", ""}, {"request-id", ""}};
    resource = arn(region, kAccount, "volume", event.resource);
  } else {
    return std::nullopt;
  }
  json::object whole{
      {"version", "0"}, {"id", id}, {"detail-type", event.detail_type}, {"source", "aws.ec2"}, {"account", kAccount}};
  whole["time"] = seconds_of(event.time), whole["region"] = region;
  whole["resources"] = json::array{resource};
  whole["detail"] = std::move(detail);
  return json::serialize(whole);
}

}  // namespace holdfast::cloud::endpoint
