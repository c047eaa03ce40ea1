// Imports against a scripted cloud: one running instance with a root, a data volume and an interface.
#include "engine/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ec2/further_ec2.h"
#include "engine/fakes_test.h"
#include "engine/import_effects.h"
#include "engine/perform.h"
#include "model/observed.h"

namespace holdfast::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A cloud that also answers the further actions that imports use.
class ScriptedFurtherEc2 : public ec2::FurtherEc2 {
 public:
  Result<ec2::Response> perform(const ec2::Request& request) override { return inner.perform(request); }
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override {
    if (const auto* asked = std::get_if<ec2::DescribeInstanceAttributeRequest>(&request)) {
      ec2::DescribeInstanceAttributeResponse answer;
      if (asked->attribute == "userData") answer.user_data = "ZWNobyBoaQ==";
      if (asked->attribute == "disableApiTermination") answer.disable_api_termination = protected_;
      return ec2::FurtherResponse(answer);
    }
    if (std::holds_alternative<ec2::DescribeSpotInstanceRequestsRequest>(request)) {
      ec2::SpotInstanceRequest spot;
      spot.spot_instance_request_id = "sir-1";
      spot.state = "active";
      spot.type = spot_type;
      return ec2::FurtherResponse(ec2::DescribeSpotInstanceRequestsResponse{{spot}, ""});
    }
    if (const auto* create = std::get_if<ec2::CreateSnapshotsRequest>(&request)) {
      created.push_back(*create);
      ec2::SnapshotInfo root, data;
      root.volume_id = VolumeId("vol-1"), root.snapshot_id = SnapshotId("snap-1");
      data.volume_id = VolumeId("vol-2"), data.snapshot_id = SnapshotId("snap-2");
      return ec2::FurtherResponse(ec2::CreateSnapshotsResponse{{root, data}});
    }
    return ec2::ec2_fail("UnsupportedOperation", "scripted");
  }
  ScriptedEc2 inner;
  bool protected_ = false;
  std::string spot_type = "one-time";
  std::vector<ec2::CreateSnapshotsRequest> created;
};

ec2::Instance an_instance() {
  ec2::Instance instance;
  instance.instance_id = InstanceId("i-0123456789abcdef0");
  instance.image_id = ImageId("ami-00000001");
  instance.state = "running";
  instance.instance_type = "t3.nano";
  instance.availability_zone = "local-1a";
  instance.subnet_id = SubnetId("subnet-00000001");
  instance.vpc_id = VpcId("vpc-00000001");
  instance.private_ip_address = "10.0.0.9";
  instance.root_device_name = "/dev/xvda";
  instance.block_device_mappings = {{"/dev/xvda", VolumeId("vol-1"), "attached", true, {}},
                                    {"/dev/sdf", VolumeId("vol-2"), "attached", false, {}}};
  instance.security_groups = {SecurityGroupId("sg-00000001")};
  ec2::NetworkInterface primary;
  primary.network_interface_id = InterfaceId("eni-1");
  primary.mac_address = "02:00:00:00:00:01";
  primary.private_ip_address = "10.0.0.9";
  primary.attachment = ec2::InterfaceAttachment{"eni-attach-1", 0, instance.instance_id, "attached", true, {}};
  instance.network_interfaces = {primary};
  instance.tags = {{"Name", "ledger"}, {"team", "db"}, {"aws:cloudformation:stack-name", "x"}};
  return instance;
}

struct ImportTest : testing::Test {
  ImportTest() {
    auto& script = ec2.inner;
    script.on<ec2::DescribeInstancesRequest>([this](const auto& asked) -> Result<ec2::DescribeInstancesResponse> {
      bool known = asked.instance_ids.empty() || asked.instance_ids[0] == instance.instance_id;
      if (!known) return ec2::ec2_fail("InvalidInstanceID.NotFound", "no");
      return ec2::DescribeInstancesResponse{{instance}, ""};
    });
    script.on<ec2::DescribeVolumesRequest>([this](const auto&) -> Result<ec2::DescribeVolumesResponse> {
      return ec2::DescribeVolumesResponse{volumes, ""};
    });
    script.on<ec2::DescribeImagesRequest>([this](const auto& asked) -> Result<ec2::DescribeImagesResponse> {
      if (asked.image_ids.at(0).str() != "ami-00000001") return ec2::ec2_fail("InvalidAMIID.NotFound", "no");
      return ec2::DescribeImagesResponse{{image}, ""};
    });
    script.on<ec2::DescribeSubnetsRequest>([](const auto& asked) -> Result<ec2::DescribeSubnetsResponse> {
      ec2::Subnet subnet;
      subnet.subnet_id = asked.subnet_ids.at(0);
      subnet.vpc_id = VpcId("vpc-00000001");
      subnet.cidr_block = "10.0.0.0/24";
      subnet.availability_zone = "local-1a";
      return ec2::DescribeSubnetsResponse{{subnet}, ""};
    });
    script.on<ec2::DescribeInstanceTypesRequest>([](const auto& asked) -> Result<ec2::DescribeInstanceTypesResponse> {
      return ec2::DescribeInstanceTypesResponse{{{asked.instance_types.at(0), 2, 512, "x86_64", "supported"}}, ""};
    });
    script.on<ec2::DescribeSecurityGroupsRequest>([](const auto& asked) -> Result<ec2::DescribeSecurityGroupsResponse> {
      return ec2::DescribeSecurityGroupsResponse{{{asked.group_ids.at(0), "g", "", VpcId("vpc-00000001"), {}}}, ""};
    });
    script.on<ec2::DescribeNetworkInterfacesRequest>(
        [this](const auto&) -> Result<ec2::DescribeNetworkInterfacesResponse> {
          return ec2::DescribeNetworkInterfacesResponse{instance.network_interfaces, ""};
        });
    image.image_id = ImageId("ami-00000001");
    image.state = "available";
    image.architecture = "x86_64";
    image.root_device_name = "/dev/xvda";
    image.platform_details = "Linux/UNIX";
    volumes.resize(2);
    volumes[0].volume_id = VolumeId("vol-1"), volumes[0].size = 8, volumes[0].volume_type = "gp2",
    volumes[0].iops = 100;
    volumes[1].volume_id = VolumeId("vol-2"), volumes[1].size = 20, volumes[1].volume_type = "gp3";
    volumes[1].iops = 3000, volumes[1].throughput = 125;
    request.original = instance.instance_id;
    request.terminate = request.keep_private_ip = true;
  }
  // The first fault: "field: message".
  std::string refusal() {
    auto plan = plan_import(ec2, request);
    if (plan) return "accepted";
    const Error& error = plan.error().errors.front();
    return error.field + ": " + error.message;
  }
  std::vector<std::string> actions() {
    auto plan = plan_import(ec2, request);
    std::vector<std::string> all;
    if (!plan) return {describe(plan.error().errors.front())};
    for (const ImportStep& step : plan->steps) {
      EXPECT_FALSE(step.reason.empty());
      all.push_back(step.action);
    }
    return all;
  }

  ScriptedFurtherEc2 ec2;
  ec2::Instance instance = an_instance();
  ec2::Image image;
  std::vector<ec2::Volume> volumes;
  ImportRequest request;
};

TEST_F(ImportTest, DerivesTheDocumentThatAPersonWouldWrite) {
  auto plan = plan_import(ec2, request);
  ASSERT_TRUE(plan) << describe(plan.error().errors.front());
  EXPECT_EQ(plan->document,
            R"({"name":"ledger","persistence":{"persistRootDevice":true,"persistBlockDevices":true,)"
            R"("blockDevicesMode":"reattach","persistPrivateIp":true},"compute":{"product":"Linux/UNIX",)"
            R"("subnetIds":["subnet-00000001"],"vpcId":"vpc-00000001","privateIp":"10.0.0.9","launchSpecification":{)"
            R"("imageId":"ami-00000001","instanceTypes":{"types":["t3.nano"]},"blockDeviceMappings":[)"
            R"({"deviceName":"/dev/xvda","ebs":{"volumeSize":8,"volumeType":"gp2"}},)"
            R"({"deviceName":"/dev/sdf","ebs":{"volumeSize":20,"volumeType":"gp3","iops":3000,"throughput":125}}],)"
            R"("securityGroupIds":["sg-00000001"],"userData":"ZWNobyBoaQ==",)"
            R"("tags":[{"tagKey":"Name","tagValue":"ledger"},{"tagKey":"team","tagValue":"db"}]}}})");
  EXPECT_EQ(plan->import.original.interface, InterfaceId("eni-1"));
  EXPECT_EQ(plan->import.original.root, (model::OriginalVolume{"/dev/xvda", VolumeId("vol-1"), 8}));
  ASSERT_EQ(plan->import.original.data.size(), 1u);
  EXPECT_TRUE(plan->import.adopted);
}

TEST_F(ImportTest, ChangesNothingWhenItPlans) {
  EXPECT_EQ(refusal(), "accepted");
  for (const ec2::Request& asked : ec2.inner.requests) EXPECT_FALSE(ec2::mutates(asked)) << ec2::action_of(asked);
}

TEST_F(ImportTest, ListsEveryStepInOrderWithItsReason) {
  EXPECT_THAT(actions(), ElementsAre("CreateTags", "ModifyInstanceAttribute", "ModifyNetworkInterfaceAttribute",
                                     "(observe)", "TerminateInstances", "CreateSnapshot", "RegisterImage",
                                     "RunInstances", "AttachVolume", "(health check)", "DeleteVolume"));
  request.terminate = request.keep_private_ip = false;
  EXPECT_THAT(actions(),
              ElementsAre("CreateSnapshots", "RegisterImage", "RunInstances", "(health check)", "DeleteSnapshot"));
}

TEST_F(ImportTest, RefusesWhatCannotBecomeAManagedInstance) {
  struct Case {
    std::function<void(ImportTest&)> spoil;
    std::string field;
    std::string says;
  };
  const std::vector<Case> cases = {
      {[](ImportTest& t) { t.request.original = InstanceId("i-9"); }, "originalInstanceId", "there is no instance i-9"},
      {[](ImportTest& t) { t.instance.state = "terminated"; }, "originalInstanceId", "only a running one"},
      {[](ImportTest& t) { t.instance.state = "stopped"; }, "originalInstanceId", "start it first"},
      {[](ImportTest& t) {
         t.instance.tags.push_back({model::kTagManagedInstance, "smi-1"});
       },
       "originalInstanceId", "belongs to managed instance smi-1"},
      {[](ImportTest& t) {
         t.instance.tags.push_back({"aws:autoscaling:groupName", "web"});
       },
       "originalInstanceId", "auto scaling group web"},
      {[](ImportTest& t) { t.instance.block_device_mappings.erase(t.instance.block_device_mappings.begin()); },
       "originalInstanceId", "instance store"},
      {[](ImportTest& t) { t.image.platform_details = "Windows"; }, "originalInstanceId", "platform is Windows"},
      {[](ImportTest& t) { t.request.product = "Windows"; }, "compute.product", "not honoured yet"},
      {[](ImportTest& t) { t.volumes[1].attachments.resize(2); }, "originalInstanceId", "Multi-Attach"},
      {[](ImportTest& t) {
         t.volumes[1].tags = {{model::kTagManagedInstance, "smi-2"}};
       },
       "originalInstanceId", "belongs to managed instance smi-2"},
      {[](ImportTest& t) { t.instance.instance_lifecycle = "spot", t.ec2.spot_type = "persistent"; },
       "originalInstanceId", "persistent spot request sir-1"},
      {[](ImportTest& t) { t.ec2.protected_ = true; }, "originalInstanceId", "disableApiTermination"},
      {[](ImportTest& t) { t.request.terminate = false; }, "shouldKeepPrivateIp", "stays in use by the original"},
      {[](ImportTest& t) { t.instance.network_interfaces.push_back({}); }, "originalInstanceId",
       "2 network interfaces"},
      {[](ImportTest& t) { t.instance.image_id = ImageId("ami-00000009"); }, "imageId", "give the imageId of one"},
      {[](ImportTest& t) { t.image.root_device_name = "/dev/sda1"; }, "compute.launchSpecification.imageId",
       "the root of image"},
      {[](ImportTest& t) { t.request.document = R"({"persistence":{"persistRootDevice":false}})"; },
       "persistence.persistRootDevice", "must be true"},
      {[](ImportTest& t) {
         t.request.document = R"({"persistence":{"persistPrivateIp":false},"compute":{"privateIp":null}})";
       },
       "persistence.persistPrivateIp", "follows shouldKeepPrivateIp"},
      {[](ImportTest& t) {
         t.request.document = R"({"compute":{"launchSpecification":{"blockDeviceMappings":null}}})";
       },
       "compute.launchSpecification.blockDeviceMappings", "leaves out /dev/sdf (vol-2)"},
      {[](ImportTest& t) {
         t.request.zones = {{"local-1b", {SubnetId("subnet-00000002")}}};
       },
       "availabilityZones[0].name", "is in local-1a, not in local-1b"},
  };
  for (const Case& one : cases) {
    ImportTest_RefusesWhatCannotBecomeAManagedInstance_Test fresh;
    one.spoil(fresh);
    std::string said = fresh.refusal();
    EXPECT_THAT(said, HasSubstr(one.field + ": ")) << one.says;
    EXPECT_THAT(said, HasSubstr(one.says));
  }
}

TEST_F(ImportTest, SaysSoWhereTheCloudCannotBeAsked) {
  ec2.inner.fail_with<ec2::DescribeInstancesRequest>("RequestLimitExceeded");
  auto plan = plan_import(ec2, request);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().errors[0].kind, ErrorKind::unavailable);
}

TEST_F(ImportTest, DoesWithoutUserDataWhereItCannotBeReadAndSaysSo) {
  auto plan = plan_import(ec2.inner, request);  // without the further actions
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->notes, testing::Contains(HasSubstr("user data could not be read")));
}

// ---- the effects

const ManagedInstanceId kId("smi-00000001");
const std::string kKey = "adopt/i-0123456789abcdef0";

model::AdoptInstance adoption() {
  return {InstanceId("i-0123456789abcdef0"),
          1,
          {{VolumeId("vol-1"), "/dev/xvda"}, {VolumeId("vol-2"), "/dev/sdf"}},
          InterfaceId("eni-1")};
}

TEST_F(ImportTest, TagsTheInstanceLastSoThatWhatIsListedIsWhole) {
  ASSERT_TRUE(adopt_instance({ec2, kId, kKey}, adoption()));
  std::vector<std::string> order;
  for (const auto& asked : ec2.inner.asked<ec2::CreateTagsRequest>()) {
    order.push_back(asked.resources.at(0));
    EXPECT_EQ(*ec2::find_tag(asked.tags, model::kTagManagedInstance), kId.str());
  }
  EXPECT_THAT(order, ElementsAre("vol-1", "vol-2", "eni-1", "i-0123456789abcdef0"));
}

TEST_F(ImportTest, AVolumeThatAPersonHasDeletedIsNoFault) {
  ec2.inner.on<ec2::CreateTagsRequest>([](const ec2::CreateTagsRequest& request) -> Result<ec2::Empty> {
    if (request.resources.at(0) == "vol-2") return ec2::ec2_fail("InvalidVolume.NotFound", "said the test");
    return ec2::Empty{};
  });
  EXPECT_TRUE(adopt_instance({ec2, kId, kKey}, adoption()));
  EXPECT_EQ(ec2.inner.asked<ec2::CreateTagsRequest>().back().resources.at(0), "i-0123456789abcdef0");
}

TEST_F(ImportTest, DoesNotTakeWhatAnotherHasTakenMeanwhile) {
  instance.tags.push_back({model::kTagManagedInstance, "smi-00000002"});
  auto adopted = adopt_instance({ec2, kId, kKey}, adoption());
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().kind, ErrorKind::denied);
  EXPECT_TRUE(ec2.inner.asked<ec2::CreateTagsRequest>().empty());
}

TEST_F(ImportTest, LetsGoOnlyOfItsOwnTagsWithTheirValues) {
  instance.tags = {{"Name", "ledger"}, {model::kTagManagedInstance, kId.str()}, {model::kTagGeneration, "1"}};
  volumes[0].tags = {{model::kTagManagedInstance, kId.str()}};
  ASSERT_TRUE(release_instance({ec2, kId, kKey}, {instance.instance_id, {VolumeId("vol-1")}, std::nullopt}));
  auto asked = ec2.inner.asked<ec2::DeleteTagsRequest>();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].tags,
            (std::vector<ec2::Tag>{{model::kTagManagedInstance, kId.str()}, {model::kTagGeneration, "1"}}));
}

model::SnapshotInstance a_copy() {
  return {InstanceId("i-0123456789abcdef0"), adoption().volumes, 0, {}};
}

TEST_F(ImportTest, CopiesAllVolumesAtOnceAndLeavesOutWhatIsNotMeant) {
  instance.block_device_mappings.push_back({"/dev/sdg", VolumeId("vol-9"), "attached", false, {}});
  auto made = snapshot_instance({ec2, kId, "copies"}, a_copy());
  ASSERT_TRUE(made) << describe(made.error());
  EXPECT_EQ(*made, "vol-1=snap-1 vol-2=snap-2");
  ASSERT_EQ(ec2.created.size(), 1u);
  EXPECT_THAT(ec2.created[0].instance_specification.exclude_data_volume_ids, ElementsAre(VolumeId("vol-9")));
  EXPECT_TRUE(ec2.inner.asked<ec2::CreateSnapshotRequest>().empty());
}

TEST_F(ImportTest, CopiesOneAfterAnotherWhereTheCloudHasNoCallForAll) {
  int count = 0;
  ec2.inner.on<ec2::CreateSnapshotRequest>([&](const auto&) -> Result<ec2::CreateSnapshotResponse> {
    ec2::CreateSnapshotResponse answer;
    answer.snapshot.snapshot_id = SnapshotId("snap-" + std::to_string(++count));
    return answer;
  });
  auto made = snapshot_instance({ec2.inner, kId, "copies"}, a_copy());
  ASSERT_TRUE(made) << describe(made.error());
  EXPECT_EQ(*made, "vol-1=snap-1 vol-2=snap-2");
}

TEST_F(ImportTest, CopiesAreLookedForBeforeTheyAreMadeAgain) {
  ec2.inner.on<ec2::DescribeSnapshotsRequest>([](const auto&) -> Result<ec2::DescribeSnapshotsResponse> {
    ec2::Snapshot root, data;
    root.snapshot_id = SnapshotId("snap-7"), root.volume_id = VolumeId("vol-1");
    data.snapshot_id = SnapshotId("snap-8"), data.volume_id = VolumeId("vol-2");
    return ec2::DescribeSnapshotsResponse{{root, data}, ""};
  });
  auto made = snapshot_instance({ec2, kId, "copies", true}, a_copy());
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, "vol-1=snap-7 vol-2=snap-8");
  EXPECT_TRUE(ec2.created.empty());
}

ec2::Snapshot found(const std::string& id, const std::string& volume, int second, const std::string& state) {
  ec2::Snapshot snapshot;
  snapshot.snapshot_id = SnapshotId(id), snapshot.volume_id = VolumeId(volume);
  snapshot.start_time = from_millis(second * 1000), snapshot.state = state;
  return snapshot;
}

// A try that was late made a set beside that of its repeat.
TEST_F(ImportTest, CopiesThatAreFoundAreOfOneMoment) {
  ec2.inner.on<ec2::DescribeSnapshotsRequest>([](const auto&) -> Result<ec2::DescribeSnapshotsResponse> {
    return ec2::DescribeSnapshotsResponse{
        {found("snap-1", "vol-1", 10, "completed"), found("snap-3", "vol-1", 50, "completed"),
         found("snap-4", "vol-2", 50, "completed"), found("snap-2", "vol-2", 10, "completed")},
        ""};
  });
  auto made = snapshot_instance({ec2, kId, "copies", true}, a_copy());
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, "vol-1=snap-1 vol-2=snap-2");
}

// By the time that it is asked again one of them has failed: a later one beside the other would be of another moment.
TEST_F(ImportTest, OneThatHasFailedIsNotMadeAnewAlone) {
  ec2.inner.on<ec2::DescribeSnapshotsRequest>([](const auto&) -> Result<ec2::DescribeSnapshotsResponse> {
    return ec2::DescribeSnapshotsResponse{
        {found("snap-1", "vol-1", 10, "error"), found("snap-2", "vol-2", 10, "completed")}, ""};
  });
  auto made = snapshot_instance({ec2, kId, "copies", true}, a_copy());
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, "vol-1=snap-1 vol-2=snap-2") << "whoever waits for them has all made anew";
  EXPECT_TRUE(ec2.created.empty());
  EXPECT_TRUE(ec2.inner.asked<ec2::CreateSnapshotRequest>().empty());
}

}  // namespace
}  // namespace holdfast::engine
