// Documents against a scripted cloud: one subnet 10.0.0.0/24, one image, one type, one group, one snapshot.
#include "engine/inspect.h"

#include <gtest/gtest.h>

#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

struct InspectTest : testing::Test {
  InspectTest() {
    ec2.on<ec2::DescribeImagesRequest>([this](const auto& request) -> Result<ec2::DescribeImagesResponse> {
      if (request.image_ids.at(0).str() != "ami-1") return ec2::ec2_fail("InvalidAMIID.NotFound", "no");
      ec2::Image image;
      image.image_id = ImageId("ami-1");
      image.name = "debian-12-postgresql";
      image.state = image_state;
      image.architecture = "x86_64";
      image.root_device_name = "/dev/xvda";
      ec2::EbsBlockDevice root;
      root.volume_size = 8;
      image.block_device_mappings = {{"/dev/xvda", root, false}};
      return ec2::DescribeImagesResponse{{image}, ""};
    });
    ec2.on<ec2::DescribeSubnetsRequest>([](const auto& request) -> Result<ec2::DescribeSubnetsResponse> {
      const SubnetId& id = request.subnet_ids.at(0);
      bool first = id.str() == "subnet-a";
      if (!first && id.str() != "subnet-c") return ec2::ec2_fail("InvalidSubnetID.NotFound", "no");
      ec2::Subnet subnet;
      subnet.subnet_id = id;
      subnet.vpc_id = VpcId("vpc-1");
      subnet.cidr_block = first ? "10.0.0.0/24" : "10.0.2.0/24";
      subnet.availability_zone = first ? "local-1a" : "local-1c";
      return ec2::DescribeSubnetsResponse{{subnet}, ""};
    });
    ec2.on<ec2::DescribeInstanceTypesRequest>(
        [this](const auto& request) -> Result<ec2::DescribeInstanceTypesResponse> {
          if (request.instance_types.at(0) == "m6g.large")
            return ec2::DescribeInstanceTypesResponse{{{"m6g.large", 2, 8192, "arm64", encryption}}, ""};
          if (request.instance_types.at(0) != "t3.nano") return ec2::ec2_fail("InvalidInstanceType", "no");
          return ec2::DescribeInstanceTypesResponse{{{"t3.nano", 2, 512, "x86_64", encryption}}, ""};
        });
    ec2.on<ec2::DescribeSecurityGroupsRequest>([](const auto& request) -> Result<ec2::DescribeSecurityGroupsResponse> {
      if (request.group_ids.at(0).str() != "sg-1") return ec2::ec2_fail("InvalidGroup.NotFound", "no");
      return ec2::DescribeSecurityGroupsResponse{{{SecurityGroupId("sg-1"), "g", "", VpcId("vpc-1"), {}}}, ""};
    });
    ec2.fail_with<ec2::DescribeSnapshotsRequest>("InvalidSnapshot.NotFound");
    ec2.on<ec2::DescribeNetworkInterfacesRequest>([](const auto&) -> Result<ec2::DescribeNetworkInterfacesResponse> {
      ec2::NetworkInterface taken;
      taken.network_interface_id = InterfaceId("eni-1");
      taken.private_ip_address = "10.0.0.9";
      taken.tag_set = {{model::kTagManagedInstance, "smi-00000001"}};
      return ec2::DescribeNetworkInterfacesResponse{{taken}, ""};
    });
    spec.compute.image_id = ImageId("ami-1");
    spec.compute.subnet_ids = {SubnetId("subnet-a")};
    spec.compute.instance_types = {"t3.nano"};
    spec.compute.security_group_ids = {SecurityGroupId("sg-1")};
  }
  std::vector<std::string> fields(const Own& own = {}) {
    std::vector<std::string> named;
    auto found = inspect(ec2, spec, own);
    if (found) return named;
    for (const Error& error : found.error().errors) named.push_back(error.field);
    return named;
  }
  using Fields = std::vector<std::string>;

  ScriptedEc2 ec2;
  std::string image_state = "available";
  std::string encryption = "supported";
  model::Spec spec;
};

TEST_F(InspectTest, AnswersTheFactsOfWhatFits) {
  auto found = inspect(ec2, spec, {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->image.root_device, "/dev/xvda");
  EXPECT_EQ(found->image.root_size_gib, 8);
  ASSERT_EQ(found->subnets.size(), 1u);
  EXPECT_EQ(found->subnets[0].zone, "local-1a");
}

TEST_F(InspectTest, NamesEveryFieldAtFaultAtOnce) {
  spec.compute.image_id = ImageId("ami-9");
  spec.compute.subnet_ids.push_back(SubnetId("subnet-b"));
  spec.compute.instance_types.push_back("t9.huge");
  spec.compute.security_group_ids.push_back(SecurityGroupId("sg-9"));
  model::BlockDevice device;
  device.device_name = "/dev/sdf";
  device.snapshot_id = SnapshotId("snap-9");
  spec.compute.block_devices = {device};
  EXPECT_EQ(fields(), (Fields{"compute.launchSpecification.imageId", "compute.subnetIds[1]",
                              "compute.launchSpecification.instanceTypes.types[1]",
                              "compute.launchSpecification.securityGroupIds[1]",
                              "compute.launchSpecification.blockDeviceMappings[0].ebs.snapshotId"}));
}

TEST_F(InspectTest, SaysHowToBuildAnImageThatIsPending) {
  image_state = "pending";
  auto found = inspect(ec2, spec, {});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().errors[0].message.find("cloud image build debian-12-postgresql"), std::string::npos);
}

TEST_F(InspectTest, RefusesATypeOfAnotherArchitectureAndARootThatIsTooSmall) {
  spec.compute.instance_types = {"m6g.large"};
  model::BlockDevice root;
  root.device_name = "/dev/xvda";
  root.size_gib = 4;
  spec.compute.block_devices = {root};
  EXPECT_EQ(fields(), (Fields{"compute.launchSpecification.instanceTypes.types[0]",
                              "compute.launchSpecification.blockDeviceMappings[0].ebs.volumeSize"}));
}

TEST_F(InspectTest, RefusesAnAddressThatIsOutsideReservedOrTaken) {
  for (const char* ip : {"10.0.1.9", "10.0.0.0", "10.0.0.3", "10.0.0.255", "10.0.0.9", "10.0.0.300"}) {
    spec.compute.private_ip = ip;
    EXPECT_EQ(fields(), Fields{"compute.privateIp"}) << ip;
  }
  spec.compute.private_ip = "10.0.0.4";
  EXPECT_EQ(fields(), Fields{});
  spec.compute.private_ip = "10.0.0.9";
  EXPECT_EQ(fields({{}, InterfaceId("eni-1")}), Fields{}) << "its own interface holds it";
  EXPECT_EQ(fields({ManagedInstanceId("smi-00000002")}), Fields{"compute.privateIp"});
  EXPECT_EQ(fields({ManagedInstanceId("smi-00000001")}), Fields{}) << "that of its running instance holds it";
}

TEST_F(InspectTest, SaysWhichSubnetHoldsTheWantedAddress) {
  spec.compute.subnet_ids.push_back(SubnetId("subnet-c"));
  spec.compute.private_ip = "10.0.2.9";
  auto found = inspect(ec2, spec, {});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->subnets.size(), 2u);
  EXPECT_FALSE(found->subnets[0].holds_address);
  EXPECT_TRUE(found->subnets[1].holds_address);
}

TEST_F(InspectTest, NamesTheSubnetsBlocksForAnAddressOutside) {
  spec.compute.private_ip = "10.0.1.9";
  auto found = inspect(ec2, spec, {});
  EXPECT_NE(found.error().errors[0].message.find("10.0.0.0/24"), std::string::npos);
}

TEST_F(InspectTest, SaysHowAnImageThatIsNotThereIsBuilt) {
  spec.compute.image_id = ImageId("ami-2");
  auto found = inspect(ec2, spec, {});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().errors[0].message.find("`holdfast cloud image build debian-12-postgresql`"),
            std::string::npos);
}

TEST_F(InspectTest, AsksForNothingThatWhatIsHeldWasMadeOf) {
  spec.compute.image_id = ImageId("ami-2");
  model::BlockDevice device;
  device.device_name = "/dev/sdf";
  device.snapshot_id = SnapshotId("snap-9");
  spec.compute.block_devices = {device};
  model::ImageFacts facts;
  facts.id = ImageId("ami-2");
  facts.root_device = "/dev/xvda";
  auto found = inspect(ec2, spec, {{}, {}, facts, {"/dev/sdf"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->image.root_device, "/dev/xvda");
  facts.id = ImageId("ami-1");
  EXPECT_EQ(fields({{}, {}, facts, {"/dev/sdf"}}), Fields{"compute.launchSpecification.imageId"}) << "another image";
}

TEST_F(InspectTest, RefusesARegionThatTheSubnetsAreNotIn) {
  for (const char* region : {"local-1", ""}) {
    spec.region = region;
    EXPECT_EQ(fields(), Fields{}) << region;
  }
  for (const char* region : {"local", "local-2", "local-1a", "us-east-1"}) {
    spec.region = region;
    EXPECT_EQ(fields(), Fields{"region"}) << region;
  }
}

TEST_F(InspectTest, RefusesEncryptionWhereTheCloudHasNone) {
  model::BlockDevice device;
  device.device_name = "/dev/sdf";
  device.encrypted = true;
  spec.compute.block_devices = {device};
  EXPECT_EQ(fields(), Fields{}) << "EC2 encrypts";
  encryption = "unsupported";
  EXPECT_EQ(fields(), Fields{"compute.launchSpecification.blockDeviceMappings[0].ebs.encrypted"});
  spec.compute.block_devices[0].encrypted = false;
  EXPECT_EQ(fields(), Fields{});
}

TEST_F(InspectTest, RefusesASnapshotForTheRoot) {
  model::BlockDevice root;
  root.device_name = "/dev/xvda";
  root.snapshot_id = SnapshotId("snap-9");
  spec.compute.block_devices = {root};
  EXPECT_EQ(fields(), Fields{"compute.launchSpecification.blockDeviceMappings[0].ebs.snapshotId"});
}

TEST_F(InspectTest, BlamesNoFieldWhereTheCloudCannotBeAsked) {
  ec2.fail_with<ec2::DescribeImagesRequest>("RequestLimitExceeded");
  auto found = inspect(ec2, spec, {});
  ASSERT_FALSE(found);
  ASSERT_EQ(found.error().errors.size(), 1u);
  EXPECT_EQ(found.error().errors[0].kind, ErrorKind::unavailable);
  EXPECT_EQ(found.error().errors[0].field, "");
}

}  // namespace
}  // namespace holdfast::engine
