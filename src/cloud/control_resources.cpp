#include "cloud/control_resources.h"

#include <boost/json.hpp>

namespace holdfast::cloud {

namespace {

namespace json = boost::json;

void add(json::array& list, const char* kind, const std::string& id, const std::string& state,
         const std::vector<ec2::Tag>& tags) {
  json::object shown_tags;
  for (const auto& tag : tags) shown_tags[tag.key] = tag.value;
  list.push_back({{"kind", kind}, {"id", id}, {"state", state}, {"tags", std::move(shown_tags)}});
}

// Asks page by page to the last; `each` takes one answer.
template <class Request, class Each>
Result<void> read_pages(Cloud& cloud, Request request, Each each) {
  do {
    HF_TRY(auto page, cloud.call(request));
    each(page);
    request.next_token = page.next_token;
  } while (!request.next_token.empty());
  return {};
}

}  // namespace

Result<json::array> list_resources(Cloud& cloud) {
  json::array list;
  for (const auto& one : cloud.instances()) {
    add(list, "instance", one.instance.instance_id.str(), one.instance.state, one.instance.tags);
  }
  HF_TRY_VOID(read_pages(cloud, ec2::DescribeVolumesRequest{}, [&](const ec2::DescribeVolumesResponse& page) {
    for (const auto& it : page.volumes) add(list, "volume", it.volume_id.str(), it.state, it.tags);
  }));
  HF_TRY_VOID(read_pages(cloud, ec2::DescribeSnapshotsRequest{}, [&](const ec2::DescribeSnapshotsResponse& page) {
    for (const auto& it : page.snapshots) add(list, "snapshot", it.snapshot_id.str(), it.state, it.tags);
  }));
  HF_TRY_VOID(read_pages(cloud, ec2::DescribeImagesRequest{}, [&](const ec2::DescribeImagesResponse& page) {
    for (const auto& it : page.images) add(list, "image", it.image_id.str(), it.state, it.tags);
  }));
  HF_TRY_VOID(read_pages(cloud, ec2::DescribeNetworkInterfacesRequest{},
                         [&](const ec2::DescribeNetworkInterfacesResponse& page) {
                           for (const auto& it : page.network_interfaces) {
                             add(list, "network-interface", it.network_interface_id.str(), it.status, it.tag_set);
                           }
                         }));
  return list;
}

}  // namespace holdfast::cloud
