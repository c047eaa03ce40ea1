// Options of RunInstances: what is kept and shown, and what is refused with which code.
#include <gmock/gmock.h>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

class LaunchOptions : public TestCloud {};

TEST_F(LaunchOptions, AreKeptAndShown) {
  auto request = launch_request();
  request.metadata_options = ec2::MetadataOptions{"required", 3, "disabled"};
  request.ebs_optimized = true;
  request.monitoring = true;
  request.tenancy = "default";
  request.cpu_credits = "unlimited";
  request.instance_type = "t3.nano";
  InstanceId id = ok(request).instances.at(0).instance_id;
  for (bool again : {false, true}) {
    if (again) crash(true), reopen();
    auto shown = instance(id);
    EXPECT_EQ(shown.http_tokens, "required");
    EXPECT_EQ(shown.http_put_response_hop_limit, 3);
    EXPECT_EQ(shown.instance_metadata_tags, "disabled");
    EXPECT_EQ(shown.ebs_optimized, true);
    EXPECT_EQ(shown.monitoring, "enabled");
    EXPECT_EQ(shown.tenancy, "default");
  }
}

TEST_F(LaunchOptions, HaveEc2sDefaults) {
  auto shown = instance(ok(launch_request()).instances.at(0).instance_id);
  EXPECT_EQ(shown.http_tokens, "optional");
  EXPECT_EQ(shown.http_put_response_hop_limit, 1);
  EXPECT_EQ(shown.ebs_optimized, false);
  EXPECT_EQ(shown.monitoring, "disabled");
}

TEST_F(LaunchOptions, AreRefusedWhereTheyAreNoneOrWouldNotBeKept) {
  auto code_with = [&](auto change) {
    auto request = launch_request();
    request.instance_type = "t3.nano";
    change(request);
    return code(request);
  };
  const std::string kBadValue = "InvalidParameterValue";
  EXPECT_EQ(code_with([](auto& r) { r.tenancy = "mine"; }), kBadValue);
  EXPECT_EQ(code_with([](auto& r) { r.tenancy = "dedicated"; }), kBadValue);
  EXPECT_EQ(code_with([](auto& r) { r.cpu_credits = "endless"; }), kBadValue);
  EXPECT_EQ(code_with([](auto& r) { r.iam_instance_profile = ec2::IamInstanceProfile{"", "web"}; }), kBadValue);
  EXPECT_EQ(code_with([](auto& r) { r.key_name = "nobodys"; }), "InvalidKeyPair.NotFound");
  EXPECT_EQ(code_with([](auto& r) { r.metadata_options = ec2::MetadataOptions{"", 65, ""}; }), kBadValue);
  EXPECT_EQ(code_with([](auto& r) { r.metadata_options = ec2::MetadataOptions{"", {}, "yes"}; }), kBadValue);
  EXPECT_EQ(code_with([](auto& r) { r.instance_type = "m5.large", r.cpu_credits = "standard"; }),
            "InvalidParameterCombination");
  EXPECT_EQ(code_with([](auto& r) {
              ec2::InstanceNetworkInterfaceSpecification primary;
              primary.subnet_id = r.subnet_id;
              primary.associate_public_ip_address = true;
              r.network_interfaces = {primary};
              r.subnet_id.reset(), r.security_group_ids.clear();
            }),
            kBadValue);
  EXPECT_EQ(code_with([](auto& r) {
              ec2::EbsBlockDevice ebs;
              ebs.volume_size = 1, ebs.kms_key_id = "alias/mine";
              r.block_device_mappings = {{"/dev/sdf", ebs, false}};
            }),
            kBadValue);
  ec2::CreateVolumeRequest volume;
  volume.availability_zone = "local-1a", volume.size = 1, volume.kms_key_id = "alias/mine";
  EXPECT_EQ(code(volume), kBadValue);
}

TEST_F(LaunchOptions, ARepeatWithOthersIsAnotherRequest) {
  auto request = launch_request();
  request.client_token = "once";
  InstanceId id = ok(request).instances.at(0).instance_id;
  EXPECT_EQ(ok(request).instances.at(0).instance_id, id);
  request.ebs_optimized = true;
  EXPECT_EQ(code(request), "IdempotentParameterMismatch");
}

}  // namespace
}  // namespace holdfast::cloud
