// A local cloud for tests: null substrate, virtual clock, a data directory of its own that survives `crash`.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cloud/cloud.h"
#include "cloud/null/null_substrate.h"
#include "cloud/null/virtual_runtime.h"

namespace holdfast::cloud {

inline constexpr Duration kMoment = std::chrono::milliseconds(10);

class TestCloud : public ::testing::Test {
 protected:
  TestCloud() {
    char pattern[] = "/tmp/holdfast-cloud-XXXXXX";
    CHECK(mkdtemp(pattern) != nullptr);
    dir_ = pattern;
    substrate_ = std::make_unique<NullSubstrate>(runtime_);
    options_.data_dir = dir_, options_.seed = 7, options_.snapshot_wait = Duration(0);
    open();
    settle();
  }
  ~TestCloud() override {
    cloud_.reset(), substrate_.reset();
    std::filesystem::remove_all(dir_);
  }

  void open() {
    auto opened = Cloud::open(options_, *substrate_, runtime_);
    ASSERT_TRUE(opened.has_value()) << describe(opened.error());
    cloud_ = std::move(*opened);
    cloud_->listen([this](const ec2::CloudEvent& event) { events_.push_back(event); });
  }
  void settle() { runtime_.advance(kMoment); }
  // The service dies; the substrate's answers are lost with it. What the substrate was told still happens (`kept`), or
  // never came to be.
  void crash(bool kept) {
    cloud_.reset();
    if (kept) runtime_.advance(std::chrono::seconds(1));
    runtime_.drop();
  }
  void reopen() {
    open();
    settle();
  }
  void slow(Duration delay) {
    NullOptions options;
    options.delay = delay;
    substrate_->set_options(options);
  }

  // An action of either kind.
  template <class R>
  Result<typename R::Response> ask(const R& request) {
    if constexpr (std::is_constructible_v<ec2::Request, const R&>) {
      return cloud_->call(request);
    } else {
      auto answer = cloud_->perform_further(ec2::FurtherRequest(request));
      if (!answer) return Failure(std::move(answer).error());
      return std::get<typename R::Response>(std::move(*answer));
    }
  }
  template <class R>
  typename R::Response ok(const R& request) {
    auto answer = ask(request);
    EXPECT_TRUE(answer.has_value()) << R::kAction << ": " << describe(answer.error());
    return answer ? *answer : typename R::Response{};
  }
  template <class R>
  std::string code(const R& request) {
    auto answer = ask(request);
    return answer ? "" : answer.error().code;
  }

  static ec2::RunInstancesRequest launch_request() {
    ec2::RunInstancesRequest request;
    request.image_id = ImageId(kMinimalImage), request.instance_type = "t3.micro";
    request.subnet_id = SubnetId(kSubnetA), request.spot_options = ec2::SpotMarketOptions{};
    return request;
  }
  InstanceId launch() {
    auto id = ok(launch_request()).instances.at(0).instance_id;
    settle();
    return id;
  }
  InterfaceId make_interface() {
    ec2::CreateNetworkInterfaceRequest request;
    request.subnet_id = SubnetId(kSubnetA);
    return ok(request).network_interface.network_interface_id;
  }
  ec2::RunInstancesRequest launch_with(const InterfaceId& interface) {
    auto request = launch_request();
    request.subnet_id.reset();
    ec2::InstanceNetworkInterfaceSpecification specification;
    specification.network_interface_id = interface, specification.delete_on_termination = false;
    request.network_interfaces = {specification};
    return request;
  }
  VolumeId make_volume(const std::string& zone = "local-1a") {
    ec2::CreateVolumeRequest request;
    request.availability_zone = zone, request.size = 1;
    auto id = ok(request).volume.volume_id;
    settle();
    return id;
  }
  ec2::Instance instance(const InstanceId& id) {
    auto found = ok(ec2::DescribeInstancesRequest{{id}, {}, 0, ""}).instances;
    return found.empty() ? ec2::Instance{} : found[0];
  }
  ec2::Volume volume(const VolumeId& id) {
    auto found = ok(ec2::DescribeVolumesRequest{{id}, {}, 0, ""}).volumes;
    return found.empty() ? ec2::Volume{} : found[0];
  }
  ec2::Snapshot snapshot(const SnapshotId& id) {
    auto found = ok(ec2::DescribeSnapshotsRequest{{id}, {}, 0, ""}).snapshots;
    return found.empty() ? ec2::Snapshot{} : found[0];
  }
  ec2::NetworkInterface interface(const InterfaceId& id) {
    auto found = ok(ec2::DescribeNetworkInterfacesRequest{{id}, {}, 0, ""}).network_interfaces;
    return found.empty() ? ec2::NetworkInterface{} : found[0];
  }
  VolumeId root_of(const InstanceId& id) { return instance(id).block_device_mappings.at(0).volume_id; }
  SnapshotId snap(const VolumeId& id) {
    auto made = ok(ec2::CreateSnapshotRequest{id, "", {}}).snapshot.snapshot_id;
    settle();
    return made;
  }
  void terminate(const InstanceId& id) { ok(ec2::TerminateInstancesRequest{{id}}); }
  std::vector<std::string> states_told(const std::string& resource) {
    std::vector<std::string> states;
    for (const auto& event : events_) {
      if (event.resource == resource) states.push_back(event.state);
    }
    return states;
  }

  VirtualRuntime runtime_;
  std::filesystem::path dir_;
  CloudOptions options_;
  std::unique_ptr<NullSubstrate> substrate_;
  std::unique_ptr<Cloud> cloud_;
  std::vector<ec2::CloudEvent> events_;
};

}  // namespace holdfast::cloud
