// Images are built into a real store, mounted, and programs run in them by chroot: what a machine does, without one.
#include "cloud/linux/images/images.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cloud/linux/images/boot_facts.h"
#include "cloud/linux/images/tree.h"
#include "cloud/linux/process.h"
#include "cloud/linux/storage/storage_test_dir.h"

namespace holdfast::cloud::linux_ {
namespace {

const SnapshotId image{"snap-image"};
const VolumeId root_volume{"vol-root"};

class ImagesOnLinux : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: loop devices and mounts";
    enter_private_mounts();
    dir_ = std::make_unique<StorageTestDir>();
    auto opened = VolumeStore::open(
        {.data_dir = dir_->data_dir(), .pool_size_bytes = int64_t{6} << 30, .free_floor_bytes = int64_t{64} << 20});
    ASSERT_TRUE(opened) << holdfast::describe(opened.error());
    store_ = std::move(*opened);
    std::ofstream(init()) << "#!/bin/sh\n";
    std::filesystem::permissions(init(), std::filesystem::perms::owner_all);
  }
  void TearDown() override {
    store_.reset();
    dir_.reset();
  }
  std::string init() const { return dir_->path() + "/init"; }
  ImageTools tools() const { return {.init_program = init(), .work_dir = dir_->path() + "/work"}; }

  // A volume of the image, mounted as a machine's root would be.
  void boot(const std::string& name) {
    const auto built = build_image(name, tools(), *store_, image);
    ASSERT_TRUE(built) << holdfast::describe(built.error());
    EXPECT_TRUE(std::filesystem::is_empty(tools().work_dir)) << "the builder left its tree";
    ASSERT_TRUE(store_->create_volume(root_volume, 6, image));
    const auto device = store_->attach_device(root_volume);
    ASSERT_TRUE(device) << holdfast::describe(device.error());
    root_ = dir_->path() + "/mnt-root";
    std::filesystem::create_directory(root_);
    ASSERT_EQ(::mount(device->path.c_str(), root_.c_str(), "ext4", 0, ""), 0) << strerror(errno);
    const auto facts = read_boot_facts(root_);
    ASSERT_TRUE(facts) << holdfast::describe(facts.error());
    EXPECT_EQ(facts->init, find_recipe(name)->init);
    EXPECT_EQ(facts->host_usr, find_recipe(name)->host_usr);
    if (facts->host_usr) {
      ASSERT_EQ(::mount("/usr", (root_ + "/usr").c_str(), nullptr, MS_BIND | MS_REC, nullptr), 0);
      ASSERT_EQ(::mount(nullptr, (root_ + "/usr").c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    }
    ASSERT_EQ(::mount("/dev", (root_ + "/dev").c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount("proc", (root_ + "/proc").c_str(), "proc", 0, nullptr), 0);
  }
  RunOutput in_root(const std::string& command) {
    auto output = run({"chroot", root_, "/bin/bash", "-c", command}, {.time = std::chrono::minutes(2)});
    EXPECT_TRUE(output) << holdfast::describe(output.error());
    return output.value_or(RunOutput{.exit_status = -1, .out = {}, .err = {}});
  }
  void expect_postgres_runs() {
    const auto output = in_root(R"(set -e
      bin=/usr/lib/postgresql/15/bin
      install -d -o postgres -g postgres -m 775 /run/postgresql /srv/postgres
      runuser -u postgres -- $bin/initdb -D /srv/postgres/data -U postgres -E UTF8 --no-locale -N >/dev/null
      runuser -u postgres -- $bin/pg_ctl -D /srv/postgres/data -w -o "-c listen_addresses=''" -l /tmp/log start >/dev/null
      psql -U postgres -h /run/postgresql -Atc "select 6 * 7"
      runuser -u postgres -- $bin/pg_ctl -D /srv/postgres/data -m fast -w stop >/dev/null)");
    EXPECT_EQ(output.exit_status, 0) << output.err;
    EXPECT_EQ(output.out, "42\n") << output.err;
  }

  std::unique_ptr<StorageTestDir> dir_;
  std::unique_ptr<VolumeStore> store_;
  std::string root_;
};

TEST_F(ImagesOnLinux, MinimalRunsTheHostsProgramsAndSeesNoneOfItsFiles) {
  boot("minimal");
  const auto basics = in_root(
      "set -e; id -un postgres; id -u postgres; /usr/bin/python3 -c 'print(1 + 1)'; echo a b | awk '{print $2}'; "
      "getent hosts localhost | awk '{print $2}'; which mount mkfs.ext4 ip blkid >/dev/null; . /etc/os-release; echo "
      "$ID");
  EXPECT_EQ(basics.exit_status, 0) << basics.err;
  EXPECT_EQ(basics.out, "postgres\n900\n2\nb\nlocalhost\ndebian\n");
  EXPECT_NE(in_root("touch /usr/x").exit_status, 0);
  for (const auto& entry : std::filesystem::directory_iterator(root_)) {
    const std::string name = entry.path().filename();
    EXPECT_FALSE(name == "work" || name == "container_info.json") << name;
  }
  EXPECT_EQ(in_root("ls /home /root /srv /opt /etc/ssh 2>/dev/null | grep -v :").out, "\n\n\n") << "empty folders";
  expect_postgres_runs();
}

TEST_F(ImagesOnLinux, DebianBootsItsOwnProgramsAndRunsPostgres) {
  if (::getenv("HOLDFAST_SLOW_TESTS") == nullptr) {
    GTEST_SKIP() << "downloads 100 MB of packages; run with HOLDFAST_SLOW_TESTS=1";
  }
  boot("debian-12-postgresql");
  EXPECT_EQ(in_root("test -x /lib/systemd/systemd && id -u postgres").out, "900\n");
  EXPECT_EQ(in_root("ls /etc/postgresql/15 2>/dev/null").out, "") << "no cluster of the package's own";
  const auto verified = in_root("bash -n /holdfast/run-user-data && systemd-analyze verify holdfast-user-data.service");
  EXPECT_EQ(verified.exit_status, 0) << verified.err;
  EXPECT_EQ(in_root("systemctl is-enabled holdfast-user-data.service").out, "enabled\n");
  expect_postgres_runs();
}

TEST_F(ImagesOnLinux, RefusesWhatItCannotBuild) {
  const auto unknown = build_image("windows", tools(), *store_, image);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("minimal"), std::string::npos);
  auto without_init = tools();
  without_init.init_program = "/nonexistent/holdfast-init";
  const auto missing = build_image("minimal", without_init, *store_, image);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "InitProgramNotFound");
  EXPECT_FALSE(*store_->has_snapshot(image));
}

TEST_F(ImagesOnLinux, RemovesTheTreeOfABuildThatWasKilledButNoneInUse) {
  const auto in_use = TemporaryTree::make(tools().work_dir);
  ASSERT_TRUE(in_use);
  std::filesystem::create_directories(tools().work_dir + "/image-tree-killed/etc");
  ASSERT_TRUE(build_image("minimal", tools(), *store_, image));
  EXPECT_FALSE(std::filesystem::exists(tools().work_dir + "/image-tree-killed"));
  EXPECT_TRUE(std::filesystem::exists(in_use->path()));
}

class BootFactsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/var/tmp/holdfast-facts-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    std::filesystem::create_directory(root_ + "/holdfast");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  Result<BootFacts> with(const std::string& text) {
    std::ofstream(root_ + boot_facts_path) << text;
    return read_boot_facts(root_);
  }
  std::string root_;
};

TEST_F(BootFactsFile, DefaultsToSystemdWithoutTheFile) {
  EXPECT_EQ(read_boot_facts(root_).value(), BootFacts{});
}

TEST_F(BootFactsFile, ReadsWhatTheBuildersWrite) {
  const BootFacts facts{"/holdfast/init", true, "SIGTERM"};
  EXPECT_EQ(with(to_json(facts)).value(), facts);
}

TEST_F(BootFactsFile, RefusesBadContentByName) {
  EXPECT_EQ(with("{").error().code, "InvalidBootFacts");
  EXPECT_EQ(with(R"({"init": "relative"})").error().field, "init");
  EXPECT_EQ(with(R"({"host_usr": "yes"})").error().field, "host_usr");
  EXPECT_EQ(with(R"({"stop_signal": "SIGKILL"})").error().field, "stop_signal");
  EXPECT_EQ(with(R"({"colour": 1})").error().field, "colour");
  EXPECT_FALSE(with(std::string(5000, ' ') + "{}"));
}

TEST_F(BootFactsFile, LinksDoNotLeadOutOfTheRoot) {
  std::ofstream(root_ + "-outside") << R"({"init": "/outside"})";
  std::filesystem::create_symlink(root_ + "-outside", root_ + boot_facts_path);
  EXPECT_EQ(read_boot_facts(root_).value(), BootFacts{});
  std::filesystem::remove(root_ + "-outside");
}

}  // namespace
}  // namespace holdfast::cloud::linux_
