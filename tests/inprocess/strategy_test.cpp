// Strategy, launch options, the elastic address and tags on whole lives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "ec2/further_ec2.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using cloud::InterruptHow;
using model::Status;
using ::testing::HasSubstr;
namespace json = boost::json;

struct Wanted {
  std::string strategy = "{}";
  std::string launch = "{}";
  std::string compute = "{}";
  std::string mode = "reattach";
  bool private_ip = true;
};

void merge(json::value& into, const std::string& text) {
  const json::value members = json::parse(text);
  for (const auto& member : members.as_object()) into.as_object()[member.key()] = member.value();
}

std::string document_of(const Wanted& wanted) {
  DocumentOptions options;
  options.mode = wanted.mode;
  options.private_ip = wanted.private_ip;
  json::value all = json::parse(document(options));
  merge(all.at("strategy"), wanted.strategy);
  merge(all.at("compute").at("launchSpecification"), wanted.launch);
  merge(all.at("compute"), wanted.compute);
  return json::serialize(all);
}

class StrategyTest : public testing::Test {
 protected:
  ManagedInstanceId bring_up(const Wanted& wanted) {
    auto made = world.create(document_of(wanted));
    EXPECT_TRUE(made) << describe(made.error());
    if (!made) return {};
    EXPECT_TRUE(world.until_status(*made, Status::active)) << world.history(*made);
    return *made;
  }
  const model::State& state(const ManagedInstanceId& id) { return world.view(id)->state; }
  ec2::Instance current(const ManagedInstanceId& id) { return world.instance(state(id).instance->id); }
  void interrupt(const ManagedInstanceId& id) {
    const InstanceId former = state(id).instance->id;
    ASSERT_TRUE(world.cloud().interrupt(former, InterruptHow{}));
    auto replaced = [&] { return state(id).status == Status::active && state(id).instance->id != former; };
    ASSERT_TRUE(world.until(replaced, std::chrono::minutes(5))) << world.history(id);
  }
  // Nothing but the one instance is left.
  void expect_alone(const ManagedInstanceId& id) {
    auto alone = [&] { return world.instances("running").size() == 1 && world.instances("pending").empty(); };
    EXPECT_TRUE(world.until(alone, std::chrono::minutes(5))) << world.history(id);
  }
  std::string allocate() {
    auto answer = world.cloud().perform_further(ec2::FurtherRequest(ec2::AllocateAddressRequest{}));
    EXPECT_TRUE(answer);
    return std::get<ec2::AllocateAddressResponse>(*answer).allocation_id;
  }
  std::string fault(const Wanted& wanted) {
    auto made = world.create(document_of(wanted));
    return made ? "accepted" : made.error().field;
  }
  World world;
};

TEST_F(StrategyTest, RevertsToSpotOnceThereIsRoomAgain) {
  ASSERT_TRUE(world.cloud().set_capacity({"t3.nano", "local-1a", true}, 0));
  ManagedInstanceId id = bring_up({R"({"revertToSpot": {"performAt": "always"}})"});
  EXPECT_EQ(current(id).instance_lifecycle, "");
  auto replaced = [&] { return state(id).generation > 1; };
  EXPECT_FALSE(world.until(replaced, std::chrono::hours(2))) << "no room, no replacement: " << world.history(id);
  ASSERT_TRUE(world.cloud().set_capacity({"t3.nano", "local-1a", true}, 1)) << "for the scout alone, at first";
  auto back = [&] { return state(id).generation > 1 && state(id).status == Status::active; };
  ASSERT_TRUE(world.until(back, std::chrono::hours(3))) << world.history(id);
  EXPECT_EQ(current(id).instance_lifecycle, "spot");
  EXPECT_THAT(world.history(id), HasSubstr("revert_to_spot"));
  expect_alone(id);
}

TEST_F(StrategyTest, MovesToAMuchCheaperMarket) {
  ASSERT_TRUE(world.cloud().set_spot_price({"t3.nano", "local-1a", true}, 0.001));
  ASSERT_TRUE(world.cloud().set_spot_price({"t3.micro", "local-1a", true}, 0.002));
  ManagedInstanceId id =
      bring_up({R"({"orientation": "costOriented"})", R"({"instanceTypes": {"types": ["t3.micro", "t3.nano"]}})"});
  const std::string first = current(id).instance_type;
  // Whichever it began with, the other becomes much cheaper.
  ASSERT_TRUE(world.cloud().set_spot_price({first, "local-1a", true}, 0.01));
  auto moved = [&] { return state(id).generation > 1 && state(id).status == Status::active; };
  ASSERT_TRUE(world.until(moved, std::chrono::hours(3))) << world.history(id);
  EXPECT_NE(current(id).instance_type, first);
  EXPECT_THAT(world.history(id), HasSubstr("cheaper_market"));
  expect_alone(id);
}

TEST_F(StrategyTest, FollowsARebalanceRecommendationOverDeathsOfTheService) {
  Wanted wanted;
  wanted.launch = R"({"instanceTypes": {"types": ["t3.nano", "t3.micro"]}})";
  for (int commit = 1; commit <= 12; ++commit) {
    World lives(static_cast<uint64_t>(commit));
    auto made = lives.create(document_of(wanted));
    ASSERT_TRUE(made);
    ASSERT_TRUE(lives.until_status(*made, Status::active));
    const InstanceId former = lives.view(*made)->state.instance->id;
    lives.store().kill_commit = lives.store().commits + commit;
    lives.store().kill_at = commit % 2 == 0 ? KillAt::before_commit : KillAt::after_commit;
    ASSERT_TRUE(lives.cloud().rebalance(former));
    auto replaced = [&] {
      const model::State& now = lives.view(*made)->state;
      return now.status == Status::active && now.instance->id != former && !now.scout;
    };
    ASSERT_TRUE(lives.until(replaced, std::chrono::minutes(30))) << commit << "\n" << lives.history(*made);
    auto alone = [&] { return lives.instances("running").size() == 1 && lives.instances("pending").empty(); };
    EXPECT_TRUE(lives.until(alone, std::chrono::minutes(5))) << commit << "\n" << lives.history(*made);
    EXPECT_THAT(lives.history(*made), HasSubstr("rebalance"));
  }
}

TEST_F(StrategyTest, LaunchesWithItsOptions) {
  auto key = world.cloud().perform_further(ec2::FurtherRequest(ec2::ImportKeyPairRequest{
      "me", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl", {}}));
  ASSERT_TRUE(key) << describe(key.error());
  Wanted wanted;
  wanted.launch = R"({"keyPair": "me", "ebsOptimized": true, "monitoring": true, "tenancy": "default",
    "creditSpecification": {"cpuCredits": "standard"},
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2, "instanceMetadataTags": "enabled"}})";
  ManagedInstanceId id = bring_up(wanted);
  for (int round = 0; round < 2; ++round) {
    auto shown = current(id);
    EXPECT_EQ(shown.key_name, "me");
    EXPECT_EQ(shown.ebs_optimized, true);
    EXPECT_EQ(shown.monitoring, "enabled");
    EXPECT_EQ(shown.http_tokens, "required");
    EXPECT_EQ(shown.http_put_response_hop_limit, 2);
    EXPECT_EQ(shown.instance_metadata_tags, "enabled");
    if (round == 0) interrupt(id);
  }
}

TEST_F(StrategyTest, WhatThisCloudDoesNotOfferIsRefusedByItsField) {
  auto launch = [](const char* text) {
    Wanted wanted;
    wanted.launch = text;
    wanted.private_ip = false;
    return wanted;
  };
  EXPECT_EQ(fault(launch(R"({"keyPair": "nobodys"})")), "compute.launchSpecification.keyPair");
  EXPECT_EQ(fault(launch(R"({"tenancy": "dedicated"})")), "compute.launchSpecification.tenancy");
  EXPECT_EQ(fault(launch(R"({"iamRole": {"name": "web"}})")), "compute.launchSpecification.iamRole.name");
  EXPECT_EQ(fault(launch(R"({"networkInterfaces": [{"associatePublicIpAddress": true}]})")),
            "compute.launchSpecification.networkInterfaces[0].associatePublicIpAddress");
  EXPECT_EQ(
      fault(launch(R"({"instanceTypes": {"types": ["m5.large"]}, "creditSpecification": {"cpuCredits": "standard"}})")),
      "compute.launchSpecification.creditSpecification.cpuCredits");
  EXPECT_EQ(fault(launch(R"({"networkInterfaces": [{"associatePublicIpAddress": false}]})")), "accepted");
}

TEST_F(StrategyTest, TypesAreFoundByWhatTheyHave) {
  Wanted wanted;
  wanted.launch = R"({"instanceTypes": {"resourceRequirements": {"requiredVCpu": {"minimum": 2, "maximum": 2},
    "requiredMemory": {"minimum": 8, "maximum": 8}, "excludedInstanceFamilies": ["t"]}}})";
  ManagedInstanceId id = bring_up(wanted);
  EXPECT_THAT(current(id).instance_type, HasSubstr("m5"));
  EXPECT_THAT(state(id).surroundings.types, ::testing::ElementsAre("m5.large", "m5a.large", "m6i.large"));
  wanted.launch = R"({"instanceTypes": {"resourceRequirements": {"requiredGpu": {"minimum": 1}}}})";
  EXPECT_EQ(fault(wanted), "compute.launchSpecification.instanceTypes.resourceRequirements");
}

TEST_F(StrategyTest, TheElasticAddressIsTheSameAfterEveryReplacement) {
  for (bool private_ip : {true, false}) {
    Wanted wanted;
    wanted.private_ip = private_ip;
    wanted.compute = "{\"elasticIp\": \"" + allocate() + "\"}";
    ManagedInstanceId id = bring_up(wanted);
    const std::string address = state(id).surroundings.elastic_ip;
    ASSERT_FALSE(address.empty());
    EXPECT_EQ(current(id).public_ip_address, address);
    interrupt(id);
    EXPECT_EQ(current(id).public_ip_address, address) << world.history(id);
    ASSERT_TRUE(world.ask(id, model::PauseAsked{}));
    ASSERT_TRUE(world.until_status(id, Status::paused)) << world.history(id);
    ASSERT_TRUE(world.ask(id, model::ResumeAsked{}));
    ASSERT_TRUE(world.until_status(id, Status::active)) << world.history(id);
    EXPECT_EQ(current(id).public_ip_address, address);
  }
}

TEST_F(StrategyTest, AnElasticAddressIsOneManagedInstancesAlone) {
  Wanted wanted;
  wanted.private_ip = false;
  const std::string allocation = allocate();
  wanted.compute = "{\"elasticIp\": \"" + allocation + "\"}";
  ManagedInstanceId id = bring_up(wanted);
  EXPECT_EQ(fault(wanted), "compute.elasticIp");
  // While nobody has it in the cloud, too.
  ASSERT_TRUE(world.ask(id, model::PauseAsked{}));
  ASSERT_TRUE(world.until_status(id, Status::paused));
  EXPECT_EQ(fault(wanted), "compute.elasticIp");
  wanted.compute = R"({"elasticIp": "eipalloc-00000000000000000"})";
  EXPECT_EQ(fault(wanted), "compute.elasticIp");
}

TEST_F(StrategyTest, TheElasticAddressComesThoughSomebodyHasAttachedAnotherInterface) {
  Wanted wanted;
  ManagedInstanceId id = bring_up(wanted);
  ec2::CreateNetworkInterfaceRequest create;
  create.subnet_id = SubnetId(cloud::kSubnetA);
  auto made = world.cloud().call(create);
  ASSERT_TRUE(made);
  ec2::AttachNetworkInterfaceRequest attach;
  attach.device_index = 1;
  attach.instance_id = state(id).instance->id;
  attach.network_interface_id = made->network_interface.network_interface_id;
  ASSERT_TRUE(world.cloud().perform_further(ec2::FurtherRequest(attach)));
  wanted.compute = "{\"elasticIp\": \"" + allocate() + "\"}";
  ASSERT_TRUE(world.update(id, document_of(wanted)));
  auto there = [&] { return current(id).public_ip_address == state(id).surroundings.elastic_ip; };
  EXPECT_TRUE(world.until(there, std::chrono::minutes(2))) << world.history(id);
}

TEST_F(StrategyTest, AnUndeleteDoesNotTakeAnElasticAddressFromWhoHasItByThen) {
  Wanted wanted;
  wanted.private_ip = false;
  wanted.compute = "{\"elasticIp\": \"" + allocate() + "\"}";
  ManagedInstanceId first = bring_up(wanted);
  ASSERT_TRUE(world.ask(first, model::DeleteAsked{}));
  ASSERT_TRUE(world.until_status(first, Status::deallocated)) << world.history(first);
  ManagedInstanceId second = bring_up(wanted);
  auto undeleted = world.ask(first, model::UndeleteAsked{});
  ASSERT_FALSE(undeleted);
  EXPECT_EQ(undeleted.error().field, "compute.elasticIp");
  EXPECT_THAT(undeleted.error().message, HasSubstr(second.str()));
}

TEST_F(StrategyTest, AnElasticAddressThatTheDocumentGivesUpComesOff) {
  Wanted wanted;
  const std::string allocation = allocate();
  wanted.compute = "{\"elasticIp\": \"" + allocation + "\"}";
  ManagedInstanceId id = bring_up(wanted);
  wanted.compute = "{}";
  ASSERT_TRUE(world.update(id, document_of(wanted)));
  auto off = [&] { return current(id).public_ip_address.empty(); };
  EXPECT_TRUE(world.until(off, std::chrono::minutes(2))) << world.history(id);
  EXPECT_EQ(state(id).generation, 1);
}

TEST_F(StrategyTest, ChangedTagsGoOnWhatRunsOnlyIfThatIsAsked) {
  Wanted wanted;
  wanted.launch = R"({"tags": [{"tagKey": "team", "tagValue": "red"}, {"tagKey": "old", "tagValue": "1"}],
    "resourceTagSpecification": {"volumes": {"shouldTag": true}}})";
  ManagedInstanceId id = bring_up(wanted);
  auto tag = [](const std::vector<ec2::Tag>& tags, const char* key) {
    const std::string* value = ec2::find_tag(tags, key);
    return value == nullptr ? std::string("none") : *value;
  };
  wanted.launch = R"({"tags": [{"tagKey": "team", "tagValue": "blue"}],
    "resourceTagSpecification": {"volumes": {"shouldTag": true}}})";
  ASSERT_TRUE(world.update(id, document_of(wanted)));
  EXPECT_FALSE(world.until([&] { return tag(current(id).tags, "team") == "blue"; }, std::chrono::minutes(5)));
  ASSERT_TRUE(world.update(id, document_of(wanted), true));
  EXPECT_TRUE(world.until([&] { return tag(current(id).tags, "team") == "blue"; }, std::chrono::minutes(5)))
      << world.history(id);
  // What an earlier update took out of the document is gone from it by then; only what this one takes out goes.
  wanted.launch = R"({"resourceTagSpecification": {"volumes": {"shouldTag": true}}})";
  ASSERT_TRUE(world.update(id, document_of(wanted), true));
  auto off = [&] { return tag(current(id).tags, "team") == "none"; };
  EXPECT_TRUE(world.until(off, std::chrono::minutes(5))) << world.history(id);
  for (const auto& volume : world.volumes()) EXPECT_EQ(tag(volume.tags, "team"), "none");
}

}  // namespace
}  // namespace holdfast::inprocess
