#include "cloud/behaviour/former_looks.h"

#include <variant>

namespace holdfast::cloud {
namespace {

constexpr size_t kMostRemembered = 2000;

std::string look_of(const ec2::Instance& x) {
  std::string look = x.state;
  for (const auto& device : x.block_device_mappings) {
    look += '/' + device.volume_id.str() + device.status + (device.delete_on_termination ? "d" : "");
  }
  return look;
}
std::string look_of(const ec2::Volume& x) {
  std::string look = x.state;
  for (const auto& attachment : x.attachments) look += '/' + attachment.instance_id.str() + attachment.state;
  return look;
}
std::string look_of(const ec2::Snapshot& x) {
  return x.state;
}
std::string look_of(const ec2::Image& x) {
  return x.state + (x.tags.empty() ? "" : "t");
}
std::string look_of(const ec2::NetworkInterface& x) {
  return x.status + (x.attachment ? x.attachment->instance_id.str() + x.attachment->status : "");
}
const std::string& id_of(const ec2::Instance& x) {
  return x.instance_id.str();
}
const std::string& id_of(const ec2::Volume& x) {
  return x.volume_id.str();
}
const std::string& id_of(const ec2::Snapshot& x) {
  return x.snapshot_id.str();
}
const std::string& id_of(const ec2::Image& x) {
  return x.image_id.str();
}
const std::string& id_of(const ec2::NetworkInterface& x) {
  return x.network_interface_id.str();
}

}  // namespace

template <class Item>
void FormerLooks::distort(Memory<Item>& memory, std::vector<Item>& items, Time now, Duration lag,
                          const Choose& choose) {
  std::erase_if(items, [&](Item& item) {
    const std::string& id = id_of(item);
    std::string look = look_of(item);
    auto found = memory.find(id);
    if (found == memory.end()) found = memory.emplace(id, Seen<Item>{look, item, std::nullopt, now, now}).first;
    Seen<Item>& seen = found->second;
    if (seen.look != look) {
      bool lately = now - seen.at <= lag;
      seen.before = lately ? std::optional<Item>(seen.now) : std::nullopt;
      seen.changed = seen.at;
      seen.look = look;
      seen.now = item;
    }
    seen.at = now;
    if (seen.before && now - seen.changed >= lag) seen.before.reset();
    const Shown shown = choose(id, seen.before.has_value());
    if (shown == Shown::former && seen.before) item = *seen.before;
    return shown == Shown::hidden;
  });
  if (memory.size() > kMostRemembered) {
    std::erase_if(memory, [&](const auto& entry) { return now - entry.second.at > lag; });
  }
}

void FormerLooks::distort(ec2::Response& response, Time now, Duration lag, const Choose& choose) {
  if (auto* x = std::get_if<ec2::DescribeInstancesResponse>(&response)) {
    distort(instances_, x->instances, now, lag, choose);
  } else if (auto* x = std::get_if<ec2::DescribeVolumesResponse>(&response)) {
    distort(volumes_, x->volumes, now, lag, choose);
  } else if (auto* x = std::get_if<ec2::DescribeSnapshotsResponse>(&response)) {
    distort(snapshots_, x->snapshots, now, lag, choose);
  } else if (auto* x = std::get_if<ec2::DescribeImagesResponse>(&response)) {
    distort(images_, x->images, now, lag, choose);
  } else if (auto* x = std::get_if<ec2::DescribeNetworkInterfacesResponse>(&response)) {
    distort(interfaces_, x->network_interfaces, now, lag, choose);
  }
}

}  // namespace holdfast::cloud
