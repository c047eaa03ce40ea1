// Real machines that are changed while they live, and started again: root needed. Each test has a cloud of its own.
#include <gtest/gtest.h>

#include "cloud/linux/linux_substrate.h"
#include "cloud/linux/test_cloud.h"

namespace holdfast::cloud::linux_ {
namespace {

class ChangesOnLinux : public MachinesOnLinux {
 protected:
  Result<void> grow(const std::string& volume, int gib) {
    return cloud_->wait([&](Done done) { cloud_->substrate().grow_volume(VolumeId(volume), gib, std::move(done)); });
  }
  Result<void> snapshots(const InstanceId& machine, const std::vector<SnapshotOfVolume>& all) {
    return cloud_->wait([&](Done done) { cloud_->substrate().create_snapshots(machine, all, std::move(done)); });
  }
  Result<void> copy(const std::string& snapshot, const std::string& from) {
    return cloud_->wait(
        [&](Done done) { cloud_->substrate().copy_snapshot(SnapshotId(snapshot), SnapshotId(from), std::move(done)); });
  }
  Result<void> link(const MachineSpec& spec, const MachineInterface& interface) {
    return cloud_->wait([&](Done done) { cloud_->substrate().attach_interface(spec.id, interface, std::move(done)); });
  }
  Result<void> unlink(const MachineSpec& spec, const InterfaceId& interface) {
    return cloud_->wait([&](Done done) { cloud_->substrate().detach_interface(spec.id, interface, std::move(done)); });
  }
  Result<void> volume_from(const std::string& id, const std::string& snapshot) {
    return cloud_->wait(
        [&](Done done) { cloud_->substrate().create_volume(VolumeId(id), 1, SnapshotId(snapshot), std::move(done)); });
  }
};

TEST_F(ChangesOnLinux, AMachineThatWasStoppedStartsAgainAsItself) {
  const auto spec = launched(10, "#!/bin/bash\necho ran >>/root/ran\n");
  EXPECT_EQ(cloud_->events().wait_for_user_data(spec.id), UserDataOutcome::succeeded);
  ASSERT_OK(cloud_->stop(spec, StopHow::shutdown));
  ASSERT_OK(cloud_->launch(spec));
  EXPECT_EQ(cloud_->events().wait_for_user_data(spec.id, 2), UserDataOutcome::succeeded) << "reported again";
  EXPECT_EQ(cloud_->in(spec, "cat /root/ran"), "ran") << "the same instance does not run it again";
  EXPECT_EQ(cloud_->in(spec, "hostname -I"), spec.interfaces[0].ip);
}

TEST_F(ChangesOnLinux, AVolumeGrowsUnderAMountedFilesystem) {
  const auto spec = launched(10);
  ASSERT_OK(cloud_->volume("vol-data", 1));
  ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-data"), "/dev/sdf"}));
  cloud_->in(spec, "mkfs.ext4 -q /dev/sdf && mount /dev/sdf /mnt && echo kept >/mnt/file && sync");
  ASSERT_OK(grow("vol-data", 3));
  ASSERT_OK(grow("vol-data", 3)) << "told twice";
  ASSERT_OK(grow("vol-data", 2)) << "never smaller";
  EXPECT_EQ(cloud_->in(spec, "perl -e 'open(F, \"<\", \"/dev/sdf\"); print sysseek(F, 0, 2) >> 30'"), "3");
  EXPECT_EQ(cloud_->in(spec, "cat /mnt/file"), "kept");
  cloud_->in(spec, "umount /mnt");
  ASSERT_OK(cloud_->detach(spec, {VolumeId("vol-data"), "/dev/sdf"}));
  ASSERT_OK(grow("vol-data", 4));
  ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-data"), "/dev/sdf"}));
  EXPECT_EQ(cloud_->in(spec, "perl -e 'open(F, \"<\", \"/dev/sdf\"); print sysseek(F, 0, 2) >> 30'"), "4");
  EXPECT_FALSE(grow("vol-none", 2));
}

// A program writes n to the first volume, syncs, then n to the second, syncs. In no moment may the second be ahead, or
// the first ahead by more than one.
TEST_F(ChangesOnLinux, SnapshotsOfASetAreOfOneMoment) {
  const auto spec = launched(10);
  for (const char* name : {"vol-a", "vol-b"}) ASSERT_OK(cloud_->volume(name, 1));
  ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-a"), "/dev/sdf"}));
  ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-b"), "/dev/sdg"}));
  cloud_->in(spec, R"END(cat >/root/writer <<'PERL'
use IO::Handle;
open(my $a, '+<', '/dev/sdf') or die; open(my $b, '+<', '/dev/sdg') or die;
for (my $n = 1; ; ++$n) { for my $f ($a, $b) { sysseek($f, 0, 0); syswrite($f, sprintf('%-512d', $n)); $f->sync or die; } }
PERL
setsid perl /root/writer >/dev/null 2>&1 </dev/null &
until [ "$(head -c 8 /dev/sdg | tr -dc 0-9)" ]; do sleep 0.01; done)END");
  for (int round = 0; round < 5; ++round) {
    const std::string a = fmt::format("snap-a{}", round), b = fmt::format("snap-b{}", round);
    ASSERT_OK(snapshots(spec.id, {{SnapshotId(a), VolumeId("vol-a")}, {SnapshotId(b), VolumeId("vol-b")}}));
    ASSERT_OK(volume_from("vol-x" + a, a));
    ASSERT_OK(volume_from("vol-x" + b, b));
    ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-x" + a), "/dev/sdh"}));
    ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-x" + b), "/dev/sdi"}));
    const auto first = parse_int(cloud_->in(spec, "head -c 16 /dev/sdh | tr -dc 0-9")).value_or(-1);
    const auto second = parse_int(cloud_->in(spec, "head -c 16 /dev/sdi | tr -dc 0-9")).value_or(-1);
    EXPECT_GE(first, 1);
    EXPECT_GE(first, second);
    EXPECT_LE(first - second, 1);
    ASSERT_OK(cloud_->detach(spec, {VolumeId("vol-x" + a), "/dev/sdh"}));
    ASSERT_OK(cloud_->detach(spec, {VolumeId("vol-x" + b), "/dev/sdi"}));
  }
  cloud_->in(spec, "pgrep -f /root/writer >/dev/null");  // it runs on
}

TEST_F(ChangesOnLinux, ACopyOfASnapshotOutlivesIt) {
  const auto spec = launched(10);
  ASSERT_OK(copy("snap-copy", "snap-minimal"));
  ASSERT_OK(copy("snap-copy", "snap-minimal")) << "told twice";
  ASSERT_OK(cloud_->wait(
      [&](Done done) { cloud_->substrate().delete_snapshot(SnapshotId("snap-minimal"), std::move(done)); }));
  auto other = cloud_->spec(11);
  ASSERT_OK(volume_from(other.volumes[0].id.str(), "snap-copy"));
  ASSERT_OK(cloud_->launch(other));
  EXPECT_EQ(cloud_->in(other, "echo alive"), "alive");
  EXPECT_FALSE(copy("snap-other", "snap-none"));
}

TEST_F(ChangesOnLinux, AnInterfaceComesAndGoesWhileTheMachineRuns) {
  const auto spec = launched(10);
  const std::string net = cloud_->gateway().substr(0, cloud_->gateway().find(".0.1"));
  const MachineInterface second{InterfaceId("eni-second"), cloud_->other_subnet().id, "06:00:00:00:01:01",
                                net + ".16.20"};
  ASSERT_OK(link(spec, second));
  ASSERT_OK(link(spec, second)) << "told twice";
  EXPECT_EQ(cloud_->in(spec, "cat /sys/class/net/eth1/address"), second.mac);
  EXPECT_EQ(cloud_->in(spec, "hostname -I"), spec.interfaces[0].ip + " " + second.ip);
  EXPECT_EQ(cloud_->in(spec, "curl -sf http://169.254.169.254/latest/meta-data/network/interfaces/macs/ | wc -w"), "2");

  cloud_->close();  // the service restarts: the machine keeps its link
  cloud_->open();
  auto wired = spec;
  wired.interfaces.push_back(second);
  ASSERT_OK(cloud_->start({wired}));
  EXPECT_EQ(cloud_->in(spec, "cat /sys/class/net/eth1/address"), second.mac);
  ASSERT_OK(unlink(spec, second.id));
  ASSERT_OK(unlink(spec, second.id)) << "told twice";
  EXPECT_EQ(cloud_->in(spec, "ls /sys/class/net | grep -c eth1 || true"), "0");
  EXPECT_EQ(cloud_->in(spec, "curl -sf http://169.254.169.254/latest/meta-data/network/interfaces/macs/ | wc -w"), "1");

  const auto other = launched(11);
  ASSERT_OK(link(other, second)) << "free for another";
  ASSERT_OK(cloud_->stop(other, StopHow::shutdown));
  auto again = other;
  again.interfaces.push_back(second);
  ASSERT_OK(cloud_->launch(again));
  EXPECT_EQ(cloud_->in(again, "cat /sys/class/net/eth1/address"), second.mac);
}

TEST_F(ChangesOnLinux, TokensCanBeRequiredOfARunningMachine) {
  const auto spec = launched(10);
  const std::string ask = "curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/instance-id";
  EXPECT_EQ(cloud_->in(spec, ask), "200");
  cloud_->substrate().set_tokens_required(spec.id, true);
  // Done in the machine's own order: a reboot comes after it, and keeps it.
  ASSERT_OK(cloud_->wait([&](Done done) { cloud_->substrate().reboot(spec.id, std::move(done)); }));
  EXPECT_EQ(cloud_->in(spec, ask), "401");
}

}  // namespace
}  // namespace holdfast::cloud::linux_
