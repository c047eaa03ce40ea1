// Real machines, from launch to their end: root needed. Each test has a cloud of its own and leaves nothing behind.
#include "cloud/linux/linux_substrate.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstring>
#include <fstream>

#include "cloud/linux/process.h"
#include "cloud/linux/test_cloud.h"

namespace holdfast::cloud::linux_ {
namespace {

class SubstrateOnLinux : public MachinesOnLinux {
 protected:
  std::string console(const MachineSpec& spec) { return cloud_->substrate().console_output(spec.id).value_or(""); }
};

TEST_F(SubstrateOnLinux, RunsUserDataOnceForEachInstance) {
  auto spec = launched(10, "#!/bin/bash\necho hello from $0 | tee -a /root/ran\n");
  EXPECT_EQ(cloud_->events().wait_for_user_data(spec.id), UserDataOutcome::succeeded) << console(spec);
  EXPECT_EQ(cloud_->in(spec, "wc -l </root/ran"), "1");
  EXPECT_TRUE(cloud_->wait_for_console(spec, "hello from")) << console(spec);

  ASSERT_OK(cloud_->wait([&](Done done) { cloud_->substrate().reboot(spec.id, std::move(done)); }));
  EXPECT_EQ(cloud_->events().wait_for_user_data(spec.id, 2), UserDataOutcome::succeeded) << "reported again";
  EXPECT_EQ(cloud_->in(spec, "wc -l </root/ran"), "1") << "a reboot does not run it again";

  ASSERT_OK(cloud_->stop(spec, StopHow::shutdown));
  spec.id = InstanceId("i-next");
  ASSERT_OK(cloud_->launch(spec));
  EXPECT_EQ(cloud_->events().wait_for_user_data(spec.id), UserDataOutcome::succeeded);
  EXPECT_EQ(cloud_->in(spec, "wc -l </root/ran"), "2") << "the root volume lives on, and a new instance runs it";
}

TEST_F(SubstrateOnLinux, TellsOfUserDataThatFails) {
  const auto failing = launched(10, "#!/bin/sh\necho broken >&2\nexit 7\n");
  EXPECT_EQ(cloud_->events().wait_for_user_data(failing.id), UserDataOutcome::failed);
  EXPECT_TRUE(cloud_->wait_for_console(failing, "broken")) << console(failing);
  const auto no_script = launched(11, "just words");
  EXPECT_EQ(cloud_->events().wait_for_user_data(no_script.id), UserDataOutcome::failed);
  EXPECT_TRUE(cloud_->wait_for_console(no_script, "not a script")) << console(no_script);
  const auto none = launched(12);
  EXPECT_EQ(cloud_->events().wait_for_user_data(none.id), UserDataOutcome::succeeded);
}

TEST_F(SubstrateOnLinux, AnswersMetadataInBothVersions) {
  auto spec = cloud_->spec(10);
  ASSERT_OK(cloud_->volume("vol-root-10", 1, "minimal"));
  ASSERT_OK(cloud_->launch(spec));
  const std::string base = "http://169.254.169.254/latest";
  EXPECT_EQ(cloud_->in(spec, "curl -sf " + base + "/meta-data/instance-id"), spec.id.str());
  EXPECT_EQ(cloud_->in(spec, "T=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' " + base +
                                 "/api/token); curl -sf -H \"X-aws-ec2-metadata-token: $T\" " + base +
                                 "/meta-data/local-ipv4"),
            cloud_->ip(10));
  EXPECT_EQ(cloud_->in(spec, "curl -s -o /dev/null -w '%{http_code}' " + base + "/meta-data/spot/instance-action"),
            "404");
  cloud_->substrate().set_notice(spec.id, InterruptionNotice{"terminate", *from_iso("2026-11-24T10:00:00.000Z")});
  EXPECT_EQ(cloud_->in(spec, "curl -sf " + base + "/meta-data/spot/instance-action"),
            R"({"action":"terminate","time":"2026-11-24T10:00:00Z"})");
}

TEST_F(SubstrateOnLinux, AttachesAndDetachesWhileTheMachineRuns) {
  const auto spec = launched(10);
  ASSERT_OK(cloud_->volume("vol-data", 1));
  const AttachedVolume data{VolumeId("vol-data"), "/dev/sdf"};
  double took = 0;
  ASSERT_OK(cloud_->attach(spec, data, &took));
  fmt::print("attach: {:.1f} ms\n", took);
  ASSERT_OK(cloud_->attach(spec, data)) << "told twice";
  cloud_->in(spec, "test -b /dev/xvdf && mkfs.ext4 -q /dev/sdf && mount /dev/sdf /mnt && echo kept >/mnt/file");

  const auto busy = cloud_->detach(spec, data);
  ASSERT_FALSE(busy) << "it is mounted";
  EXPECT_EQ(busy.error().code, "VolumeBusy");
  cloud_->in(spec, "umount /mnt");
  ASSERT_OK(cloud_->detach(spec, data));
  EXPECT_EQ(cloud_->in(spec, "ls /dev | grep -c 'sdf\\|xvdf' || true"), "0");
  ASSERT_OK(cloud_->detach(spec, data)) << "told twice";

  const auto other = launched(11);
  ASSERT_OK(cloud_->attach(other, {data.id, "/dev/sdg"}));
  EXPECT_EQ(cloud_->in(other, "mount /dev/sdg /mnt && cat /mnt/file"), "kept");
  ASSERT_OK(cloud_->detach(other, {data.id, "/dev/sdg"}, true)) << "by force, though mounted";
  ASSERT_OK(cloud_->attach(spec, data)) << "free for another";
  const auto root = cloud_->detach(spec, spec.volumes[0]);
  ASSERT_FALSE(root) << "the root stays";
}

// A program in the machine that writes numbers, syncs each, and only then tells it to us over the network. It writes
// them into a second file too, which it never syncs.
class Ledger {
 public:
  Ledger(TestCloud& cloud, const MachineSpec& spec) {
    cloud.in(spec, R"END(cat >/root/writer <<'PERL'
use IO::Handle; use IO::Socket::INET;
my $listener = IO::Socket::INET->new(Listen => 1, LocalPort => 7000, ReuseAddr => 1) or die;
open(my $file, '>', '/root/ledger') or die; $file->autoflush(1);
my $client = $listener->accept; $client->autoflush(1);
open(my $unsynced, '>', '/root/unsynced') or die; $unsynced->autoflush(1);
for (my $n = 1; ; ++$n) { print $unsynced "$n\n"; print $file "$n\n"; $file->sync or die; print $client "$n\n"; }
PERL
setsid perl /root/writer >/dev/null 2>&1 </dev/null &
until ss -ltn | grep -q :7000; do sleep 0.01; done)END");
    socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(7000);
    ::inet_pton(AF_INET, spec.interfaces[0].ip.c_str(), &to.sin_addr);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0) << strerror(errno);
  }
  // Until so many are acknowledged, or nothing more comes.
  int64_t read_until(int64_t wanted) {
    char buffer[4096];
    while (last_ < wanted) {
      const ssize_t count = ::read(socket_.get(), buffer, sizeof buffer);
      if (count <= 0) break;
      text_.append(buffer, static_cast<size_t>(count));
      const size_t end = text_.rfind('\n');
      if (end == std::string::npos) continue;
      const size_t begin = end == 0 ? std::string::npos : text_.rfind('\n', end - 1);
      const size_t first = begin == std::string::npos ? 0 : begin + 1;
      last_ = parse_int(text_.substr(first, end - first)).value_or(last_);
      text_.erase(0, first);
    }
    return last_;
  }

 private:
  Fd socket_;
  std::string text_;
  int64_t last_ = 0;
};

TEST_F(SubstrateOnLinux, LosesNothingAcknowledgedHoweverItStops) {
  auto spec = launched(10);
  int number = 0;
  int lossy = 0;
  for (const StopHow how : {StopHow::power_cut, StopHow::kill, StopHow::shutdown, StopHow::power_cut}) {
    Ledger ledger(*cloud_, spec);
    ASSERT_GE(ledger.read_until(100), 100);
    double took = 0;
    auto stopped = std::async(std::launch::async, [&] { return cloud_->stop(spec, how, &took); });
    const int64_t acknowledged = ledger.read_until(INT64_MAX);
    ASSERT_OK(stopped.get());
    ASSERT_GE(acknowledged, 100);
    spec.id = InstanceId(fmt::format("i-life{}", ++number));
    ASSERT_OK(cloud_->launch(spec));
    const int64_t found = parse_int(cloud_->in(spec, "grep -c . /root/ledger")).value_or(-1);
    EXPECT_GE(found, acknowledged);
    const int64_t unsynced = parse_int(cloud_->in(spec, "grep -c . /root/unsynced || true")).value_or(0);
    if (unsynced < found) {
      EXPECT_EQ(how, StopHow::power_cut) << "only a power cut loses what was not synced: " << unsynced;
      ++lossy;
    }
    EXPECT_EQ(cloud_->in(spec, "cat /sys/class/net/eth0/address"), spec.interfaces[0].mac);
    EXPECT_EQ(cloud_->in(spec, "hostname -I"), spec.interfaces[0].ip);
    fmt::print("stop {}: {:.1f} ms, {} acknowledged, {} found\n", static_cast<int>(how), took, acknowledged, found);
  }
  // One of two is enough: the kernel may write pages back of itself, also because another test syncs the whole host.
  EXPECT_GE(lossy, 1) << "a power cut loses what was not synced";
}

// The host asks for the address while nobody has it, and would ask again only a second later.
TEST_F(SubstrateOnLinux, TellsItsNeighboursWhereItsAddressIs) {
  auto spec = cloud_->spec(10);
  ASSERT_OK(cloud_->volume("vol-root-10", 1, "minimal"));
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(7000);
  ::inet_pton(AF_INET, cloud_->ip(10).c_str(), &to.sin_addr);
  ASSERT_EQ(::sendto(socket.get(), "?", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), 1);
  double took = 0;
  ASSERT_OK(cloud_->launch(spec, &took));
  const auto entry = run({"ip", "neigh", "show", cloud_->ip(10)});
  ASSERT_TRUE(entry);
  EXPECT_NE(entry->out.find(spec.interfaces[0].mac), std::string::npos) << entry->out << took << " ms";
}

TEST_F(SubstrateOnLinux, RunsTheShutdownScriptsBeforeTheEnd) {
  auto spec = launched(10);
  cloud_->in(spec,
             "mkdir -p /holdfast/shutdown.d; printf '#!/bin/sh\\nsleep 0.2; date >/root/stopped\\n' "
             ">/holdfast/shutdown.d/50-test; chmod +x /holdfast/shutdown.d/50-test");
  ASSERT_OK(cloud_->stop(spec, StopHow::shutdown));
  ASSERT_OK(cloud_->launch(spec));
  cloud_->in(spec, "test -s /root/stopped");
}

TEST_F(SubstrateOnLinux, AShutdownIsHeardHoweverSoonItComes) {
  auto spec = cloud_->spec(10);
  ASSERT_OK(cloud_->volume("vol-root-10", 1, "minimal"));
  for (int i = 0; i < 10; ++i) {
    spec.id = InstanceId("i-soon" + std::to_string(i));
    ASSERT_OK(cloud_->launch(spec));
    double took = 0;
    ASSERT_OK(cloud_->stop(spec, StopHow::shutdown, &took));
    EXPECT_LT(took, 5'000) << "round " << i;
  }
}

TEST_F(SubstrateOnLinux, AKillDoesNotWaitForAShutdownUnderWay) {
  const auto spec = launched(10);
  cloud_->in(spec,
             "mkdir -p /holdfast/shutdown.d; printf '#!/bin/sh\\nsleep 60\\n' >/holdfast/shutdown.d/50-slow; "
             "chmod +x /holdfast/shutdown.d/50-slow");
  std::promise<void> stopped;
  cloud_->substrate().stop(spec.id, StopHow::shutdown, std::chrono::minutes(2),
                           [&](Result<void>) { stopped.set_value(); });
  double took = 0;
  ASSERT_OK(cloud_->stop(spec, StopHow::kill, &took));
  stopped.get_future().get();
  EXPECT_LT(took, 20'000);
}

TEST_F(SubstrateOnLinux, ShowsNothingOfTheHostButUsr) {
  const auto spec = launched(10);
  std::ofstream("/var/tmp/holdfast-host-file") << "secret";
  cloud_->in(spec, "test ! -e /var/tmp/holdfast-host-file && test ! -e " + cloud_->data_dir());
  ::unlink("/var/tmp/holdfast-host-file");
  EXPECT_EQ(cloud_->in(spec, "touch /usr/x 2>/dev/null && echo written || echo refused"), "refused");
  EXPECT_EQ(cloud_->in(spec, "echo 1 2>/dev/null >/proc/sys/vm/drop_caches && echo written || echo refused"),
            "refused");
  EXPECT_EQ(cloud_->in(spec, "echo h 2>/dev/null >/proc/sysrq-trigger; cat /proc/kcore | wc -c"), "0");
  EXPECT_EQ(cloud_->in(spec, "mknod /root/disk b 254 0 2>/dev/null && echo made || echo refused"), "refused");
  EXPECT_EQ(cloud_->in(spec, "grep -v '^[^ ]* / \\| /usr \\| /proc\\| /sys\\| /dev\\| /run ' /proc/mounts | wc -l"),
            "0");
  EXPECT_EQ(cloud_->in(spec, "ls /proc | grep -c '^[0-9]'") < "9", true) << "no process but its own";
  EXPECT_EQ(cloud_->in(spec, "hostname"), "ip-" + join(split(cloud_->ip(10), '.'), "-"));
}

// CAP_SYS_ADMIN may remount what it sees, so the host's superblock must not be among it. The first look stops the test
// before anything is tried on the host's.
TEST_F(SubstrateOnLinux, CannotMakeTheHostsUsrWritable) {
  const auto spec = launched(10);
  ASSERT_EQ(cloud_->in(spec, "stat -f -c %T /usr"), "overlayfs");
  for (const std::string how : {"remount,rw", "remount,bind,rw"}) {
    EXPECT_EQ(cloud_->in(spec, "mount -o " + how +
                                   " /usr 2>/dev/null; "
                                   "touch /usr/holdfast-probe 2>/dev/null && echo written || echo refused"),
              "refused")
        << how;
  }
  EXPECT_EQ(::access("/usr/holdfast-probe", F_OK), -1);
}

TEST_F(SubstrateOnLinux, ALargerRootVolumeIsUsedToItsEnd) {
  const auto spec = cloud_->spec(10);
  ASSERT_OK(cloud_->volume("vol-root-10", 3, "minimal"));
  ASSERT_OK(cloud_->launch(spec));
  const std::string gib = cloud_->in(spec, "df -k / | awk 'NR == 2 { print int($2 / 1000000) }'");
  EXPECT_GE(gib, "2") << "of 3 GiB";
}

TEST_F(SubstrateOnLinux, LimitsMemoryProcessesAndDevices) {
  auto spec = cloud_->spec(10);
  spec.memory_mib = 64;
  spec.vcpus = 2;
  ASSERT_OK(cloud_->volume("vol-root-10", 1, "minimal"));
  ASSERT_OK(cloud_->launch(spec));
  const auto greedy = cloud_->substrate().run_command(
      spec.id, {"perl", "-e", "my $all = 'x' x (200 << 20); print length $all"}, "", std::chrono::seconds(30));
  ASSERT_TRUE(greedy) << describe(greedy.error());
  EXPECT_NE(greedy->exit_status, 0) << "200 MiB in a machine of 64";
  EXPECT_EQ(cloud_->in(spec, "echo alive"), "alive");
}

TEST_F(SubstrateOnLinux, MachinesReachEachOtherButNotTheHost) {
  const auto one = launched(10);
  auto other = cloud_->spec(11);
  const std::string net = cloud_->gateway().substr(0, cloud_->gateway().find(".0.1"));
  other.interfaces[0].subnet = cloud_->other_subnet().id;
  other.interfaces[0].ip = net + ".16.11";
  ASSERT_OK(cloud_->volume("vol-root-11", 1, "minimal"));
  ASSERT_OK(cloud_->launch(other));
  cloud_->in(other,
             "setsid perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(Listen => 5, LocalPort => 7001); "
             "while ($c = $l->accept) { print $c \"here\\n\"; close $c }' >/dev/null 2>&1 </dev/null & "
             "until ss -ltn | grep -q :7001; do sleep 0.01; done");
  EXPECT_EQ(cloud_->in(one, "timeout 5 bash -c 'cat </dev/tcp/" + other.interfaces[0].ip + "/7001'"), "here");

  const Fd service(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));  // on every address of the host
  ASSERT_EQ(::listen(service.get(), 5), 0);
  sockaddr_in at{};
  socklen_t size = sizeof at;
  ::getsockname(service.get(), reinterpret_cast<sockaddr*>(&at), &size);
  EXPECT_EQ(
      cloud_->in(one, fmt::format("timeout 2 bash -c 'echo </dev/tcp/{}/{}' 2>/dev/null && echo in || echo kept out",
                                  cloud_->gateway(), ntohs(at.sin_port))),
      "kept out");
  const auto from_host = run(
      {"bash", "-c", fmt::format("timeout 2 bash -c 'echo </dev/tcp/{}/{}'", cloud_->gateway(), ntohs(at.sin_port))});
  ASSERT_TRUE(from_host);
  EXPECT_EQ(from_host->exit_status, 0) << "the service is there: it was the filter that kept the machine out";
  EXPECT_EQ(cloud_->in(one, "timeout 2 curl -s -m 1 http://192.0.2.1/ >/dev/null && echo out || echo kept in"),
            "kept in");
}

TEST_F(SubstrateOnLinux, RunsCommandsWithInputAndBounds) {
  const auto spec = launched(10);
  auto outcome = cloud_->substrate().run_command(spec.id, {"sh", "-c", "cat; echo no >&2; exit 3"}, "words",
                                                 std::chrono::seconds(9));
  ASSERT_TRUE(outcome) << describe(outcome.error());
  EXPECT_EQ(outcome->exit_status, 3);
  EXPECT_EQ(outcome->out, "words");
  EXPECT_EQ(outcome->err, "no\n");
  EXPECT_FALSE(outcome->cut);
  outcome =
      cloud_->substrate().run_command(spec.id, {"head", "-c", "1048576", "/dev/zero"}, "", std::chrono::seconds(9));
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->cut) << "it just fits";
  outcome =
      cloud_->substrate().run_command(spec.id, {"head", "-c", "1048577", "/dev/zero"}, "", std::chrono::seconds(9));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out.size(), 1048576u);
  EXPECT_TRUE(outcome->cut) << "the last byte is missing";
  outcome = cloud_->substrate().run_command(spec.id, {"no-such-program"}, "", std::chrono::seconds(9));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_status, 127);
  const auto late = cloud_->substrate().run_command(spec.id, {"sleep", "60"}, "", std::chrono::milliseconds(200));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "CommandTimeout");
  EXPECT_EQ(cloud_->in(spec, "pgrep -c sleep || true"), "0") << "it was killed";
}

TEST_F(SubstrateOnLinux, NoticesAMachineThatEndsByItself) {
  const auto spec = launched(10);
  cloud_->in(spec, "setsid sh -c 'sleep 0.1; kill -TERM 1' >/dev/null 2>&1 &");
  const auto reason = cloud_->events().wait_for_end(spec.id);
  ASSERT_TRUE(reason.has_value());
  EXPECT_TRUE(reason->starts_with(kGuestShutdown)) << *reason;
  ASSERT_OK(cloud_->volume("vol-other", 1));
  const auto other = launched(11);
  ASSERT_OK(cloud_->attach(other, {spec.volumes[0].id, "/dev/sdf"})) << "its volume is free";
}

}  // namespace
}  // namespace holdfast::cloud::linux_
