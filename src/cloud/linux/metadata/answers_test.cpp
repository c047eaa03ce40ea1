#include "cloud/linux/metadata/answers.h"

#include <gtest/gtest.h>

namespace holdfast::cloud::linux_ {
namespace {

const TokenKey key({1, 2});
const Time now = from_millis(1'700'000'000'000);

MachineFacts facts() {
  MachineFacts facts;
  facts.spec.id = InstanceId("i-1");
  facts.spec.root_device = "/dev/xvda";
  facts.spec.volumes = {{VolumeId("vol-1"), "/dev/xvda"}, {VolumeId("vol-2"), "/dev/sdf"}};
  facts.spec.interfaces = {{InterfaceId("eni-1"), SubnetId("subnet-1"), "06:00:00:00:00:01", "10.31.0.7"}};
  facts.spec.identity = {ImageId("ami-1"), "t3.micro", "local-1a", "local-1", "spot", {{"Name", "one"}}};
  facts.cidrs = {"10.31.0.0/20"};
  return facts;
}

http::Response ask(const MachineFacts& facts, const std::string& path, std::map<std::string, std::string> headers = {},
                   const std::string& method = "GET") {
  http::Request request;
  request.method = method;
  request.path = path;
  request.headers = std::move(headers);
  return answer(facts, key, now, request);
}

TEST(Metadata, ListsFoldersAsEc2Does) {
  EXPECT_EQ(ask(facts(), "/latest").body, "dynamic/\nmeta-data/");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/placement/").body, "availability-zone\nregion");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/placement").body, "availability-zone\nregion");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/network/interfaces/macs/").body, "06:00:00:00:00:01/");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/placement/availability-zone").body, "local-1a");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/tags/instance/Name").body, "one");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/block-device-mapping/ebs1").body, "sdf");
  EXPECT_EQ(ask(facts(), "/latest/meta-data/nothing").status, 404);
  EXPECT_EQ(ask(facts(), "/latest/user-data").status, 404);
  EXPECT_EQ(ask(facts(), "/latestmeta-data").status, 404);
}

TEST(Metadata, ShowsANoticeOnlyWhenThereIsOne) {
  auto machine = facts();
  EXPECT_EQ(ask(machine, "/latest/meta-data/spot/instance-action").status, 404);
  EXPECT_EQ(ask(machine, "/latest/meta-data/events/recommendations/rebalance").status, 404);
  machine.notice = InterruptionNotice{"terminate", now};
  machine.rebalance = now;
  EXPECT_EQ(ask(machine, "/latest/meta-data/spot/instance-action").body,
            R"({"action":"terminate","time":"2023-11-14T22:13:20Z"})");
  EXPECT_EQ(ask(machine, "/latest/meta-data/spot/termination-time").body, "2023-11-14T22:13:20Z");
  EXPECT_EQ(ask(machine, "/latest/meta-data/events/recommendations/rebalance").body,
            R"({"noticeTime":"2023-11-14T22:13:20Z"})");
}

TEST(Metadata, GivesTokensAndHoldsToThem) {
  auto machine = facts();
  machine.spec.imds_tokens_required = true;
  const std::string path = "/latest/meta-data/instance-id";
  EXPECT_EQ(ask(machine, path).status, 401);
  const std::map<std::string, std::string> ttl = {{"x-aws-ec2-metadata-token-ttl-seconds", "60"}};
  const auto token = ask(machine, "/latest/api/token", ttl, "PUT");
  ASSERT_EQ(token.status, 200);
  EXPECT_EQ(ask(machine, path, {{"x-aws-ec2-metadata-token", token.body}}).body, "i-1");
  EXPECT_EQ(ask(machine, path, {{"x-aws-ec2-metadata-token", token.body + "0"}}).status, 401);
  EXPECT_EQ(ask(facts(), path, {{"x-aws-ec2-metadata-token", "wrong"}}).status, 401) << "also where none is required";
  EXPECT_FALSE(key.valid(token.body, InstanceId("i-2"), now)) << "of another machine";
  EXPECT_FALSE(key.valid(token.body, InstanceId("i-1"), now + std::chrono::seconds(61))) << "too old";
  EXPECT_EQ(ask(machine, "/latest/api/token", {}, "PUT").status, 400);
  EXPECT_EQ(ask(machine, "/latest/api/token", {{"x-aws-ec2-metadata-token-ttl-seconds", "21601"}}, "PUT").status, 400);
  EXPECT_EQ(ask(machine, "/latest/api/token",
                {{"x-aws-ec2-metadata-token-ttl-seconds", "60"}, {"x-forwarded-for", "10.0.0.1"}}, "PUT")
                .status,
            403);
}

TEST(Metadata, KeyedHashIsSipHash) {
  // The reference's test vector: key 00…0f, message 00…0e.
  std::string message;
  for (char c = 0; c < 15; ++c) message += c;
  EXPECT_EQ(keyed_hash({0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL}, message), 0xa129ca6149be45e5ULL);
}

}  // namespace
}  // namespace holdfast::cloud::linux_
