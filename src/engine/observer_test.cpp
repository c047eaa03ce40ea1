#include "engine/observer.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/observer_fixture_test.h"

namespace holdfast::engine {
namespace {

using model::Kind;

TEST_F(ObserverTest, LooksAtAllWhoWantItInOneSetOfDescribes) {
  know(kTwo);
  ec2.on<ec2::DescribeVolumesRequest>([](const auto&) -> Result<ec2::DescribeVolumesResponse> {
    return ec2::DescribeVolumesResponse{{volume("vol-1", tags_for(kOne)), volume("vol-2", tags_for(kTwo))}, ""};
  });
  observer.want(kOne, Kind::volumes | Kind::instances);
  observer.want(kTwo, static_cast<model::Kinds>(Kind::volumes));
  run();
  EXPECT_EQ(ec2.actions(), (std::vector<std::string>{"DescribeInstances", "DescribeVolumes"}));
  auto asked = ec2.asked<ec2::DescribeVolumesRequest>();
  EXPECT_EQ(asked[0].filters[0].name, "tag:holdfast:managed-instance");
  EXPECT_EQ(asked[0].filters[0].values, (std::vector<std::string>{kOne.str(), kTwo.str()}));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].second.kinds, Kind::volumes | Kind::instances);
  ASSERT_EQ(seen[0].second.volumes.size(), 1u);
  EXPECT_EQ(seen[0].second.volumes[0].id.str(), "vol-1");
  EXPECT_EQ(seen[1].second.kinds, static_cast<model::Kinds>(Kind::volumes));
  EXPECT_EQ(seen[1].second.volumes[0].id.str(), "vol-2");
}

TEST_F(ObserverTest, ReadsEveryPage) {
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    if (request.next_token.empty()) return ec2::DescribeVolumesResponse{{volume("vol-1", tags_for(kOne))}, "more"};
    return ec2::DescribeVolumesResponse{{volume("vol-2", tags_for(kOne))}, ""};
  });
  observer.want(kOne, static_cast<model::Kinds>(Kind::volumes));
  run();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.volumes.size(), 2u);
}

TEST_F(ObserverTest, ClaimsNoKindWhosePagesWereNotAllReadAndLooksAgainAfterAPause) {
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    if (request.next_token.empty()) return ec2::DescribeVolumesResponse{{volume("vol-1", tags_for(kOne))}, "more"};
    return ec2::ec2_fail("RequestLimitExceeded", "slow down");
  });
  observer.want(kOne, Kind::volumes | Kind::instances);
  run();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.kinds, static_cast<model::Kinds>(Kind::instances));
  EXPECT_TRUE(seen[0].second.volumes.empty());
  EXPECT_EQ(counters.describes_failed, 1u);

  run();
  EXPECT_EQ(seen.size(), 1u) << "not before the pause is over";
  ASSERT_TRUE(observer.next_pump());
  clock.time = *observer.next_pump();
  ec2.on<ec2::DescribeVolumesRequest>([](const auto&) -> Result<ec2::DescribeVolumesResponse> { return {}; });
  run();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].second.kinds, static_cast<model::Kinds>(Kind::volumes));
  EXPECT_EQ(observer.next_pump(), std::nullopt);
}

TEST_F(ObserverTest, LooksAtOnceAgainIfAskedWhileALookIsUnderWay) {
  const auto volumes = static_cast<model::Kinds>(Kind::volumes);
  observer.want(kOne, volumes);
  observer.pump();
  Time asked_at = clock.time += std::chrono::milliseconds(5);
  observer.want(kOne, volumes);
  observer.pump();
  EXPECT_EQ(workers.jobs.size(), 2u) << "it does not wait for the one that began before";
  clock.time += std::chrono::milliseconds(5);
  observer.want(kOne, volumes);
  observer.pump();
  EXPECT_EQ(workers.jobs.size(), 2u) << "but there are no more than two";
  EXPECT_EQ(observer.next_pump(), std::nullopt);
  workers.run_all();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_LT(seen[0].second.as_of, asked_at);
  EXPECT_GE(seen[1].second.as_of, asked_at);
  run();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_GT(seen[2].second.as_of, seen[1].second.as_of);
}

TEST_F(ObserverTest, NeverGivesAnOlderLookAfterANewerOne) {
  const auto volumes = static_cast<model::Kinds>(Kind::volumes);
  observer.want(kOne, volumes);
  observer.pump();
  clock.time += std::chrono::milliseconds(5);
  observer.want(kOne, volumes);
  observer.pump();
  std::swap(workers.jobs[0], workers.jobs[1]);
  workers.run_all();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.as_of, clock.time);
}

TEST_F(ObserverTest, ALookFromBeforeItWasTakenOverShowsNothingOfIt) {
  know(kTwo);
  observer.want(kOne, static_cast<model::Kinds>(Kind::volumes));
  observer.want(kTwo, static_cast<model::Kinds>(Kind::volumes));
  observer.pump();
  observer.take(kOne);
  workers.run_all();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].first, kTwo);
  observer.want(kOne, static_cast<model::Kinds>(Kind::volumes));
  run();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].first, kOne);
}

TEST_F(ObserverTest, GivesWhatIsAnsweredWithoutWaitingForKindsThatTellNothingOfIt) {
  observer.want(kOne, Kind::volumes | Kind::instances | Kind::snapshots);
  observer.pump();
  ASSERT_EQ(workers.jobs.size(), 3u);
  std::swap(workers.jobs[0], workers.jobs[2]);
  workers.run_one();
  ASSERT_EQ(ec2.actions(), std::vector<std::string>{"DescribeSnapshots"});
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.kinds, static_cast<model::Kinds>(Kind::snapshots));
  workers.run_one();
  EXPECT_EQ(seen.size(), 1u) << "instances and volumes belong together";
  workers.run_one();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].second.kinds, Kind::volumes | Kind::instances);
}

TEST_F(ObserverTest, FindsVolumesThatWereAttachedByHand) {
  ec2.on<ec2::DescribeInstancesRequest>([](const auto&) -> Result<ec2::DescribeInstancesResponse> {
    ec2::Instance instance;
    instance.instance_id = InstanceId("i-1");
    instance.state = "running";
    instance.tags = tags_for(kOne);
    instance.block_device_mappings = {{"/dev/xvda", VolumeId("vol-1"), "attached", false, {}},
                                      {"/dev/sdh", VolumeId("vol-hand"), "attached", false, {}}};
    return ec2::DescribeInstancesResponse{{instance}, ""};
  });
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    if (request.volume_ids.empty()) return ec2::DescribeVolumesResponse{{volume("vol-1", tags_for(kOne))}, ""};
    EXPECT_EQ(request.volume_ids, std::vector<VolumeId>{VolumeId("vol-hand")});
    return ec2::DescribeVolumesResponse{{volume("vol-hand", {})}, ""};
  });
  observer.want(kOne, Kind::volumes | Kind::instances);
  run();
  ASSERT_EQ(seen.size(), 1u);
  ASSERT_EQ(seen[0].second.volumes.size(), 2u);
  EXPECT_EQ(seen[0].second.volumes[1].id.str(), "vol-hand");
}

// A tag taken off by hand, or not in the listing yet.
TEST_F(ObserverTest, AsksByIdForWhatTheStateKnowsAndTheListingLacks) {
  auto view = std::make_shared<View>(*known[kOne]);
  view->state.data["/dev/sdf"].id = VolumeId("vol-untagged");
  view->state.data["/dev/sdg"].id = VolumeId("vol-gone");
  view->state.interface.emplace().id = InterfaceId("eni-untagged");
  known[kOne] = view;
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    for (const VolumeId& id : request.volume_ids) {
      if (id.str() == "vol-gone") return ec2::ec2_fail("InvalidVolume.NotFound", "no");
    }
    if (request.volume_ids.empty()) return ec2::DescribeVolumesResponse{};
    return ec2::DescribeVolumesResponse{{volume("vol-untagged", {})}, ""};
  });
  ec2.on<ec2::DescribeNetworkInterfacesRequest>(
      [](const auto& request) -> Result<ec2::DescribeNetworkInterfacesResponse> {
        if (request.network_interface_ids.empty()) return ec2::DescribeNetworkInterfacesResponse{};
        ec2::NetworkInterface interface;
        interface.network_interface_id = request.network_interface_ids.at(0);
        return ec2::DescribeNetworkInterfacesResponse{{interface}, ""};
      });
  observer.want(kOne, Kind::volumes | Kind::interfaces);
  run();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.kinds, Kind::volumes | Kind::interfaces);
  ASSERT_EQ(seen[0].second.volumes.size(), 1u);
  EXPECT_EQ(seen[0].second.volumes[0].id.str(), "vol-untagged");
  ASSERT_EQ(seen[0].second.interfaces.size(), 1u);
  EXPECT_EQ(seen[0].second.interfaces[0].id.str(), "eni-untagged");
}

TEST_F(ObserverTest, ClaimsNoKindWhoseUnlistedThingsCouldNotBeAskedFor) {
  auto view = std::make_shared<View>(*known[kOne]);
  view->state.root.emplace().id = VolumeId("vol-1");
  known[kOne] = view;
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    if (request.volume_ids.empty()) return ec2::DescribeVolumesResponse{};
    return ec2::ec2_fail("RequestLimitExceeded", "slow down");
  });
  observer.want(kOne, Kind::volumes | Kind::instances);
  run();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.kinds, static_cast<model::Kinds>(Kind::instances));
}

TEST_F(ObserverTest, AsksForStatusesByIdAndLeavesOutOnlyTheUnknownOne) {
  know(kOne, "i-1");
  know(kTwo, "i-new");
  ec2.on<ec2::DescribeInstanceStatusRequest>([](const auto& request) -> Result<ec2::DescribeInstanceStatusResponse> {
    ec2::DescribeInstanceStatusResponse answer;
    for (const InstanceId& id : request.instance_ids) {
      if (id.str() == "i-new") return ec2::ec2_fail("InvalidInstanceID.NotFound", "not yet");
      answer.instance_statuses.push_back({id, "", "running", "ok", "ok"});
    }
    return answer;
  });
  observer.want(kOne, static_cast<model::Kinds>(Kind::status));
  observer.want(kTwo, static_cast<model::Kinds>(Kind::status));
  run();
  ASSERT_EQ(seen.size(), 2u);
  ASSERT_EQ(seen[0].second.statuses.size(), 1u);
  EXPECT_EQ(seen[0].second.statuses[0].check, model::StatusCheck::ok);
  EXPECT_TRUE(seen[1].second.statuses.empty());
}

TEST_F(ObserverTest, NamesNoMoreThanTwoHundredInOneDescribe) {
  for (int i = 0; i < 450; ++i) {
    ManagedInstanceId id("smi-" + std::to_string(10000000 + i));
    know(id);
    observer.want(id, static_cast<model::Kinds>(Kind::volumes));
  }
  run();
  EXPECT_EQ(ec2.asked<ec2::DescribeVolumesRequest>().size(), static_cast<size_t>(Observer::kMostRounds)) << "at once";
  run();
  std::set<std::string> named;
  for (const auto& request : ec2.asked<ec2::DescribeVolumesRequest>()) {
    EXPECT_LE(request.filters[0].values.size(), kMostFilterValues);
    named.insert(request.filters[0].values.begin(), request.filters[0].values.end());
  }
  EXPECT_EQ(named.size(), 450u);
  EXPECT_EQ(seen.size(), 450u);
}

// More than the rounds under way can name want a look again as soon as they had one: nobody waits for the others.
TEST_F(ObserverTest, LooksAtEachInItsTurn) {
  std::vector<ManagedInstanceId> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.emplace_back("smi-" + std::to_string(10000000 + i));
    know(ids.back());
  }
  for (int turn = 0; turn < 3; ++turn) {
    for (const ManagedInstanceId& id : ids) observer.want(id, static_cast<model::Kinds>(Kind::volumes));
    run();
  }
  std::set<ManagedInstanceId> looked_at;
  for (const auto& [id, observation] : seen) looked_at.insert(id);
  EXPECT_EQ(looked_at.size(), ids.size());
}

TEST_F(ObserverTest, SweepsEverythingAndOnlyCountsWhatTheStoreDoesNotKnow) {
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    EXPECT_EQ(request.filters[0].values, std::vector<std::string>{"*"});
    return ec2::DescribeVolumesResponse{{volume("vol-1", tags_for(kOne)), volume("vol-9", tags_for(kTwo))}, ""};
  });
  observer.sweep({kOne});
  run();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.volumes.size(), 1u);
  EXPECT_EQ(counters.orphans, 1u);
  for (const ec2::Request& request : ec2.requests) EXPECT_FALSE(ec2::mutates(request));
}

TEST_F(ObserverTest, ASweepOfInstancesAloneAsksForNothingElseAndSaysNothingOfOrphans) {
  observer.sweep({kOne}, static_cast<model::Kinds>(Kind::instances));
  run();
  EXPECT_EQ(ec2.actions(), std::vector<std::string>{"DescribeInstances"});
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].second.kinds, static_cast<model::Kinds>(Kind::instances));
}

TEST_F(ObserverTest, ASweepThatDidNotBeginIsMadeUpForByTheNext) {
  observer.sweep({kOne}, model::kAllKinds);
  observer.sweep({kOne}, static_cast<model::Kinds>(Kind::instances));
  run();
  EXPECT_EQ(ec2.actions().size(), 5u);
}

TEST_F(ObserverTest, DoesNotOverwriteWhatALookHasShownByAnOlderSweep) {
  observer.sweep({kOne});
  observer.pump();
  clock.time += std::chrono::milliseconds(5);
  std::deque<std::function<void()>> sweep;
  sweep.swap(workers.jobs);
  observer.want(kOne, static_cast<model::Kinds>(Kind::volumes));
  run();
  ASSERT_EQ(seen.size(), 1u);
  workers.jobs.swap(sweep);
  workers.run_all();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_TRUE(model::has(seen[1].second.kinds, Kind::instances));
  EXPECT_FALSE(model::has(seen[1].second.kinds, Kind::volumes));
}

}  // namespace
}  // namespace holdfast::engine
