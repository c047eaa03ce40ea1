// EC2's dry run, of every action that there is: checked as the action itself, and nothing comes of it.
#include <boost/json.hpp>
#include <set>

#include "cloud/control_resources.h"
#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

class DryRuns : public TestCloud {
 protected:
  DryRuns() {
    auto request = launch_request();
    request.spot_options.reset();  // it could not be stopped
    instance_ = ok(request).instances.at(0).instance_id;
    settle();
    volume_ = make_volume();
    snapshot_ = snap(volume_);
    interface_ = make_interface();
  }

  // Ids of what is there wherever the request has a place for one.
  template <class R>
  R filled() const {
    R request;
    if constexpr (requires { request.instance_id = instance_; }) request.instance_id = instance_;
    if constexpr (requires { request.instance_ids = {instance_}; }) request.instance_ids = {instance_};
    if constexpr (requires { request.volume_id = volume_; }) request.volume_id = volume_;
    if constexpr (requires { request.snapshot_id = snapshot_; }) request.snapshot_id = snapshot_;
    if constexpr (requires { request.network_interface_id = interface_; }) request.network_interface_id = interface_;
    if constexpr (requires { request.subnet_id = SubnetId(); }) request.subnet_id = SubnetId(kSubnetA);
    if constexpr (requires { request.image_id = ImageId(); }) request.image_id = ImageId(kMinimalImage);
    if constexpr (requires { request.vpc_id = VpcId(); }) request.vpc_id = VpcId(kDefaultVpc);
    if constexpr (requires { request.instance_type = ""; }) request.instance_type = "t3.micro";
    if constexpr (requires { request.availability_zone = ""; }) request.availability_zone = "local-1a";
    if constexpr (requires { request.device = ""; }) request.device = "/dev/sdh";
    if constexpr (requires { request.group_name = request.description; })
      request.group_name = request.description = "x";
    if constexpr (
        requires { request.key_name = ""; } && !requires { request.image_id; })
      request.key_name = "x";
    if constexpr (requires { request.instance_specification.instance_id; })
      request.instance_specification.instance_id = instance_;
    if constexpr (requires { request.resources; }) request.resources = {volume_.str()}, request.tags = {{"a", "b"}};
    return request;
  }

  template <class Request, class R>
  void try_one() {
    SCOPED_TRACE(R::kAction);
    const Request request(filled<R>());
    std::string code;
    if constexpr (std::is_same_v<Request, ec2::Request>) {
      auto answer = cloud_->try_out(request);
      ASSERT_FALSE(answer) << "it was carried out";
      code = answer.error().code;
    } else {
      auto answer = cloud_->try_out_further(request);
      ASSERT_FALSE(answer) << "it was carried out";
      code = answer.error().code;
    }
    if (code == "DryRunOperation") would_do_.insert(std::string(R::kAction));
    EXPECT_NE(code, "UnsupportedOperation");
    settle();
    EXPECT_EQ(list_resources(*cloud_).value(), before_);
  }
  template <class Request, size_t... I>
  void try_all(std::index_sequence<I...>) {
    (try_one<Request, std::variant_alternative_t<I, Request>>(), ...);
  }

  InstanceId instance_;
  VolumeId volume_;
  SnapshotId snapshot_;
  InterfaceId interface_;
  boost::json::array before_;
  std::set<std::string> would_do_;
};

TEST_F(DryRuns, AreAnsweredForEveryActionAndChangeNothing) {
  before_ = list_resources(*cloud_).value();
  events_.clear();
  try_all<ec2::Request>(std::make_index_sequence<std::variant_size_v<ec2::Request>>());
  try_all<ec2::FurtherRequest>(std::make_index_sequence<std::variant_size_v<ec2::FurtherRequest>>());
  EXPECT_TRUE(events_.empty());
  for (const char* action :
       {"RunInstances", "TerminateInstances", "CreateVolume", "DeleteVolume", "AttachVolume", "CreateSnapshot",
        "DeleteSnapshot", "CreateNetworkInterface", "DeleteNetworkInterface", "CreateTags", "DeleteTags",
        "RebootInstances", "GetConsoleOutput", "DescribeInstances", "CreateSnapshots", "CreateKeyPair",
        "CreateSecurityGroup", "DescribeSpotInstanceRequests"}) {
    EXPECT_TRUE(would_do_.contains(action)) << action;
  }
}

TEST_F(DryRuns, MeetFaultsLikeAnyOtherCall) {
  ASSERT_TRUE(cloud_->fail_next("DeleteVolume", "UnauthorizedOperation", 1));
  ASSERT_TRUE(cloud_->fail_next("DescribeTags", "UnauthorizedOperation", 1));
  const ec2::Request remove = ec2::DeleteVolumeRequest{volume_};
  EXPECT_EQ(cloud_->try_out(remove).error().code, "UnauthorizedOperation");
  EXPECT_EQ(cloud_->try_out(remove).error().code, "DryRunOperation");
  const ec2::FurtherRequest tags = ec2::DescribeTagsRequest{};
  EXPECT_EQ(cloud_->try_out_further(tags).error().code, "UnauthorizedOperation");
  EXPECT_EQ(cloud_->try_out_further(tags).error().code, "DryRunOperation");
}

}  // namespace
}  // namespace holdfast::cloud
