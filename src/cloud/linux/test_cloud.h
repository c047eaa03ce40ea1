// A small real cloud for tests: a data folder, a substrate on it, one subnet, the minimal image. For *_test.cpp only.
// Whatever a test leaves (also one that crashed earlier) is torn down: machines, devices, bridges, control groups.
#pragma once

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/linux_substrate.h"
#include "cloud/linux/network/network.h"

namespace holdfast::cloud::linux_ {

// What the substrate has told, to be waited for.
class ToldEvents : public SubstrateEvents {
 public:
  void machine_ended(const InstanceId& machine, std::string reason) override {
    const std::lock_guard guard(mutex_);
    ended_[machine] = std::move(reason);
    changed_.notify_all();
  }
  void user_data_ended(const InstanceId& machine, UserDataOutcome outcome) override {
    const std::lock_guard guard(mutex_);
    user_data_[machine].push_back(outcome);
    changed_.notify_all();
  }
  std::optional<std::string> wait_for_end(const InstanceId& machine, Duration limit = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return ended_.contains(machine); });
    return ended_.contains(machine) ? std::optional<std::string>(ended_[machine]) : std::nullopt;
  }
  // The outcome told for the `count`th time.
  UserDataOutcome wait_for_user_data(const InstanceId& machine, size_t count = 1,
                                     Duration limit = std::chrono::seconds(60)) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return user_data_[machine].size() >= count; });
    return user_data_[machine].size() >= count ? user_data_[machine][count - 1] : UserDataOutcome::running;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<InstanceId, std::string> ended_;
  std::map<InstanceId, std::vector<UserDataOutcome>> user_data_;
};

class TestCloud {
 public:
  explicit TestCloud(int64_t pool_bytes = int64_t{4} << 30) : pool_bytes_(pool_bytes) {
    for (const auto& entry : std::filesystem::directory_iterator("/var/tmp")) {
      const std::string path = entry.path().string();
      if (path.starts_with(prefix()) && entry.is_directory()) clear(path, false);
    }
    while (!make_folder()) {
    }
    open();
    const auto block = free_cidr_block(data_dir());
    if (!block) throw std::runtime_error(describe(block.error()));
    net_ = block->substr(0, block->find(".0.0/16"));
  }
  ~TestCloud() {
    substrate_.reset();
    clear(path_, true);  // still locked: a test that begins now does not tear down the same folder beside us
  }

  std::string data_dir() const { return path_ + "/data"; }
  LinuxSubstrate& substrate() { return *substrate_; }
  ToldEvents& events() { return *events_; }
  std::string ip(int number) const { return net_ + ".0." + std::to_string(number); }
  std::string gateway() const { return ip(1); }
  SubnetSpec subnet() const { return {SubnetId("subnet-a"), net_ + ".0.0/20", false}; }
  SubnetSpec other_subnet() const { return {SubnetId("subnet-b"), net_ + ".16.0/20", false}; }

  void open() {
    LinuxSubstrateOptions options;
    options.data_dir = data_dir();
    options.pool_size_bytes = pool_bytes_;
    options.free_floor_bytes = int64_t{32} << 20;
    auto opened = LinuxSubstrate::open(options);
    if (!opened) throw std::runtime_error(describe(opened.error()));
    substrate_ = std::move(*opened);
    events_ = std::make_unique<ToldEvents>();
  }
  Result<std::vector<MachineSeen>> start(const std::vector<MachineSpec>& machines = {}) {
    return substrate_->start({subnet(), other_subnet()}, machines, *events_);
  }
  // As if the service had been killed: nothing is torn down.
  void close() { substrate_.reset(); }

  template <class Ask>
  Result<void> wait(Ask ask, double* milliseconds = nullptr) {
    std::promise<Result<void>> promise;
    auto future = promise.get_future();
    const auto begin = std::chrono::steady_clock::now();
    ask([&promise](Result<void> result) { promise.set_value(std::move(result)); });
    auto result = future.get();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (milliseconds != nullptr) *milliseconds = took.count();
    return result;
  }
  Result<void> build(const std::string& image) {
    return wait([&](Done done) { substrate_->build_image(image, SnapshotId("snap-" + image), std::move(done)); });
  }
  Result<void> volume(const std::string& id, int gib, const std::string& image = {}) {
    const auto from = image.empty() ? std::nullopt : std::optional<SnapshotId>("snap-" + image);
    return wait([&](Done done) { substrate_->create_volume(VolumeId(id), gib, from, std::move(done)); });
  }
  Result<void> launch(const MachineSpec& spec, double* milliseconds = nullptr) {
    return wait([&](Done done) { substrate_->launch(spec, std::move(done)); }, milliseconds);
  }
  Result<void> stop(const MachineSpec& spec, StopHow how, double* milliseconds = nullptr) {
    return wait([&](Done done) { substrate_->stop(spec.id, how, std::chrono::seconds(30), std::move(done)); },
                milliseconds);
  }
  Result<void> attach(const MachineSpec& spec, const AttachedVolume& volume, double* milliseconds = nullptr) {
    return wait([&](Done done) { substrate_->attach(spec.id, volume, std::move(done)); }, milliseconds);
  }
  Result<void> detach(const MachineSpec& spec, const AttachedVolume& volume, bool force = false) {
    return wait([&](Done done) { substrate_->detach(spec.id, volume, force, std::move(done)); });
  }

  // Machine number n: address n, root volume vol-root-n.
  MachineSpec spec(int number, const std::string& user_data = {}) const {
    MachineSpec spec;
    spec.id = InstanceId(fmt::format("i-{:08x}", number));
    spec.root_device = "/dev/xvda";
    spec.volumes = {{VolumeId(fmt::format("vol-root-{}", number)), "/dev/xvda"}};
    spec.interfaces = {{InterfaceId(fmt::format("eni-{}", number)), subnet().id,
                        fmt::format("06:00:00:00:00:{:02x}", number), ip(number)}};
    spec.user_data = user_data;
    spec.identity = {ImageId("ami-1"), "t3.micro", "local-1a", "local-1", "spot", {{"Name", "test"}}};
    return spec;
  }
  // What a machine says reaches its console a little later than its other effects.
  bool wait_for_console(const MachineSpec& spec, const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      const auto console = substrate_->console_output(spec.id);
      if (console && console->find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // A command's output inside the machine; a failure of any kind fails the test.
  std::string in(const MachineSpec& spec, const std::string& script) {
    const auto outcome = substrate_->run_command(spec.id, {"/bin/sh", "-c", script}, "", std::chrono::seconds(60));
    if (!outcome) {
      ADD_FAILURE() << script << ": " << describe(outcome.error());
      return {};
    }
    EXPECT_EQ(outcome->exit_status, 0) << script << ": " << outcome->out << outcome->err;
    return std::string(trim(outcome->out));
  }

 private:
  static std::string prefix() { return "/var/tmp/holdfast-cloud-test-"; }
  // Locked, or not there: another test may have taken it for a dead one's before it was locked.
  bool make_folder() {
    path_ = prefix() + "XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    alive_ = Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return alive_.valid() && ::flock(alive_.get(), LOCK_EX) == 0 && std::filesystem::exists(path_);
  }
  // Leaves what belongs to a test that runs now: that is locked.
  static void clear(const std::string& path, bool mine) {
    const Fd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.valid() || (!mine && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)) return;
    ToldEvents nobody;
    LinuxSubstrateOptions options;
    options.data_dir = path + "/data";
    if (std::filesystem::exists(options.data_dir)) {
      auto opened = LinuxSubstrate::open(options);
      if (!opened) {
        ADD_FAILURE() << "not torn down: " << describe(opened.error());
        return;
      }
      (void)(*opened)->start({}, {}, nobody);
      const auto torn = (*opened)->tear_down(true);
      EXPECT_TRUE(torn) << describe(torn.error());
      if (!torn) return;  // what is left is looked at again by the next test
    }
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  const int64_t pool_bytes_;
  std::string path_;
  std::string net_;
  Fd alive_;
  std::unique_ptr<ToldEvents> events_;  // outlives the substrate
  std::unique_ptr<LinuxSubstrate> substrate_;
};

template <class T>
::testing::AssertionResult is_ok(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << describe(result.error());
}

#define ASSERT_OK(expression) ASSERT_TRUE(is_ok(expression))

// A cloud of its own for each test, with the minimal image.
class MachinesOnLinux : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: namespaces, loop devices, bridges";
    cloud_ = std::make_unique<TestCloud>();
    ASSERT_OK(cloud_->start());
    ASSERT_OK(cloud_->build("minimal"));
  }
  void TearDown() override { cloud_.reset(); }

  MachineSpec launched(int number, const std::string& user_data = {}) {
    const MachineSpec spec = cloud_->spec(number, user_data);
    EXPECT_TRUE(is_ok(cloud_->volume(spec.volumes[0].id.str(), 1, "minimal")));
    double took = 0;
    EXPECT_TRUE(is_ok(cloud_->launch(spec, &took)));
    fmt::print("launch: {:.1f} ms\n", took);
    return spec;
  }

  std::unique_ptr<TestCloud> cloud_;
};

}  // namespace holdfast::cloud::linux_
