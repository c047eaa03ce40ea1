// The volume store on real loop devices, XFS and ext4; needs root. Each test has a data folder and a pool of its own.
#include "cloud/linux/storage/volume_store.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cloud/linux/fd.h"
#include "cloud/linux/process.h"
#include "cloud/linux/storage/files.h"
#include "cloud/linux/storage/loop_device.h"
#include "cloud/linux/storage/storage_test_dir.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int64_t mib = int64_t{1} << 20;
const VolumeId vol_a{"vol-a"};
const VolumeId vol_b{"vol-b"};
const SnapshotId snap_a{"snap-a"};

#define ASSERT_OK(expression)                        \
  do {                                               \
    const auto status = (expression);                \
    ASSERT_TRUE(status) << describe(status.error()); \
  } while (false)

class VolumeStoreOnLinux : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: loop devices and mounts";
    enter_private_mounts();
    dir_ = std::make_unique<StorageTestDir>();
    open_store();
  }
  void TearDown() override {
    store_.reset();
    dir_.reset();
  }
  VolumeStoreOptions options() const {
    return {.data_dir = dir_->data_dir(), .pool_size_bytes = 512 * mib, .free_floor_bytes = 32 * mib};
  }
  void open_store() {
    store_.reset();
    auto opened = VolumeStore::open(options());
    ASSERT_TRUE(opened) << describe(opened.error());
    store_ = std::move(*opened);
  }
  std::string device(const VolumeId& volume) {
    auto attached = store_->attach_device(volume);
    EXPECT_TRUE(attached) << describe(attached.error());
    return attached ? attached->path : "";
  }
  // An ext4 on the volume, mounted; unmounted with the fixture.
  std::string mounted(const VolumeId& volume, bool format) {
    const std::string path = device(volume);
    if (format) {
      EXPECT_TRUE(run_checked({"mkfs.ext4", "-q", "-F", path}));
    }
    const std::string where = dir_->path() + "/mnt-" + volume.str();
    std::filesystem::create_directory(where);
    EXPECT_EQ(::mount(path.c_str(), where.c_str(), "ext4", 0, ""), 0) << strerror(errno);
    return where;
  }

  std::unique_ptr<StorageTestDir> dir_;
  std::unique_ptr<VolumeStore> store_;
};

void write_at(const std::string& device, off_t where, const std::string& text) {
  std::string block(4096, '\0');
  block.replace(0, text.size(), text);
  const Fd fd(::open(device.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(fd.valid());
  ASSERT_EQ(::pwrite(fd.get(), block.data(), block.size(), where), 4096);
  ASSERT_EQ(::fsync(fd.get()), 0);
}

std::string read_at(const std::string& path, off_t where, size_t length) {
  std::string text(length, '\0');
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(::pread(fd.get(), text.data(), length, where), static_cast<ssize_t>(length));
  return text;
}

std::vector<LoopDevice> loops_behind(const std::string& path) {
  const auto file = open_file(path, O_RDONLY);
  return file ? loop_devices_of(identity_of(file->get()).value_or(FileIdentity{})).value_or(std::vector<LoopDevice>())
              : std::vector<LoopDevice>();
}

TEST_F(VolumeStoreOnLinux, RepeatsEveryCallWithoutHarm) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  write_at(device(vol_a), 8192, "kept");
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  EXPECT_EQ(read_at(device(vol_a), 8192, 4), "kept");
  EXPECT_EQ(store_->create_volume(vol_a, 2, std::nullopt).error().kind, ErrorKind::conflict);

  ASSERT_OK(store_->create_snapshot(snap_a, vol_a));
  write_at(device(vol_a), 8192, "late");
  ASSERT_OK(store_->create_snapshot(snap_a, vol_a));
  ASSERT_OK(store_->create_volume(vol_b, 3, snap_a));
  ASSERT_OK(store_->create_volume(vol_b, 3, snap_a));
  EXPECT_EQ(read_at(device(vol_b), 8192, 4), "kept") << "the snapshot is of its first moment";
  EXPECT_EQ(std::filesystem::file_size(store_->root() + "/volumes/vol-b.raw"), 3u << 30);

  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(store_->release_device(vol_a, ReleaseHow::orderly));
    ASSERT_OK(store_->delete_volume(vol_a));
    ASSERT_OK(store_->delete_snapshot(snap_a));
  }
  EXPECT_EQ(read_at(device(vol_b), 8192, 4), "kept") << "a volume outlives its snapshot";
}

TEST_F(VolumeStoreOnLinux, RefusesWhatMakesNoSense) {
  EXPECT_EQ(store_->create_volume(VolumeId("../x"), 1, std::nullopt).error().field, "volume");
  EXPECT_EQ(store_->create_volume(vol_a, 0, std::nullopt).error().field, "size");
  EXPECT_EQ(store_->create_volume(vol_a, 1, snap_a).error().code, "InvalidSnapshot.NotFound");
  EXPECT_EQ(store_->create_snapshot(snap_a, vol_a).error().code, "InvalidVolume.NotFound");
  EXPECT_EQ(store_->attach_device(vol_a).error().code, "InvalidVolume.NotFound");
  ASSERT_OK(store_->create_volume(vol_a, 2, std::nullopt));
  ASSERT_OK(store_->create_snapshot(snap_a, vol_a));
  EXPECT_EQ(store_->create_volume(vol_b, 1, snap_a).error().field, "size");
  EXPECT_EQ(VolumeStore::open(options()).error().code, "DataDirInUse");
}

TEST_F(VolumeStoreOnLinux, RefusesToDeleteAnAttachedVolume) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  device(vol_a);
  EXPECT_EQ(store_->delete_volume(vol_a).error().code, "VolumeInUse");
  EXPECT_TRUE(*store_->has_volume(vol_a));
  ASSERT_OK(store_->release_device(vol_a, ReleaseHow::orderly));
  ASSERT_OK(store_->delete_volume(vol_a));
  EXPECT_FALSE(*store_->has_volume(vol_a));
}

TEST_F(VolumeStoreOnLinux, GivesOneDeviceToAVolumeHoweverManyAsk) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  std::vector<std::thread> threads;
  std::array<std::string, 8> paths;
  for (auto& path : paths) threads.emplace_back([&] { path = device(vol_a); });
  for (auto& thread : threads) thread.join();
  for (const auto& path : paths) EXPECT_EQ(path, paths[0]);
  EXPECT_EQ(store_->devices_in_use()->size(), 1u);
}

TEST_F(VolumeStoreOnLinux, SectorsStayTheSameWhetherBlocksAreSharedOrNot) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  ASSERT_OK(store_->create_snapshot(snap_a, vol_a));
  ASSERT_OK(store_->create_volume(vol_b, 1, snap_a));
  for (const auto& volume : {vol_a, vol_b}) {
    std::ifstream size("/sys/block/" + device(volume).substr(5) + "/queue/logical_block_size");
    int bytes = 0;
    size >> bytes;
    EXPECT_EQ(bytes, 4096) << volume;
  }
}

TEST_F(VolumeStoreOnLinux, ThrowsAwayWhatACrashLeftHalfMade) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  std::ofstream(store_->root() + "/scratch/volume-vol-b") << "half a volume";
  std::filesystem::create_directory(store_->root() + "/scratch/tree");
  open_store();
  EXPECT_TRUE(std::filesystem::is_empty(store_->root() + "/scratch"));
  EXPECT_FALSE(*store_->has_volume(vol_b));
  EXPECT_TRUE(*store_->has_volume(vol_a));
}

TEST_F(VolumeStoreOnLinux, SnapshotsOfALiveFilesystemHoldEverySyncedRecord) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  const std::string where = mounted(vol_a, true);
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> end = false;
  std::thread writer([&] {
    const Fd log(::open((where + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    while (!end) {
      const std::string line = fmt::format("{:09}\n", acknowledged + 1);
      if (::write(log.get(), line.data(), line.size()) != 10 || ::fdatasync(log.get()) != 0) break;
      ++acknowledged;
    }
  });
  std::vector<std::pair<SnapshotId, int>> taken;
  for (int round = 0; round < 8; ++round) {
    const int before = acknowledged;
    while (acknowledged < before + 20 && !end) std::this_thread::yield();
    const int at_least = acknowledged;
    const SnapshotId id(fmt::format("snap-{}", round));
    const auto made = store_->create_snapshot(id, vol_a);
    EXPECT_TRUE(made) << describe(made.error());
    taken.emplace_back(id, at_least);
  }
  end = true;
  writer.join();
  ::umount(where.c_str());
  for (const auto& [id, at_least] : taken) {
    const VolumeId copy("vol-of-" + id.str());
    ASSERT_OK(store_->create_volume(copy, 1, id));
    const std::string seen = mounted(copy, false);
    std::ifstream log(seen + "/log");
    int number = 0;
    for (int wanted = 1; wanted <= at_least; ++wanted) {
      log >> number;
      ASSERT_EQ(number, wanted) << id << " has to hold " << at_least;
    }
    log.close();
    ::umount(seen.c_str());
  }
}

TEST_F(VolumeStoreOnLinux, CutLosesWhatWasNotSyncedAndKeepsWhatWas) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  const std::string where = mounted(vol_a, true);
  const auto write_file = [&](const char* name, bool sync) {
    const Fd fd(::open((where + "/" + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(fd.get(), name, strlen(name)), static_cast<ssize_t>(strlen(name)));
    if (sync) {
      ASSERT_EQ(::fsync(fd.get()), 0);
    }
  };
  write_file("synced", true);
  write_file("unsynced", false);
  ASSERT_OK(store_->cut(vol_a));
  EXPECT_EQ(store_->finish_cut(vol_a).error().code, "VolumeInUse");
  ::umount(where.c_str());  // as the end of the machine's mounts does: everything is written out
  ASSERT_OK(store_->release_device(vol_a, ReleaseHow::orderly));
  EXPECT_EQ(store_->attach_device(vol_a).error().code, "VolumeBusy") << "between the halves of a cut";
  ASSERT_OK(store_->finish_cut(vol_a));
  ASSERT_OK(store_->finish_cut(vol_a));

  mounted(vol_a, false);
  std::ifstream synced(where + "/synced");
  std::string text;
  synced >> text;
  EXPECT_EQ(text, "synced");
  std::error_code none;
  const auto length = std::filesystem::file_size(where + "/unsynced", none);
  EXPECT_TRUE(none || length == 0) << "the cut kept what was never synced";
  synced.close();
  ::umount(where.c_str());
}

TEST_F(VolumeStoreOnLinux, ForgetsAnUnfinishedCutAndKeepsTheLiveFile) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  const std::string path = device(vol_a);
  ASSERT_OK(store_->cut(vol_a));
  // The machine was in fact thawed, not killed, and was told that this is durable.
  write_at(path, 8192, "acknowledged");
  open_store();
  ASSERT_OK(store_->release_device(vol_a, ReleaseHow::orderly));
  ASSERT_OK(store_->finish_cut(vol_a));
  EXPECT_EQ(read_at(device(vol_a), 8192, 12), "acknowledged");
}

TEST_F(VolumeStoreOnLinux, SaysBusyWhileMountedAndFreesWithTheLastUser) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  const std::string where = mounted(vol_a, true);
  const auto refused = store_->release_device(vol_a, ReleaseHow::orderly, Duration(50));
  EXPECT_EQ(refused.error().code, "VolumeBusy");
  EXPECT_EQ(store_->delete_volume(vol_a).error().code, "VolumeInUse");
  EXPECT_EQ(store_->attach_device(vol_a).error().code, "VolumeBusy") << "no second writer beside the old one";
  ::umount(where.c_str());
  ASSERT_OK(store_->release_device(vol_a, ReleaseHow::orderly));
  EXPECT_TRUE(store_->devices_in_use()->empty());
}

TEST_F(VolumeStoreOnLinux, ForceCutsTheHolderOffAndFreesTheVolume) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  const std::string where = mounted(vol_a, true);
  const std::string first = device(vol_a);
  Fd held(::open((where + "/file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(held.get(), "synced", 6), 6);
  ASSERT_EQ(::fsync(held.get()), 0);

  ASSERT_OK(store_->release_device(vol_a, ReleaseHow::force));
  EXPECT_TRUE(store_->devices_in_use()->empty());
  const std::string second = device(vol_a);
  EXPECT_NE(first, second);
  // What the holder does now goes nowhere.
  EXPECT_TRUE(::write(held.get(), "too late", 8) < 0 || ::fsync(held.get()) < 0);
  const std::string other = dir_->path() + "/mnt-second";
  std::filesystem::create_directory(other);
  ASSERT_EQ(::mount(second.c_str(), other.c_str(), "ext4", 0, ""), 0) << strerror(errno);
  std::ifstream file(other + "/file");
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "synced");
  file.close();
  ::umount(other.c_str());
  held.reset();
  ::umount(where.c_str());
}

TEST_F(VolumeStoreOnLinux, FindsPoolAndDevicesAgainAfterTheServiceWasKilled) {
  store_.reset();
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // A service of its own: private mounts, which die with it, while the loop device stays.
    ::unshare(CLONE_NEWNS);
    auto store = VolumeStore::open(options());
    if (!store || !(*store)->create_volume(vol_a, 1, std::nullopt)) ::_exit(1);
    auto device = (*store)->attach_device(vol_a);
    if (!device || ::write(ready[1], device->path.data(), device->path.size()) <= 0) ::_exit(1);
    ::pause();
  }
  ::close(ready[1]);
  std::string path(64, '\0');
  const ssize_t length = ::read(ready[0], path.data(), path.size());
  ::close(ready[0]);
  ASSERT_GT(length, 0);
  path.resize(static_cast<size_t>(length));
  write_at(path, 4096, "before");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  // The machine goes on writing meanwhile.
  write_at(path, 8192, "after");

  open_store();
  const auto in_use = store_->devices_in_use();
  ASSERT_TRUE(in_use);
  ASSERT_EQ(in_use->size(), 1u);
  EXPECT_EQ(in_use->at(vol_a).path, path);
  EXPECT_EQ(device(vol_a), path);
  ASSERT_OK(store_->create_snapshot(snap_a, vol_a));
  EXPECT_EQ(read_at(store_->root() + "/snapshots/snap-a.raw", 4096, 6), "before");
  EXPECT_EQ(read_at(store_->root() + "/snapshots/snap-a.raw", 8192, 5), "after");
}

TEST_F(VolumeStoreOnLinux, ComesBackAfterTheHostWasRebooted) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  write_at(device(vol_a), 8192, "kept");
  ASSERT_OK(store_->tear_down(false));  // leaves what a reboot leaves: files
  open_store();
  EXPECT_TRUE(store_->devices_in_use()->empty());
  EXPECT_EQ(read_at(device(vol_a), 8192, 4), "kept");
}

TEST_F(VolumeStoreOnLinux, MakesAHalfMadePoolAgain) {
  ASSERT_OK(store_->tear_down(true));
  EXPECT_TRUE(std::filesystem::is_empty(dir_->data_dir())) << "erased";
  store_.reset();
  std::ofstream(dir_->data_dir() + "/pool.img.new") << "half a filesystem";
  open_store();
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  EXPECT_FALSE(std::filesystem::exists(dir_->data_dir() + "/pool.img.new"));
}

TEST_F(VolumeStoreOnLinux, NeverFormatsAPoolThatIsThere) {
  ASSERT_OK(store_->tear_down(false));
  store_.reset();
  const std::string image = dir_->data_dir() + "/pool.img";
  const std::string sound = read_at(image, 0, 7);
  std::fstream(image, std::ios::in | std::ios::out) << "damaged";
  const auto refused = VolumeStore::open(options());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("xfs_repair"), std::string::npos) << describe(refused.error());
  EXPECT_EQ(read_at(image, 0, 7), "damaged");
  EXPECT_TRUE(loops_behind(image).empty()) << "the failed attempt left a loop device";
  std::fstream(image, std::ios::in | std::ios::out) << sound;
  open_store();
}

TEST_F(VolumeStoreOnLinux, KeepsAFloorFreeAndSurvivesAFullPool) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  ASSERT_OK(store_->create_volume(vol_b, 1, std::nullopt));
  write_at(device(vol_b), 4096, "kept");
  Fd writer(::open(device(vol_a).c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
  void* block = nullptr;
  ASSERT_EQ(::posix_memalign(&block, 4096, mib), 0);
  std::fill_n(static_cast<char*>(block), mib, 'x');
  bool refused = false;
  int error = 0;
  for (int64_t at = 0; at < 1024 && error == 0; ++at) {
    if (::pwrite(writer.get(), block, mib, at * mib) != mib) error = errno;
    if (!refused && store_->free_bytes() < 32 * mib) {
      refused = true;
      const auto no = store_->create_volume(VolumeId("vol-c"), 1, std::nullopt);
      ASSERT_FALSE(no);
      EXPECT_EQ(no.error().kind, ErrorKind::no_capacity);
      EXPECT_EQ(no.error().code, "InsufficientVolumeCapacity");
      EXPECT_EQ(store_->create_snapshot(snap_a, vol_b).error().kind, ErrorKind::no_capacity);
    }
  }
  std::free(block);
  EXPECT_TRUE(refused);
  EXPECT_TRUE(error == ENOSPC || error == EIO) << error;
  EXPECT_EQ(read_at(device(vol_b), 4096, 4), "kept");
  write_at(device(vol_b), 4096, "more");  // blocks that it has can be written

  writer.reset();
  ASSERT_OK(store_->release_device(vol_a, ReleaseHow::orderly));
  ASSERT_OK(store_->delete_volume(vol_a));
  ASSERT_OK(store_->create_snapshot(snap_a, vol_b));
}

TEST_F(VolumeStoreOnLinux, CountsTheExtentsOfAVolume) {
  ASSERT_OK(store_->create_volume(vol_a, 1, std::nullopt));
  EXPECT_EQ(*store_->extents(vol_a), 0);
  for (int piece = 0; piece < 5; ++piece) write_at(device(vol_a), piece * mib, "piece");
  EXPECT_EQ(*store_->extents(vol_a), 5);
}

TEST_F(VolumeStoreOnLinux, NeedsNoPoolWhereTheDataFolderCanShareBlocks) {
  SmallHost host(dir_->path(), 512 * mib, "xfs");
  auto opened = VolumeStore::open({.data_dir = host.path() + "/data", .free_floor_bytes = 32 * mib});
  ASSERT_TRUE(opened) << describe(opened.error());
  auto& store = **opened;
  EXPECT_FALSE(std::filesystem::exists(host.path() + "/data/pool.img"));
  ASSERT_OK(store.create_volume(vol_a, 1, std::nullopt));
  const auto device = store.attach_device(vol_a);
  ASSERT_TRUE(device) << describe(device.error());
  write_at(device->path, 8192, "kept");
  ASSERT_OK(store.create_snapshot(snap_a, vol_a));
  EXPECT_EQ(read_at(store.root() + "/snapshots/snap-a.raw", 8192, 4), "kept");
  ASSERT_OK(store.tear_down(true));
  EXPECT_TRUE(std::filesystem::is_empty(host.path() + "/data"));
}

// The filesystem below the pool is filled by others: the pool has to look full before that one is, because a pool that
// cannot write its journal ends for every machine.
TEST_F(VolumeStoreOnLinux, LooksFullBeforeTheFilesystemBelowIs) {
  SmallHost host(dir_->path(), 2048 * mib);
  auto opened =
      VolumeStore::open({.data_dir = host.path() + "/data", .pool_size_bytes = 1200 * mib, .free_floor_bytes = 0});
  ASSERT_TRUE(opened) << describe(opened.error());
  auto& store = **opened;
  ASSERT_OK(store.create_volume(vol_a, 2, std::nullopt));
  EXPECT_GT(store.free_bytes(), 1000 * mib);
  {
    const Fd other(::open((host.path() + "/others").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::fallocate(other.get(), 0, 0, 1000 * mib), 0) << strerror(errno);
  }
  // The store watches by itself.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (*free_on(store.root()) > 600 * mib && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LT(*free_on(store.root()), 600 * mib);
  ASSERT_OK(store.create_snapshot(snap_a, vol_a));
  std::filesystem::remove(host.path() + "/others");
  const auto later = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (*free_on(store.root()) < 1000 * mib && std::chrono::steady_clock::now() < later) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_GT(*free_on(store.root()), 1000 * mib) << "given back when there is room again";
  ASSERT_OK(store.tear_down(true));
}

}  // namespace
}  // namespace holdfast::cloud::linux_
