// A process that uses a store is killed at random moments, over and over on the same pool; after each death the store
// has to show everything that was reported as done, whole, and nothing that was reported as gone. The seed is printed;
// set HOLDFAST_SEED to repeat a run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "cloud/linux/storage/storage_test_dir.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int rounds = 25;
constexpr uint64_t enough = 100;  // operations that the deaths must leave behind to show anything
constexpr size_t things = 4;
constexpr off_t where = 8192;

enum class Is { gone, there, unknown };

struct Thing {
  Is is = Is::gone;
  uint64_t value = 0;    // acknowledged
  uint64_t started = 0;  // a write that may or may not have happened
};

// Shared with the process that is killed: it notes what it begins and what it was told to be done.
struct Ledger {
  std::array<Thing, things> volumes;
  std::array<Thing, things> snapshots;
  uint64_t next = 1;
  uint64_t done = 0;
};

VolumeId volume_name(size_t index) {
  return VolumeId("vol-" + std::to_string(index));
}
SnapshotId snapshot_name(size_t index) {
  return SnapshotId("snap-" + std::to_string(index));
}

class Victim {
 public:
  Victim(VolumeStore& store, Ledger& ledger, uint64_t seed) : store_(store), ledger_(ledger), random_(seed) {}

  // Never returns but by being killed, or by an answer that must not be.
  int live() {
    while (true) {
      const size_t index = random_.below(things);
      if (!step(index, ledger_.volumes[index])) return 1;
      ++ledger_.done;
    }
  }

 private:
  bool step(size_t index, Thing& volume) {
    if (volume.is != Is::there) return create(index, volume);
    switch (random_.below(8)) {
      case 0:
        return remove(index, volume);
      case 1:
        return take_snapshot(index, volume);
      case 2:
        return remove_snapshot();
      case 3:
        return power_cut(index);
      default:
        return write(index, volume);
    }
  }
  bool create(size_t index, Thing& volume) {
    const size_t from = random_.below(things);
    const bool cloned = ledger_.snapshots[from].is == Is::there && random_.below(2) == 0;
    // What a death in this very call left may be either: begun anew, so that its content is known.
    if (volume.is == Is::unknown && !remove(index, volume)) return false;
    volume = {Is::unknown, 0, 0};
    if (!store_.create_volume(volume_name(index), 1, cloned ? std::optional(snapshot_name(from)) : std::nullopt)) {
      return false;
    }
    const uint64_t value = cloned ? ledger_.snapshots[from].value : 0;
    volume = {Is::there, value, value};
    return true;
  }
  bool remove(size_t index, Thing& volume) {
    if (!store_.release_device(volume_name(index), ReleaseHow::orderly)) return false;
    volume.is = Is::unknown;
    if (!store_.delete_volume(volume_name(index))) return false;
    volume = {};
    return true;
  }
  bool write(size_t index, Thing& volume) {
    const auto device = store_.attach_device(volume_name(index));
    if (!device) return false;
    const Fd file(::open(device->path.c_str(), O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC));
    alignas(4096) static char block[4096];
    volume.started = ledger_.next++;
    std::memcpy(block, &volume.started, sizeof volume.started);
    if (::pwrite(file.get(), block, sizeof block, where) != sizeof block) return false;
    volume.value = volume.started;
    return true;
  }
  bool take_snapshot(size_t index, const Thing& volume) {
    const size_t into = random_.below(things);
    Thing& snapshot = ledger_.snapshots[into];
    if (snapshot.is != Is::gone && !remove_one(into)) return false;
    snapshot = {Is::unknown, volume.value, volume.value};
    if (!store_.create_snapshot(snapshot_name(into), volume_name(index))) return false;
    snapshot.is = Is::there;
    return true;
  }
  bool remove_snapshot() { return remove_one(random_.below(things)); }
  bool remove_one(size_t index) {
    ledger_.snapshots[index].is = Is::unknown;
    if (!store_.delete_snapshot(snapshot_name(index))) return false;
    ledger_.snapshots[index] = {};
    return true;
  }
  // The machine stands still: this process writes nothing between the two halves.
  bool power_cut(size_t index) {
    const VolumeId name = volume_name(index);
    return store_.cut(name) && store_.release_device(name, ReleaseHow::orderly) && store_.finish_cut(name);
  }

  VolumeStore& store_;
  Ledger& ledger_;
  Random random_;
};

uint64_t value_in(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  uint64_t value = ~uint64_t{0};
  EXPECT_EQ(::pread(file.get(), &value, sizeof value, where), static_cast<ssize_t>(sizeof value)) << path;
  return value;
}

void check(const Ledger& ledger, const VolumeStore& store) {
  for (size_t index = 0; index < things; ++index) {
    const Thing& volume = ledger.volumes[index];
    const std::string path = store.root() + "/volumes/" + volume_name(index).str() + ".raw";
    const bool there = store.has_volume(volume_name(index)).value();
    EXPECT_TRUE(volume.is == Is::unknown || there == (volume.is == Is::there)) << volume_name(index);
    EXPECT_TRUE(!there || std::filesystem::file_size(path) == uint64_t{1} << 30) << volume_name(index);
    if (volume.is == Is::there && there) {
      const uint64_t value = value_in(path);
      EXPECT_TRUE(value == volume.value || value == volume.started)
          << volume_name(index) << " has " << value << ", acknowledged was " << volume.value;
    }
    const Thing& snapshot = ledger.snapshots[index];
    if (snapshot.is == Is::unknown) continue;
    EXPECT_EQ(store.has_snapshot(snapshot_name(index)).value(), snapshot.is == Is::there) << snapshot_name(index);
    if (snapshot.is == Is::there) {
      EXPECT_EQ(value_in(store.root() + "/snapshots/" + snapshot_name(index).str() + ".raw"), snapshot.value);
    }
  }
}

TEST(VolumeStoreCrash, ShowsAfterEveryDeathWhatWasReportedBefore) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: loop devices and mounts";
  enter_private_mounts();
  const char* wanted = ::getenv("HOLDFAST_SEED");
  const uint64_t seed =
      wanted != nullptr ? static_cast<uint64_t>(parse_int(wanted).value_or(1)) : Random::fresh_seed() >> 1;
  SCOPED_TRACE("repeat with: HOLDFAST_SEED=" + std::to_string(seed) + " cloud_test --gtest_filter=VolumeStoreCrash.*");
  Random random(seed);
  const StorageTestDir dir;
  const VolumeStoreOptions options{
      .data_dir = dir.data_dir(), .pool_size_bytes = int64_t{512} << 20, .free_floor_bytes = int64_t{32} << 20};
  void* shared = ::mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& ledger = *new (shared) Ledger;

  // On a busy machine a life holds less: then there are more of them.
  auto wanted_more = [&](int round) { return round < rounds || (ledger.done <= enough && round < 10 * rounds); };
  for (int round = 0; wanted_more(round) && !::testing::Test::HasFailure(); ++round) {
    const uint64_t victim_seed = random.next();
    // The first rounds die while the pool is being made.
    const auto life = std::chrono::microseconds(round < 8 ? random.below(30'000) : 15'000 + random.below(120'000));
    const pid_t child = ::fork();
    if (child == 0) {
      ::unshare(CLONE_NEWNS);
      auto store = VolumeStore::open(options);
      ::_exit(store ? Victim(**store, ledger, victim_seed).live() : 2);
    }
    std::this_thread::sleep_for(life);  // the moment of death is the point of it
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "an operation failed, or the store did not open: " << WEXITSTATUS(status);
    const auto store = VolumeStore::open(options);
    ASSERT_TRUE(store) << holdfast::describe(store.error());
    check(ledger, **store);
    // A write under way at the death is settled by looking.
    for (size_t index = 0; index < things; ++index) {
      Thing& volume = ledger.volumes[index];
      if (volume.is != Is::there) continue;
      volume.value = volume.started = value_in((*store)->root() + "/volumes/" + volume_name(index).str() + ".raw");
    }
  }
  EXPECT_GT(ledger.done, enough) << "the victims did too little to show anything";
  ::munmap(shared, sizeof(Ledger));
}

}  // namespace
}  // namespace holdfast::cloud::linux_
