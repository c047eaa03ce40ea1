// Events as AWS's documentation shows them.
#include "aws/event_json.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "aws/sqs.h"

namespace holdfast::aws {
namespace {

std::string event(const std::string& type, const std::string& detail, const std::string& resources = "[]") {
  return fmt::format(
      R"({{"version":"0","id":"12345678-1234-1234-1234-123456789012","detail-type":"{}","source":"aws.ec2",)"
      R"("account":"123456789012","time":"2026-11-24T12:00:00Z","region":"us-east-2","resources":{},"detail":{}}})",
      type, resources, detail);
}

const Time kTime = from_iso("2026-11-24T12:00:00Z").value();

TEST(Event, InterruptionWarningHasADeadline) {
  auto events = read_event(event(ec2::kInterruptionWarning, R"({"instance-id":"i-0abc","instance-action":"terminate"})",
                                 R"(["arn:aws:ec2:us-east-2a:instance/i-0abc"])"));
  ASSERT_TRUE(events) << describe(events.error());
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->at(0).resource, "i-0abc");
  EXPECT_EQ(events->at(0).time, kTime);
  EXPECT_EQ(events->at(0).state, "terminate");
  EXPECT_EQ(events->at(0).deadline, kTime + std::chrono::minutes(2));
  events = read_event(event(ec2::kInterruptionWarning, R"({"instance-id":"i-0abc","instance-action":"hibernate"})"));
  EXPECT_EQ(events->at(0).deadline, kTime);
}

TEST(Event, RebalanceAndStateChange) {
  EXPECT_EQ(read_event(event(ec2::kRebalanceRecommendation, R"({"instance-id":"i-1"})"))->at(0).detail_type,
            ec2::kRebalanceRecommendation);
  auto change = read_event(event(ec2::kInstanceStateChange, R"({"instance-id":"i-1","state":"stopping"})"));
  EXPECT_EQ(change->at(0).state, "stopping");
  EXPECT_FALSE(read_event(event(ec2::kInstanceStateChange, R"({"instance-id":"i-1"})")));
}

TEST(Event, NotificationsOfVolumesAndSnapshots) {
  auto snapshot = read_event(event(
      ec2::kSnapshotNotification,
      R"({"event":"createSnapshot","result":"succeeded","cause":"","snapshot_id":"arn:aws:ec2::us-west-2:snapshot/snap-012",)"
      R"("source":"arn:aws:ec2::us-west-2:volume/vol-01"})"));
  ASSERT_TRUE(snapshot) << describe(snapshot.error());
  EXPECT_EQ(snapshot->at(0).resource, "snap-012");
  EXPECT_EQ(snapshot->at(0).state, "succeeded");
  auto several = read_event(event(
      ec2::kMultiVolumeSnapshots,
      R"({"event":"createSnapshots","result":"succeeded","snapshots":[{"snapshot_id":"arn:aws:ec2::us-east-1:snapshot/snap-01",)"
      R"("source":"arn:aws:ec2::us-east-1:volume/vol-01","status":"completed"},{"snapshot_id":"arn:aws:ec2::us-east-1:snapshot/snap-02","status":"error"}]})"));
  ASSERT_EQ(several->size(), 2u);
  EXPECT_EQ(several->at(1).resource, "snap-02");
  EXPECT_EQ(several->at(1).state, "error");
  auto volume = read_event(event(ec2::kVolumeNotification, R"({"result":"failed","cause":"x","event":"attachVolume"})",
                                 R"(["arn:aws:ec2:us-east-1:1:volume/vol-0a","arn:aws:kms:us-east-1:1:key/b"])"));
  ASSERT_EQ(volume->size(), 1u);
  EXPECT_EQ(volume->at(0).resource, "vol-0a");
  EXPECT_EQ(volume->at(0).state, "failed");
}

TEST(Event, WhatHealthHasPlanned) {
  const char* detail =
      R"({"service":"EC2","eventTypeCode":"AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED","eventTypeCategory":"scheduledChange",)"
      R"("startTime":"Tue, 01 Dec 2026 15:10:09 GMT","affectedEntities":[{"entityValue":"i-1"},{"entityValue":"i-2"}]})";
  auto events = read_event(event(ec2::kHealthEvent, detail, R"(["i-1"])"));
  ASSERT_TRUE(events) << describe(events.error());
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(events->at(1).resource, "i-2");
  EXPECT_EQ(events->at(0).state, "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED");
  EXPECT_EQ(to_iso(*events->at(0).deadline), "2026-12-01T15:10:09.000Z");
  EXPECT_TRUE(read_event(event(ec2::kHealthEvent, R"({"service":"RDS","eventTypeCategory":"issue"})"))->empty());
}

TEST(Event, KindsThatNobodyWaitsForAreNoErrors) {
  EXPECT_TRUE(read_event(event("EC2 Fleet Instance Change", "{}"))->empty());
}

TEST(Event, MalformedOnesAreRefused) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{"), std::string("{}"), std::string("\xff"),
        std::string(100'000, '['), event(ec2::kInterruptionWarning, R"({"instance-id":"../etc"})"),
        event(ec2::kInterruptionWarning, R"({"instance-id":7})"), event(ec2::kInterruptionWarning, "[]"),
        event(ec2::kInterruptionWarning, R"({"instance-id":"i-"})"),
        event(ec2::kMultiVolumeSnapshots, R"({"snapshots":[7]})"), event(ec2::kVolumeNotification, "{}", "[7]"),
        event(ec2::kSnapshotNotification, R"({"snapshot_id":"vol-1"})"),
        std::string(R"({"detail-type":"EC2 Instance State-change Notification","time":"soon","detail":{}})")}) {
    auto events = read_event(text);
    ASSERT_FALSE(events) << text.substr(0, 100);
    EXPECT_EQ(events.error().code, "MalformedEvent");
  }
}

TEST(Queue, TheRegionIsInTheHostsName) {
  EXPECT_EQ(region_of_queue("sqs.eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_queue("eu-west-1.queue.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_queue("sqs.cn-north-1.amazonaws.com.cn"), "cn-north-1");
  EXPECT_EQ(region_of_queue("vpce-1.sqs.eu-west-1.vpce.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_queue("127.0.0.1:8080"), std::nullopt);
  EXPECT_EQ(region_of_queue("sqs.eu-west-1.amazonaws.com.evil.example"), std::nullopt);
}

}  // namespace
}  // namespace holdfast::aws
