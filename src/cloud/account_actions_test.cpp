// Spot requests, key pairs, tags, regions and attributes: on the null substrate.
#include <gmock/gmock.h>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SpotRequests : public TestCloud {
 protected:
  const MarketKey market_{"t3.micro", "local-1a", true};
  static ec2::RequestSpotInstancesRequest request() {
    ec2::RequestSpotInstancesRequest request;
    request.launch_specification.emplace();
    request.launch_specification->image_id = ImageId(kMinimalImage);
    request.launch_specification->instance_type = "t3.micro";
    request.launch_specification->subnet_id = SubnetId(kSubnetA);
    return request;
  }
  std::string ask_one(const ec2::RequestSpotInstancesRequest& wanted) {
    return ok(wanted).spot_instance_requests.at(0).spot_instance_request_id;
  }
  ec2::SpotInstanceRequest look(const std::string& id) {
    ec2::DescribeSpotInstanceRequestsRequest request;
    request.spot_instance_request_ids = {id};
    return ok(request).spot_instance_requests.at(0);
  }
};

TEST_F(SpotRequests, ARequestIsFulfilledAndClosesWithItsInstance) {
  auto made = ok(request()).spot_instance_requests.at(0);
  EXPECT_EQ(made.state, "open");
  EXPECT_EQ(made.status->code, "pending-evaluation");
  auto active = look(made.spot_instance_request_id);
  EXPECT_EQ(active.state, "active");
  EXPECT_EQ(active.status->code, "fulfilled");
  EXPECT_EQ(active.launched_availability_zone, "local-1a");
  settle();
  EXPECT_EQ(instance(active.instance_id).state, "running");
  EXPECT_EQ(instance(active.instance_id).spot_instance_request_id, made.spot_instance_request_id);
  EXPECT_EQ(instance(active.instance_id).instance_lifecycle, "spot");
  terminate(active.instance_id);
  settle();
  EXPECT_EQ(look(made.spot_instance_request_id).state, "closed");
  EXPECT_EQ(look(made.spot_instance_request_id).status->code, "instance-terminated-by-user");
  runtime_.advance(std::chrono::hours(50));
  EXPECT_THAT(ok(ec2::DescribeSpotInstanceRequestsRequest{}).spot_instance_requests, IsEmpty());
}

TEST_F(SpotRequests, ARequestWaitsForCapacityAndForItsPriceAlsoOverARestart) {
  ASSERT_TRUE(cloud_->set_capacity(market_, 0));
  auto waiting = ask_one(request());
  EXPECT_EQ(look(waiting).state, "open");
  EXPECT_EQ(look(waiting).status->code, "capacity-not-available");
  auto cheap = request();
  cheap.spot_price = "0.001";
  auto poor = ask_one(cheap);
  EXPECT_EQ(look(poor).status->code, "price-too-low");
  crash(true);
  reopen();
  EXPECT_EQ(look(waiting).state, "open");
  ASSERT_TRUE(cloud_->set_capacity(market_, std::nullopt));
  EXPECT_EQ(look(waiting).state, "active");
  EXPECT_EQ(look(poor).state, "open");
  ASSERT_TRUE(cloud_->set_spot_price(market_, 0.0009));
  EXPECT_EQ(look(poor).state, "active");
}

TEST_F(SpotRequests, CapacityThatComesFreeGoesToWhoWaits) {
  ASSERT_TRUE(cloud_->set_capacity(market_, 1));
  auto id = launch();
  auto waiting = ask_one(request());
  EXPECT_EQ(look(waiting).state, "open");
  terminate(id);
  settle();
  EXPECT_EQ(look(waiting).state, "active");
  settle();
  EXPECT_EQ(instance(look(waiting).instance_id).state, "running");
}

TEST_F(SpotRequests, ARequestIsCancelledAndItsInstanceRunsOn) {
  auto active = ask_one(request());
  ASSERT_TRUE(cloud_->set_capacity(market_, 0));
  auto open = ask_one(request());
  auto answer = ok(ec2::CancelSpotInstanceRequestsRequest{{active, open}}).cancelled_spot_instance_requests;
  EXPECT_EQ(answer.at(0).state, "cancelled");
  EXPECT_EQ(look(active).status->code, "request-canceled-and-instance-running");
  EXPECT_EQ(look(open).status->code, "canceled-before-fulfillment");
  settle();
  EXPECT_EQ(instance(look(active).instance_id).state, "running");
  ASSERT_TRUE(cloud_->set_capacity(market_, std::nullopt));
  EXPECT_EQ(look(open).state, "cancelled");
  EXPECT_EQ(code(ec2::CancelSpotInstanceRequestsRequest{{"sir-00000000000000abc"}}),
            "InvalidSpotInstanceRequestID.NotFound");
  EXPECT_EQ(code(ec2::CancelSpotInstanceRequestsRequest{{"nonsense"}}), "InvalidSpotInstanceRequestID.Malformed");
}

TEST_F(SpotRequests, ARequestHasItsTime) {
  ASSERT_TRUE(cloud_->set_capacity(market_, 0));
  auto wanted = request();
  wanted.valid_from = runtime_.now() + std::chrono::seconds(60);
  wanted.valid_until = runtime_.now() + std::chrono::seconds(100);
  auto id = ask_one(wanted);
  EXPECT_EQ(look(id).status->code, "not-scheduled-yet");
  runtime_.advance(std::chrono::seconds(61));
  EXPECT_EQ(look(id).status->code, "capacity-not-available");
  runtime_.advance(std::chrono::seconds(60));
  EXPECT_EQ(look(id).state, "cancelled");
  EXPECT_EQ(look(id).status->code, "schedule-expired");
  EXPECT_EQ(code(wanted), "InvalidParameterValue");
}

TEST_F(SpotRequests, ARequestThatCannotBeIsRefusedAndATokenAnswersAgain) {
  auto with = [&](auto change) {
    auto wanted = request();
    change(wanted);
    return code(wanted);
  };
  EXPECT_EQ(with([](auto& r) { r.launch_specification.reset(); }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.type = "persistent"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.instance_interruption_behavior = "stop"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.instance_count = 0; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.launch_specification->image_id = ImageId("ami-0000000000000abcd"); }),
            "InvalidAMIID.NotFound");
  EXPECT_EQ(with([](auto& r) {
              r.launch_specification->subnet_id = SubnetId(), r.launch_specification->availability_zone = "mars";
            }),
            "InvalidZone.NotFound");
  EXPECT_EQ(with([](auto& r) { r.tag_specifications = {{"instance", {}}}; }), "InvalidParameterValue");
  auto wanted = request();
  wanted.client_token = "t", wanted.instance_count = 2;
  auto first = ok(wanted).spot_instance_requests;
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(ok(wanted).spot_instance_requests.at(1).spot_instance_request_id, first[1].spot_instance_request_id);
  wanted.spot_price = "1";
  EXPECT_EQ(code(wanted), "IdempotentParameterMismatch");
}

TEST_F(SpotRequests, BehindTheSpotOptionsOfALaunchStandsARequest) {
  auto wanted = launch_request();
  wanted.tag_specifications = {{"spot-instances-request", {{"a", "b"}}}};
  auto id = ok(wanted).instances.at(0).instance_id;
  settle();
  ec2::DescribeSpotInstanceRequestsRequest request;
  request.filters = {{"instance-id", {id.str()}}, {"tag:a", {"b"}}, {"state", {"active"}}};
  auto found = ok(request).spot_instance_requests;
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].spot_instance_request_id, instance(id).spot_instance_request_id);
  EXPECT_EQ(found[0].launch_specification->instance_type, "t3.micro");
  ASSERT_TRUE(cloud_->interrupt(id, {InterruptHow::Kind::notice, Duration(0)}));
  settle();
  EXPECT_EQ(look(found[0].spot_instance_request_id).status->code, "instance-terminated-no-capacity");
  auto on_demand = launch_request();
  on_demand.spot_options.reset();
  EXPECT_EQ(ok(on_demand).instances.at(0).spot_instance_request_id, "");
}

TEST_F(SpotRequests, ScoresFollowCapacity) {
  ec2::GetSpotPlacementScoresRequest wanted;
  wanted.instance_types = {"t3.micro"}, wanted.target_capacity = 10, wanted.single_availability_zone = true;
  ASSERT_TRUE(cloud_->set_capacity(market_, 3));
  auto scores = ok(wanted).spot_placement_scores;
  ASSERT_THAT(scores, SizeIs(3));
  EXPECT_EQ(scores[0].score, 10);
  EXPECT_EQ(scores[2].score, 3);
  EXPECT_EQ(scores[2].availability_zone_id, "local-1-az1");
  wanted.single_availability_zone.reset();
  EXPECT_EQ(ok(wanted).spot_placement_scores.at(0).region, "local-1");
  wanted.target_capacity = 0;
  EXPECT_EQ(code(wanted), "InvalidParameterValue");
  wanted.target_capacity = 1, wanted.instance_types = {"t3.huge"};
  EXPECT_EQ(code(wanted), "InvalidParameterValue");
  wanted.instance_types.clear();
  EXPECT_EQ(code(wanted), "MissingParameter");
}

class AccountActions : public TestCloud {
 protected:
  std::vector<ec2::KeyPairInfo> keys(std::vector<std::string> names = {}) {
    ec2::DescribeKeyPairsRequest request;
    request.key_names = std::move(names), request.include_public_key = true;
    return ok(request).key_pairs;
  }
};

TEST_F(AccountActions, KeyPairsAreMadeImportedAndDeleted) {
  auto made = ok(ec2::CreateKeyPairRequest{"mine", "", {{"key-pair", {{"a", "b"}}}}, ""});
  EXPECT_TRUE(made.key_material.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_EQ(made.key_fingerprint.size(), 59u);  // SHA-1 with colons
  EXPECT_EQ(code(ec2::CreateKeyPairRequest{"mine", "", {}, ""}), "InvalidKeyPair.Duplicate");
  EXPECT_EQ(code(ec2::CreateKeyPairRequest{"", "", {}, ""}), "MissingParameter");
  EXPECT_EQ(code(ec2::CreateKeyPairRequest{"x", "dsa", {}, ""}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::CreateKeyPairRequest{"x", "", {}, "ppk"}), "InvalidParameterValue");
  auto curve = ok(ec2::CreateKeyPairRequest{"curve", "ed25519", {}, "pem"});
  EXPECT_TRUE(curve.key_material.starts_with("-----BEGIN PRIVATE KEY-----"));
  crash(true);
  reopen();
  ASSERT_THAT(keys(), SizeIs(2));
  auto first = keys({"mine"}).at(0);
  EXPECT_TRUE(first.public_key.starts_with("ssh-rsa AAAA"));
  EXPECT_THAT(first.tags, ElementsAre(ec2::Tag{"a", "b"}));
  // What ssh-keygen and openssl say of this key.
  auto imported = ok(ec2::ImportKeyPairRequest{"curve-again", keys({"curve"}).at(0).public_key + " me@here", {}});
  EXPECT_EQ(imported.key_fingerprint, curve.key_fingerprint);
  EXPECT_EQ(code(ec2::ImportKeyPairRequest{"bad", "ssh-rsa rubbish", {}}), "InvalidKey.Format");
  EXPECT_EQ(code(ec2::ImportKeyPairRequest{"bad", "", {}}), "MissingParameter");
  auto request = launch_request();
  request.key_name = "mine";
  EXPECT_EQ(ok(request).instances.at(0).key_name, "mine");
  request.key_name = "nobody's";
  EXPECT_EQ(code(request), "InvalidKeyPair.NotFound");
  ok(ec2::DeleteKeyPairRequest{"mine", ""});
  ok(ec2::DeleteKeyPairRequest{"mine", ""});  // as on EC2, no error
  EXPECT_EQ(code(ec2::DeleteKeyPairRequest{"", made.key_pair_id}), "InvalidKeyPair.NotFound");
  EXPECT_EQ(code(ec2::DescribeKeyPairsRequest{{}, {"mine"}, {}, {}}), "InvalidKeyPair.NotFound");
}

TEST_F(AccountActions, AnImportedRsaKeyHasEc2sFingerprint) {
  // ssh-keygen -t rsa -b 2048; then openssl rsa -in KEY -pubout -outform DER | openssl md5 -c
  const std::string key =
      "ssh-rsa "
      "AAAAB3NzaC1yc2EAAAADAQABAAABAQCtelmbs1tsOh3WeWJVIODLVN604Zmzw5JuaVAkKZFfSMrmtVVVSdCHijPyGN"
      "3AkfHK6uDRd3CNyA8JP5ECY8AFbxbqomWWnDb7B0xwsIk6V3xOZ2LrcvONZB8H87BvBc8GYRKi9Yca8Oi+KS5SASz1"
      "V2Thm6/JFDYvpHS6jL/q07ntVRHi4Y40nrbAWHJPTB7rZUIRgzTC8aas8bwHlIFoHOG4kjF3tP9QCCMz1JQ9Dx2x/R"
      "ST0kU0/GfFY99QUMAcJsKq8N3XxL4hmMyhMl4eMfI452j4Skb0fCahF7MtZmXh3x0xjStUNHJeU+TQQyNS+gpjAbJi"
      "w+YlspD9lIXr"
      " test";
  EXPECT_EQ(ok(ec2::ImportKeyPairRequest{"rsa", key, {}}).key_fingerprint,
            "2f:4a:21:f2:4b:a1:0a:58:70:61:57:52:02:de:61:d2");
}

TEST_F(AccountActions, TagsOfEverythingAreListed) {
  auto disk = make_volume();
  ok(ec2::CreateTagsRequest{{disk.str(), kSubnetA}, {{"a", "1"}, {"b", "2"}}});
  auto address = ok(ec2::AllocateAddressRequest{}).allocation_id;
  ok(ec2::CreateTagsRequest{{address}, {{"a", "3"}}});
  auto count = [&](std::vector<ec2::Filter> filters) {
    return ok(ec2::DescribeTagsRequest{std::move(filters), 0, ""}).tags.size();
  };
  EXPECT_EQ(count({}), 5u);
  EXPECT_EQ(count({{"resource-type", {"elastic-ip"}}}), 1u);
  EXPECT_EQ(count({{"key", {"a"}}, {"value", {"1"}}}), 2u);
  EXPECT_EQ(count({{"resource-id", {disk.str()}}}), 2u);
  EXPECT_EQ(code(ec2::DescribeTagsRequest{{{"colour", {"x"}}}, 0, ""}), "InvalidParameterValue");
  auto page = ok(ec2::DescribeTagsRequest{{}, 3, ""});
  EXPECT_THAT(page.tags, SizeIs(3));
  EXPECT_THAT(ok(ec2::DescribeTagsRequest{{}, 3, page.next_token}).tags, SizeIs(2));
}

TEST_F(AccountActions, TheRegionAndTheAccountAreDescribed) {
  EXPECT_EQ(ok(ec2::DescribeRegionsRequest{}).regions.at(0).region_name, "local-1");
  EXPECT_EQ(code(ec2::DescribeRegionsRequest{{}, {"eu-west-1"}, {}}), "InvalidParameterValue");
  auto attributes = ok(ec2::DescribeAccountAttributesRequest{{"default-vpc"}}).account_attributes;
  ASSERT_THAT(attributes, SizeIs(1));
  EXPECT_THAT(attributes[0].attribute_values, ElementsAre(kDefaultVpc));
  EXPECT_EQ(ok(ec2::DescribeAccountAttributesRequest{}).account_attributes.size(), 6u);
  EXPECT_EQ(code(ec2::DescribeAccountAttributesRequest{{"colour"}}), "InvalidParameterValue");
}

}  // namespace
}  // namespace holdfast::cloud
