// Machines and the life of the service: restarts, crashes, and an end that leaves nothing. Root needed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <filesystem>
#include <thread>

#include "cloud/linux/machines/record.h"
#include "cloud/linux/network/names.h"
#include "cloud/linux/network/netlink.h"
#include "cloud/linux/process.h"
#include "cloud/linux/small_files.h"
#include "cloud/linux/storage/loop_device.h"
#include "cloud/linux/test_cloud.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int kNotEntered = 125;  // of a command whose machine is ending

class RestartOnLinux : public MachinesOnLinux {
 protected:
  pid_t init_of(const MachineSpec& spec) {
    const auto records = MachineRecords::open(cloud_->data_dir() + "/machines").value().all();
    for (const auto& record : records.value()) {
      if (record.id == spec.id) return record.init.pid;
    }
    return 0;
  }
};

TEST_F(RestartOnLinux, MachinesLiveOnAndAreFoundAgain) {
  auto spec = launched(10, "#!/bin/sh\ntrue\n");
  ASSERT_EQ(cloud_->events().wait_for_user_data(spec.id), UserDataOutcome::succeeded);
  const auto dead = launched(11, "#!/bin/sh\nsleep 1000\n");
  cloud_->in(spec, "echo marked >/run/mark; echo before >/dev/console");
  const pid_t dying = init_of(dead);
  cloud_->close();
  ASSERT_GT(dying, 0);
  ASSERT_EQ(::kill(dying, SIGKILL), 0);  // ours: a machine of this test
  while (::waitpid(dying, nullptr, 0) < 0 && errno == EINTR) {
  }

  cloud_->open();
  const auto seen = cloud_->start({spec, dead});
  ASSERT_TRUE(seen) << describe(seen.error());
  ASSERT_EQ(seen->size(), 2u);
  for (const auto& machine : *seen) {
    EXPECT_EQ(machine.running, machine.id == spec.id);
    EXPECT_EQ(machine.user_data == UserDataOutcome::succeeded, machine.id == spec.id);
  }
  EXPECT_EQ(cloud_->in(spec, "cat /run/mark"), "marked");
  EXPECT_EQ(cloud_->in(spec, "curl -sf -m 5 http://169.254.169.254/latest/meta-data/instance-id"), spec.id.str());
  cloud_->in(spec, "echo after >/dev/console");
  const AttachedVolume root_of_dead = {dead.volumes[0].id, "/dev/sdf"};
  ASSERT_OK(cloud_->attach(spec, root_of_dead)) << "what the dead one held is free";
  ASSERT_OK(cloud_->stop(spec, StopHow::kill));
  const auto console = cloud_->substrate().console_output(spec.id);
  ASSERT_TRUE(console);
  EXPECT_NE(console->find("before"), std::string::npos) << *console;
  EXPECT_NE(console->find("after"), std::string::npos) << *console;
}

TEST_F(RestartOnLinux, TheEndOfAMachineFoundAgainIsNoticed) {
  const auto spec = launched(10);
  cloud_->close();
  cloud_->open();
  ASSERT_TRUE(cloud_->start({spec}));
  cloud_->in(spec, "setsid sh -c 'sleep 0.1; kill -TERM 1' >/dev/null 2>&1 &");
  EXPECT_TRUE(cloud_->events().wait_for_end(spec.id).has_value());
}

TEST_F(RestartOnLinux, ALaunchThatIsRepeatedChangesNothing) {
  const auto spec = launched(10);
  cloud_->in(spec, "echo marked >/run/mark");
  ASSERT_OK(cloud_->launch(spec));
  EXPECT_EQ(cloud_->in(spec, "cat /run/mark"), "marked");
  ASSERT_OK(cloud_->stop(spec, StopHow::kill));
  ASSERT_OK(cloud_->stop(spec, StopHow::kill)) << "told twice";
}

TEST_F(RestartOnLinux, AFailedLaunchLeavesNothing) {
  auto spec = cloud_->spec(10);
  ASSERT_OK(cloud_->volume("vol-root-10", 1));  // blank: no filesystem
  const auto result = cloud_->launch(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "InvalidRootVolume") << describe(result.error());
  ASSERT_OK(
      cloud_->wait([&](Done done) { cloud_->substrate().delete_volume(VolumeId("vol-root-10"), std::move(done)); }));
  EXPECT_TRUE(std::filesystem::is_empty(cloud_->data_dir() + "/machines"));

  ASSERT_OK(cloud_->volume("vol-root-11", 1, "minimal"));
  spec = cloud_->spec(11);
  spec.interfaces[0].ip = "10.255.255.7";
  EXPECT_EQ(cloud_->launch(spec).error().code, "InvalidAddress.Range");
  spec.interfaces[0].ip = cloud_->ip(11);
  spec.volumes[0].device = "/dev/../etc";
  EXPECT_EQ(cloud_->launch(spec).error().field, "volumes.device");
  spec.volumes[0].device = "/dev/xvda";
  ASSERT_OK(cloud_->launch(spec));
}

// The service is killed at moments spread over a launch and the first second after it. Whatever lives then is found.
TEST_F(RestartOnLinux, AKilledServiceLeavesNoMachineThatIsNotFound) {
  const MachineSpec spec = cloud_->spec(10);
  ASSERT_OK(cloud_->volume("vol-root-10", 1, "minimal"));
  cloud_->close();
  int found_running = 0;
  for (int delay_ms = 0; delay_ms < 160; delay_ms += 20) {
    const pid_t service = ::fork();
    if (service == 0) {
      cloud_->open();
      if (!cloud_->start({spec})) ::_exit(1);
      std::thread([delay_ms] {
        std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
        ::kill(::getpid(), SIGKILL);
      }).detach();
      (void)cloud_->launch(spec);
      while (true) ::pause();
    }
    int status = 0;
    ASSERT_EQ(::waitpid(service, &status, 0), service);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it did not get as far as the launch";
    cloud_->open();
    const auto seen = cloud_->start({spec});
    ASSERT_TRUE(seen) << describe(seen.error());
    const bool running = !seen->empty() && (*seen)[0].running;
    found_running += running ? 1 : 0;
    ASSERT_OK(cloud_->launch(spec)) << "told again";
    const auto entered = cloud_->substrate().run_command(spec.id, {"/bin/true"}, "", std::chrono::seconds(60));
    ASSERT_TRUE(entered) << describe(entered.error());
    if (entered->exit_status == kNotEntered) {
      // It was dying with its service when it was found: its end is told, and what was told to run is told again.
      ASSERT_TRUE(running && cloud_->events().wait_for_end(spec.id)) << entered->err;
      ASSERT_OK(cloud_->launch(spec)) << "after its end";
    }
    cloud_->in(spec, "echo here");
    ASSERT_OK(cloud_->stop(spec, StopHow::kill));
    ASSERT_OK(cloud_->wait([&](Done done) {
      cloud_->substrate().create_snapshot(SnapshotId(fmt::format("snap-{}", delay_ms)), VolumeId("vol-root-10"),
                                          std::move(done));
    }));
    cloud_->close();
  }
  fmt::print("found running: {} of 8\n", found_running);
  EXPECT_GT(found_running, 0);
  cloud_->open();
  ASSERT_TRUE(cloud_->start());
}

TEST_F(RestartOnLinux, TearDownLeavesNothingOnTheHost) {
  const auto spec = launched(10);
  ASSERT_OK(cloud_->volume("vol-data", 1));
  ASSERT_OK(cloud_->attach(spec, {VolumeId("vol-data"), "/dev/sdf"}));
  const CloudNames names(cloud_->data_dir());
  const std::string folder = cloud_->data_dir();
  ASSERT_OK(cloud_->substrate().tear_down(false));
  cloud_->close();
  const auto links = Netlink::open().value()->links();
  ASSERT_TRUE(links);
  for (const auto& link : *links) EXPECT_FALSE(link.name.starts_with("hf" + names.key())) << link.name;
  const auto tables = run_checked({"nft", "list", "tables"});
  ASSERT_TRUE(tables);
  EXPECT_EQ(tables->out.find(names.filter_table()), std::string::npos);
  const auto groups = run_checked({"find", "/sys/fs/cgroup", "-name", names.cgroup()});
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->out, "");
  const std::string mounts = read_small_file("/proc/self/mountinfo").value();
  EXPECT_EQ(mounts.find(folder), std::string::npos) << mounts;
  const auto devices = all_loop_devices();
  ASSERT_TRUE(devices);
  for (const auto& device : *devices) {
    const auto file = read_small_file(fmt::format("/sys/block/loop{}/loop/backing_file", device.index));
    EXPECT_EQ(file.value_or("").find(folder), std::string::npos) << *file;
  }
  cloud_->open();
  ASSERT_TRUE(cloud_->start());
  ASSERT_OK(cloud_->launch(spec)) << "the volumes' files stayed";
}

TEST_F(RestartOnLinux, AFullPoolFailsTheWriterAndNobodyElse) {
  cloud_.reset();
  cloud_ = std::make_unique<TestCloud>(int64_t{1} << 30);
  ASSERT_OK(cloud_->start());
  ASSERT_OK(cloud_->build("minimal"));
  const auto greedy = launched(10);
  const auto modest = launched(11);
  cloud_->in(modest, "echo safe >/root/kept; sync");
  ASSERT_OK(cloud_->volume("vol-big", 8));
  ASSERT_OK(cloud_->attach(greedy, {VolumeId("vol-big"), "/dev/sdf"}));
  EXPECT_EQ(
      cloud_->in(greedy, "dd if=/dev/urandom of=/dev/sdf bs=1M oflag=direct 2>/dev/null && echo all || echo full"),
      "full");
  EXPECT_EQ(cloud_->in(modest, "cat /root/kept"), "safe");
  const auto refused = cloud_->volume("vol-more", 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InsufficientVolumeCapacity") << describe(refused.error());
}

}  // namespace
}  // namespace holdfast::cloud::linux_
