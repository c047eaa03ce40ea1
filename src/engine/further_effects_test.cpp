// Scouts and tags as the calls that EC2 gets.
#include "engine/further_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/fakes_test.h"
#include "engine/perform.h"
#include "engine/tag_changes.h"
#include "engine/tags.h"

namespace holdfast::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ManagedInstanceId kId("smi-00000001");

model::Effect effect(model::EffectAction action) {
  return {"key", std::move(action), {}, {}};
}

TEST(Scout, HasNothingOfTheManagedInstance) {
  model::LaunchScout scout{"token",
                           {"m5.large", SubnetId("subnet-a"), "z1", model::LifeCycle::spot},
                           ImageId("ami-1"),
                           "/dev/xvda",
                           {SecurityGroupId("sg-1")}};
  auto request = scout_request(kId, "scout/1", scout);
  EXPECT_EQ(request.client_token, "token");
  EXPECT_TRUE(request.spot_options);
  EXPECT_TRUE(request.user_data.empty());
  EXPECT_THAT(request.network_interfaces, IsEmpty());
  ASSERT_THAT(request.block_device_mappings, SizeIs(1));
  EXPECT_EQ(request.block_device_mappings[0].ebs->delete_on_termination, true);
  ASSERT_THAT(request.tag_specifications, SizeIs(3));
  for (const auto& specification : request.tag_specifications) {
    EXPECT_EQ(own_tags(specification.tags).purpose, model::kPurposeScout);
    EXPECT_EQ(own_tags(specification.tags).generation, 0);
    EXPECT_EQ(owner_of(specification.tags), kId);
  }
}

Result<ec2::DescribeInstancesResponse> described(const InstanceId& id, std::vector<ec2::Tag> tags) {
  ec2::Instance instance;
  instance.instance_id = id;
  instance.tags = std::move(tags);
  return ec2::DescribeInstancesResponse{{instance}, ""};
}

TEST(Scout, OnlyWhatCarriesItsTagIsEnded) {
  ScriptedEc2 ec2;
  std::string purpose = model::kPurposeScout;
  ec2.on<ec2::DescribeInstancesRequest>([&](const auto& request) {
    return described(request.instance_ids.at(0),
                     {{model::kTagManagedInstance, kId.str()}, {model::kTagPurpose, purpose}});
  });
  EXPECT_TRUE(perform(ec2, kId, effect(model::EndScout{InstanceId("i-1")}), false));
  EXPECT_THAT(ec2.asked<ec2::TerminateInstancesRequest>(), SizeIs(1));
  purpose = "";
  EXPECT_EQ(perform(ec2, kId, effect(model::EndScout{InstanceId("i-1")}), false).error().code, "NotAScout");
  EXPECT_THAT(ec2.asked<ec2::TerminateInstancesRequest>(), SizeIs(1));
}

TEST(ApplyTags, PutsThemOnAndTakesOthersOffWithTheValuesThatTheyHave) {
  ScriptedEc2 ec2;
  ec2.on<ec2::DescribeInstancesRequest>([](const auto& request) {
    return described(request.instance_ids.at(0), {{"old", "something"}, {"team", "red"}, {"theirs", "x"}});
  });
  model::ApplyTags apply{{{{"i-1"}, {{"team", "blue"}}, {"old", "never"}}}};
  EXPECT_TRUE(perform(ec2, kId, effect(apply), false));
  auto created = ec2.asked<ec2::CreateTagsRequest>();
  ASSERT_THAT(created, SizeIs(1));
  EXPECT_THAT(created[0].tags, ElementsAre(ec2::Tag{"team", "blue"}));
  auto deleted = ec2.asked<ec2::DeleteTagsRequest>();
  ASSERT_THAT(deleted, SizeIs(1));
  EXPECT_THAT(deleted[0].tags, ElementsAre(ec2::Tag{"old", "something"}));
}

TEST(ApplyTags, WhatIsGoneKeepsThemFromNothingElse) {
  ScriptedEc2 ec2;
  ec2.on<ec2::CreateTagsRequest>([](const auto& request) -> Result<ec2::Empty> {
    if (request.resources.at(0) == "vol-1") return ec2::ec2_fail("InvalidVolume.NotFound", "gone");
    return ec2::Empty{};
  });
  model::ApplyTags apply{{{{"vol-1", "vol-2"}, {{"team", "blue"}}, {}}}};
  EXPECT_TRUE(perform(ec2, kId, effect(apply), false));
  EXPECT_THAT(ec2.asked<ec2::CreateTagsRequest>(), SizeIs(2));
}

TEST(TagChanges, AreWhatTheDocumentWantsAndWhatItWantsNoMore) {
  model::Spec before;
  before.compute.tags = {{"team", "red"}, {"old", "1"}};
  before.compute.resource_tags.volumes = true;
  model::Spec after = before;
  after.compute.tags = {{"team", "blue"}};
  after.compute.resource_tags = {false, false, true, false};
  auto tagging = tag_changes(before, after);
  EXPECT_EQ(tagging.instance, (model::TagChange{{{"team", "blue"}}, {"old"}}));
  EXPECT_EQ(tagging.volumes, (model::TagChange{{}, {"team", "old"}})) << "they are not tagged any more";
  EXPECT_EQ(tagging.interface, (model::TagChange{{{"team", "blue"}}, {}}));
}

TEST(Launch, CarriesItsOptions) {
  model::LaunchInstance launch;
  launch.market = {"t3.large", SubnetId("subnet-a"), "z1", model::LifeCycle::on_demand};
  launch.options.key_pair = "me";
  launch.options.ebs_optimized = launch.options.monitoring = true;
  launch.options.tenancy = "dedicated";
  launch.options.cpu_credits = "unlimited";
  launch.options.profile_name = "web";
  launch.options.hop_limit = 2;
  launch.options.metadata_tags = "enabled";
  launch.options.public_ip = true;
  launch.no_devices = {"/dev/sdb"};
  auto request = launch_request(kId, "key", launch);
  EXPECT_EQ(request.key_name, "me");
  EXPECT_EQ(request.ebs_optimized, true);
  EXPECT_EQ(request.monitoring, true);
  EXPECT_EQ(request.tenancy, "dedicated");
  EXPECT_EQ(request.cpu_credits, "unlimited");
  EXPECT_EQ(request.iam_instance_profile, (ec2::IamInstanceProfile{"", "web"}));
  EXPECT_EQ(request.metadata_options, (ec2::MetadataOptions{"", 2, "enabled"}));
  ASSERT_THAT(request.network_interfaces, SizeIs(1));
  EXPECT_EQ(request.network_interfaces[0].associate_public_ip_address, true);
  EXPECT_EQ(request.network_interfaces[0].subnet_id, SubnetId("subnet-a"));
  EXPECT_FALSE(request.subnet_id) << "EC2 takes it in one of the two places only";
  ASSERT_THAT(request.block_device_mappings, SizeIs(1));
  EXPECT_TRUE(request.block_device_mappings[0].no_device);
}

}  // namespace
}  // namespace holdfast::engine
