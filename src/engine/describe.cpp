#include "engine/describe.h"

#include <iterator>
#include <string>

#include "base/check.h"
#include "engine/pages.h"

namespace holdfast::engine {

namespace {

constexpr int kPageSize = 1000;  // EC2's largest
constexpr int kMostPages = 1000;

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Every page of a request; `items` are the answer's and the listing's members of its kind.
template <class R, class Item>
Result<Listing> all_pages(ec2::Ec2& ec2, R request, std::vector<Item> R::Response::*items,
                          std::vector<Item> Listing::*into) {
  Listing listing;
  HF_TRY_VOID(each_page(ec2, std::move(request), kMostPages,
                        [&](typename R::Response&& answer) { append(listing.*into, std::move(answer.*items)); }));
  return listing;
}

template <class R, class Item>
Result<Listing> tagged(ec2::Ec2& ec2, const ec2::Filter& filter, std::vector<Item> R::Response::*items,
                       std::vector<Item> Listing::*into) {
  R request;
  request.filters = {filter};
  request.max_results = kPageSize;
  return all_pages(ec2, std::move(request), items, into);
}

void append_all(Listing& into, Listing&& more) {
  append(into.instances, std::move(more.instances));
  append(into.volumes, std::move(more.volumes));
  append(into.snapshots, std::move(more.snapshots));
  append(into.images, std::move(more.images));
  append(into.interfaces, std::move(more.interfaces));
  append(into.statuses, std::move(more.statuses));
}

// EC2 fails a describe by ids as a whole if it does not know one: halve until the unknown one is alone, and leave that
// one out.
template <class Id, class Ask>
Result<Listing> leaving_out_unknown(const std::vector<Id>& ids, const Ask& ask) {
  if (ids.empty()) return Listing{};
  auto answer = ask(ids);
  if (answer || answer.error().kind != ErrorKind::not_found) return answer;
  if (ids.size() == 1) return Listing{};
  auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
  HF_TRY(Listing all, leaving_out_unknown(std::vector<Id>(ids.begin(), middle), ask));
  HF_TRY(Listing rest, leaving_out_unknown(std::vector<Id>(middle, ids.end()), ask));
  append_all(all, std::move(rest));
  return all;
}

template <class Id, class Ask>
Result<Listing> in_portions(const std::vector<Id>& ids, size_t portion, const Ask& ask) {
  Listing all;
  for (size_t from = 0; from < ids.size(); from += portion) {
    auto first = ids.begin() + static_cast<std::ptrdiff_t>(from);
    auto last = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), from + portion));
    HF_TRY(Listing some, leaving_out_unknown(std::vector<Id>(first, last), ask));
    append_all(all, std::move(some));
  }
  return all;
}

// A filter leaves out by itself what EC2 does not know.
template <class R, class Id, class Item>
Result<Listing> filtered(ec2::Ec2& ec2, const std::string& name, const std::vector<Id>& ids,
                         std::vector<Item> R::Response::*items, std::vector<Item> Listing::*into) {
  return in_portions(ids, kMostFilterValues, [&](const std::vector<Id>& some) {
    ec2::Filter filter{name, {}};
    for (const Id& id : some) filter.values.push_back(id.str());
    return tagged<R>(ec2, filter, items, into);
  });
}

}  // namespace

Result<Listing> list_tagged(ec2::Ec2& ec2, model::Kind kind, const std::vector<ManagedInstanceId>& owners) {
  CHECK(owners.size() <= kMostFilterValues);
  ec2::Filter filter{std::string("tag:") + model::kTagManagedInstance, {}};
  for (const ManagedInstanceId& owner : owners) filter.values.push_back(owner.str());
  if (owners.empty()) filter.values = {"*"};
  switch (kind) {
    case model::Kind::instances:
      return tagged<ec2::DescribeInstancesRequest>(ec2, filter, &ec2::DescribeInstancesResponse::instances,
                                                   &Listing::instances);
    case model::Kind::volumes:
      return tagged<ec2::DescribeVolumesRequest>(ec2, filter, &ec2::DescribeVolumesResponse::volumes,
                                                 &Listing::volumes);
    case model::Kind::snapshots:
      return tagged<ec2::DescribeSnapshotsRequest>(ec2, filter, &ec2::DescribeSnapshotsResponse::snapshots,
                                                   &Listing::snapshots);
    case model::Kind::images:
      return tagged<ec2::DescribeImagesRequest>(ec2, filter, &ec2::DescribeImagesResponse::images, &Listing::images);
    case model::Kind::interfaces:
      return tagged<ec2::DescribeNetworkInterfacesRequest>(
          ec2, filter, &ec2::DescribeNetworkInterfacesResponse::network_interfaces, &Listing::interfaces);
    case model::Kind::status:
      break;  // by ids: list_statuses
  }
  CHECK(kind != model::Kind::status);
  return Listing{};
}

Result<Listing> list_statuses(ec2::Ec2& ec2, const std::vector<InstanceId>& instances) {
  return in_portions(instances, kMostStatusIds, [&](const std::vector<InstanceId>& ids) {
    ec2::DescribeInstanceStatusRequest request;
    request.instance_ids = ids;
    request.include_all_instances = true;
    return all_pages(ec2, std::move(request), &ec2::DescribeInstanceStatusResponse::instance_statuses,
                     &Listing::statuses);
  });
}

Result<Listing> list_volumes(ec2::Ec2& ec2, const std::vector<VolumeId>& volumes) {
  return in_portions(volumes, kMostFilterValues, [&](const std::vector<VolumeId>& ids) {
    ec2::DescribeVolumesRequest request;
    request.volume_ids = ids;
    return all_pages(ec2, std::move(request), &ec2::DescribeVolumesResponse::volumes, &Listing::volumes);
  });
}

Result<Listing> list_interfaces(ec2::Ec2& ec2, const std::vector<InterfaceId>& interfaces) {
  return in_portions(interfaces, kMostFilterValues, [&](const std::vector<InterfaceId>& ids) {
    ec2::DescribeNetworkInterfacesRequest request;
    request.network_interface_ids = ids;
    return all_pages(ec2, std::move(request), &ec2::DescribeNetworkInterfacesResponse::network_interfaces,
                     &Listing::interfaces);
  });
}

Result<Listing> list_instances(ec2::Ec2& ec2, const std::vector<InstanceId>& instances) {
  return filtered<ec2::DescribeInstancesRequest>(ec2, "instance-id", instances,
                                                 &ec2::DescribeInstancesResponse::instances, &Listing::instances);
}

Result<Listing> list_snapshots(ec2::Ec2& ec2, const std::vector<SnapshotId>& snapshots) {
  return filtered<ec2::DescribeSnapshotsRequest>(ec2, "snapshot-id", snapshots,
                                                 &ec2::DescribeSnapshotsResponse::snapshots, &Listing::snapshots);
}

Result<Listing> list_images(ec2::Ec2& ec2, const std::vector<ImageId>& images) {
  return filtered<ec2::DescribeImagesRequest>(ec2, "image-id", images, &ec2::DescribeImagesResponse::images,
                                              &Listing::images);
}

}  // namespace holdfast::engine
