// The service dies in the middle of every transition and is opened again, with the substrate having done what it was
// told (kept) or not (lost); and whatever is called in whatever order, a volume is never attached twice.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/random.h"
#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using ::testing::IsEmpty;

class Restart : public TestCloud, public ::testing::WithParamInterface<bool> {
 protected:
  void crash_now() {
    crash(GetParam());
    slow(Duration(0));
    reopen();
  }
};

constexpr Duration kSlow = std::chrono::milliseconds(100);

TEST_P(Restart, FinishesALaunchWithTheSameIds) {
  slow(kSlow);
  auto made = ok(launch_request()).instances.at(0);
  crash_now();  // volume being made
  EXPECT_EQ(instance(made.instance_id).state, "running");
  slow(kSlow);
  auto second = ok(launch_request()).instances.at(0);
  runtime_.advance(kSlow + kMoment);  // volume made, machine being launched
  crash_now();
  EXPECT_EQ(instance(second.instance_id).state, "running");
  EXPECT_EQ(instance(second.instance_id).private_ip_address, second.private_ip_address);
  EXPECT_EQ(substrate_->machines().size(), 2u);
  EXPECT_EQ(substrate_->volumes().size(), 2u);
}

TEST_P(Restart, FinishesATerminationAndFreesWhatIsKept) {
  auto eni = make_interface();
  auto id = ok(launch_with(eni)).instances.at(0).instance_id;
  settle();
  auto disk = root_of(id);
  ok(ec2::ModifyInstanceAttributeRequest{id, {{"/dev/xvda", false}}});
  slow(kSlow);
  terminate(id);
  crash_now();
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(volume(disk).state, "available");
  EXPECT_EQ(interface(eni).status, "available");
  EXPECT_THAT(substrate_->machines(), IsEmpty());
}

TEST_P(Restart, FinishesVolumeAttachDetachAndDelete) {
  auto id = launch();
  slow(kSlow);
  ec2::CreateVolumeRequest request;
  request.availability_zone = "local-1a", request.size = 1;
  auto disk = ok(request).volume.volume_id;
  crash_now();
  EXPECT_EQ(volume(disk).state, "available");
  slow(kSlow);
  ok(ec2::AttachVolumeRequest{disk, id, "/dev/sdf"});
  crash_now();
  EXPECT_EQ(volume(disk).attachments.at(0).state, "attached");
  EXPECT_EQ(substrate_->attachments().at(disk), id);
  slow(kSlow);
  ok(ec2::DetachVolumeRequest{disk, id, "", false});
  crash_now();
  EXPECT_EQ(volume(disk).state, "available");
  EXPECT_EQ(substrate_->attachments().count(disk), 0u);
  slow(kSlow);
  ok(ec2::DeleteVolumeRequest{disk});
  crash_now();
  EXPECT_EQ(code(ec2::DescribeVolumesRequest{{disk}, {}, 0, ""}), "InvalidVolume.NotFound");
  EXPECT_EQ(substrate_->volumes().count(disk), 0u);
}

TEST_P(Restart, ASnapshotOfAnUnattachedVolumeIsFinished) {
  auto disk = make_volume();
  slow(kSlow);
  auto made = ok(ec2::CreateSnapshotRequest{disk, "", {}}).snapshot.snapshot_id;
  crash_now();
  EXPECT_EQ(snapshot(made).state, "completed");
  EXPECT_EQ(substrate_->snapshots().count(made), 1u);
  slow(kSlow);
  ok(ec2::DeleteSnapshotRequest{made});
  crash_now();
  EXPECT_EQ(substrate_->snapshots().count(made), 0u);
}

TEST_P(Restart, ASnapshotOfAVolumeThatMayHaveBeenWrittenSinceIsAnError) {
  auto id = launch();
  slow(kSlow);
  auto made = ok(ec2::CreateSnapshotRequest{root_of(id), "", {}}).snapshot.snapshot_id;
  crash_now();
  EXPECT_EQ(snapshot(made).state, "error");
}

TEST_P(Restart, ANoticeKeepsItsDeadline) {
  auto id = launch();
  ASSERT_TRUE(cloud_->interrupt(id, {InterruptHow::Kind::notice, std::chrono::seconds(30)}));
  Time deadline = *cloud_->instances().at(0).interruption_at;
  crash_now();
  EXPECT_EQ(*cloud_->instances().at(0).interruption_at, deadline);
  EXPECT_EQ(substrate_->notice(id)->at, deadline);
  runtime_.advance(std::chrono::seconds(25));
  EXPECT_EQ(instance(id).state, "running");
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(instance(id).state_reason->code, "Server.SpotInstanceTermination");
}

TEST_P(Restart, AnImageBeingBuiltIsFinished) {
  slow(kSlow);
  auto id = cloud_->build_image(kDebianImageName);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->str(), kDebianImage);
  crash_now();
  auto images = ok(ec2::DescribeImagesRequest{{*id}, {}, {}, 0, ""}).images;
  EXPECT_EQ(images.at(0).state, "available");
}

INSTANTIATE_TEST_SUITE_P(Substrate, Restart, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Kept" : "Lost"; });

class Life : public TestCloud {};

// Written to an unlinked file it would be lost at the next start, and the machines of it nobody's.
TEST_F(Life, NothingIsDoneWhenTheStoresFileWasRemoved) {
  const auto file = std::filesystem::path(dir_) / "cloud.sqlite";
  const auto away = std::filesystem::path(dir_) / "away";
  std::filesystem::rename(file, away);
  EXPECT_EQ(code(launch_request()), "Unavailable");
  settle();
  EXPECT_THAT(substrate_->machines(), IsEmpty());
  std::filesystem::rename(away, file);
  EXPECT_EQ(instance(launch()).state, "running");
}

TEST_F(Life, AMachineThatVanishedWhileTheServiceWasDownIsTerminatedAndGivesBackItsVolumes) {
  auto id = launch();
  auto disk = make_volume();
  ok(ec2::AttachVolumeRequest{disk, id, "/dev/sdf"});
  settle();
  crash(true);
  ASSERT_TRUE(substrate_->tear_down(false));  // the host rebooted
  reopen();
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(instance(id).state_reason->code, "Server.InternalError");
  EXPECT_EQ(volume(disk).state, "available");
}

TEST_F(Life, AMachineThatEndsByItselfTerminatesItsInstance) {
  auto id = launch(), other = launch();
  substrate_->end_machine(id, std::string(kGuestShutdown) + ": poweroff");
  substrate_->end_machine(other, "killed");
  settle();
  EXPECT_EQ(instance(id).state_reason->code, "Client.InstanceInitiatedShutdown");
  EXPECT_EQ(instance(other).state_reason->code, "Server.InternalError");
  EXPECT_EQ(instance(other).state, "terminated");
}

TEST_F(Life, ANoticeIsShownAnnouncedAndKept) {
  auto id = launch();
  ASSERT_TRUE(cloud_->interrupt(id, {}));
  settle();
  EXPECT_EQ(events_.back().detail_type, ec2::kInterruptionWarning);
  EXPECT_EQ(events_.back().deadline, substrate_->notice(id)->at);
  runtime_.advance(std::chrono::seconds(119));
  EXPECT_EQ(instance(id).state, "running");
  runtime_.advance(std::chrono::seconds(2));
  EXPECT_EQ(instance(id).state, "terminated");
  auto on_demand = launch_request();
  on_demand.spot_options.reset();
  auto steady = ok(on_demand).instances.at(0).instance_id;
  settle();
  EXPECT_EQ(cloud_->interrupt(steady, {}).error().code, "OperationNotPermitted");
  ASSERT_TRUE(cloud_->interrupt(steady, {InterruptHow::Kind::power_cut, {}}));
  settle();
  EXPECT_EQ(instance(steady).state_reason->code, "Server.InternalError");
  EXPECT_EQ(cloud_->interrupt(steady, {}).error().code, "IncorrectInstanceState");
}

TEST_F(Life, APoolThatIsFullFailsTheLaunchAndNothingStays) {
  NullOptions full;
  full.free_bytes = 0;
  substrate_->set_options(full);
  EXPECT_EQ(code(launch_request()), "InsufficientVolumeCapacity");
  substrate_->set_options({});
  auto id = ok(launch_request()).instances.at(0).instance_id;
  substrate_->set_options(full);  // it fills up between the answer and the making
  settle();
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(instance(id).state_reason->code, "Client.VolumeLimitExceeded");
  EXPECT_THAT(ok(ec2::DescribeVolumesRequest{}).volumes, IsEmpty());
  EXPECT_THAT(ok(ec2::DescribeNetworkInterfacesRequest{}).network_interfaces, IsEmpty());
}

TEST_F(Life, ASecondServiceOnTheDirectoryIsRefused) {
  auto second = Cloud::open(options_, *substrate_, runtime_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
}

TEST_F(Life, IdsAreNeverDrawnTwiceAlsoWithAFixedSeed) {
  auto first = make_volume();
  ok(ec2::DeleteVolumeRequest{first});
  settle();
  crash(true);
  reopen();
  for (int i = 0; i < 20; ++i) EXPECT_NE(make_volume(), first);
}

// The disk is full: the store's file may not grow any further.
class FullStore : public TestCloud {
 protected:
  void limit_files(bool on) {
    struct rlimit limit {};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = on ? 4096 : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullStore() { signal(SIGXFSZ, SIG_IGN); }
  ~FullStore() override { limit_files(false); }
};

TEST_F(FullStore, AnswersUnavailableDoesNothingAndRecovers) {
  auto id = launch();
  auto before = ok(ec2::DescribeVolumesRequest{}).volumes.size();
  limit_files(true);
  ec2::CreateVolumeRequest request;
  request.availability_zone = "local-1a", request.size = 1;
  auto answer = cloud_->call(request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, "Unavailable");
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  substrate_->end_machine(id, "killed");  // has happened: must not be lost
  settle();
  EXPECT_EQ(instance(id).state, "running");
  EXPECT_EQ(ok(ec2::DescribeVolumesRequest{}).volumes.size(), before);
  limit_files(false);
  runtime_.advance(std::chrono::seconds(2));
  EXPECT_EQ(instance(id).state, "terminated");
  ok(request);
}

// Any sequence of calls and deaths: each volume has at most one attachment, to an instance that lists it, and the
// substrate never holds it in another machine.
class AnySequence : public TestCloud, public ::testing::WithParamInterface<int> {
 protected:
  template <class List>
  static auto any(Random& random, const List& list) {
    return list.at(random.below(list.size()));
  }

  void step(Random& random) {
    auto instances = ok(ec2::DescribeInstancesRequest{}).instances;
    auto volumes = ok(ec2::DescribeVolumesRequest{}).volumes;
    bool both = !instances.empty() && !volumes.empty();
    auto ignore = [](const auto& answer) { return answer.has_value(); };
    switch (random.below(12)) {
      case 0:
      case 1:
        ignore(cloud_->call(launch_request()));
        break;
      case 2:
        ignore(cloud_->call(ec2::CreateVolumeRequest{"local-1a", 1, {}, "", {}, {}, {}, "", {}}));
        break;
      case 3:
      case 4:
      case 5: {
        if (!both) break;
        std::string device = "/dev/sd" + std::string(1, static_cast<char>('f' + random.below(3)));
        ignore(cloud_->call(
            ec2::AttachVolumeRequest{any(random, volumes).volume_id, any(random, instances).instance_id, device}));
        break;
      }
      case 6:
        if (both)
          ignore(cloud_->call(
              ec2::DetachVolumeRequest{any(random, volumes).volume_id, InstanceId(), "", random.below(2) == 0}));
        break;
      case 7:
        if (!instances.empty())
          ignore(cloud_->call(ec2::TerminateInstancesRequest{{any(random, instances).instance_id}}));
        break;
      case 8:
        if (!volumes.empty()) ignore(cloud_->call(ec2::DeleteVolumeRequest{any(random, volumes).volume_id}));
        break;
      case 9:
        if (!instances.empty()) substrate_->end_machine(any(random, instances).instance_id, "killed");
        break;
      case 10:
        if (!instances.empty())
          ignore(cloud_->interrupt(any(random, instances).instance_id, {InterruptHow::Kind::power_cut, {}}));
        break;
      default:
        crash(random.below(2) == 0);
        open();
    }
    slow(Duration(random.below(50)));
    runtime_.advance(Duration(random.below(80)));
  }

  void check() {
    std::map<VolumeId, InstanceId> listed;
    for (const auto& instance : ok(ec2::DescribeInstancesRequest{}).instances) {
      for (const auto& device : instance.block_device_mappings) {
        EXPECT_TRUE(listed.emplace(device.volume_id, instance.instance_id).second) << device.volume_id;
      }
    }
    for (const auto& volume : ok(ec2::DescribeVolumesRequest{}).volumes) {
      ASSERT_LE(volume.attachments.size(), 1u);
      InstanceId holder = volume.attachments.empty() ? InstanceId() : volume.attachments[0].instance_id;
      EXPECT_EQ(listed[volume.volume_id], holder);
      auto held = substrate_->attachments();
      // What the substrate holds the model knows; `available` is said only when it holds nothing.
      if (held.count(volume.volume_id) == 0) continue;
      EXPECT_EQ(held[volume.volume_id], holder) << volume.volume_id;
    }
  }
};

TEST_P(AnySequence, NeverAttachesAVolumeTwice) {
  Random random(static_cast<uint64_t>(GetParam()));
  for (int i = 0; i < 150 && !HasFailure(); ++i) {
    step(random);
    check();
  }
  slow(Duration(0));
  runtime_.advance(std::chrono::seconds(5));
  for (const auto& instance : ok(ec2::DescribeInstancesRequest{}).instances) {  // everything under way has ended
    EXPECT_THAT(instance.state, ::testing::AnyOf("running", "terminated")) << instance.instance_id;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnySequence, ::testing::Range(1, 21));

}  // namespace
}  // namespace holdfast::cloud
