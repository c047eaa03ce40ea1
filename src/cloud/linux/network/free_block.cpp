// Which /16 of 10.0.0.0/8 a new cloud may take. Two clouds that start at the same moment would both see the same block
// free, so a choice is noted in /run/holdfast/blocks (under a lock) before it is given; a note whose data folder is
// gone counts no more.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/text.h"
#include "cloud/linux/network/netlink.h"
#include "cloud/linux/network/network.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr const char* run_dir = "/run/holdfast";
constexpr const char* notes_dir = "/run/holdfast/blocks";
constexpr int first_choice = 31;  // 10.0 to 10.30 are what people use themselves

Result<Fd> take_lock() {
  for (const char* folder : {run_dir, notes_dir}) {
    if (::mkdir(folder, 0755) != 0 && errno != EEXIST) {
      return Failure(system_error(std::string("making ") + folder, errno));
    }
  }
  Fd lock(::open("/run/holdfast/blocks.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return Failure(system_error("opening /run/holdfast/blocks.lock", errno));
  if (::flock(lock.get(), LOCK_EX) != 0) return Failure(system_error("locking /run/holdfast/blocks.lock", errno));
  return lock;
}

std::string note_of(int second) {
  return fmt::format("{}/10.{}", notes_dir, second);
}

// The data folder that has reserved it; empty: nobody who is still there.
std::string holder_of(int second) {
  const std::string holder(trim(read_small_file(note_of(second)).value_or("")));
  return ::access(holder.c_str(), F_OK) == 0 ? holder : std::string();
}

std::string block_of(int second) {
  return fmt::format("10.{}.0.0/16", second);
}

}  // namespace

Result<std::string> free_cidr_block(const std::string& data_dir) {
  HF_TRY(const Fd lock, take_lock());
  for (int second = 0; second < 256; ++second) {
    if (holder_of(second) == data_dir) return block_of(second);
  }
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY(const auto used, netlink->blocks_in_use());
  for (int i = 0; i < 256; ++i) {
    const int second = (first_choice + i) % 256;
    const Block block = *parse_block(block_of(second));
    bool free = holder_of(second).empty();
    for (const auto& other : used) free = free && !other.overlaps(block);
    if (!free) continue;
    HF_TRY_VOID(write_durably(note_of(second), data_dir + "\n"));
    return block_of(second);
  }
  return fail(ErrorKind::unavailable, "NoFreeBlock",
              "every /16 of 10.0.0.0/8 overlaps an address or route of this host; give the cloud a block of its own");
}

Result<void> check_block_is_free(const std::string& cidr) {
  const auto block = parse_block(cidr);
  HF_TRY(const auto netlink, Netlink::open());
  HF_TRY(const auto used, netlink->blocks_in_use());
  for (const auto& other : used) {
    if (!block || !other.overlaps(*block)) continue;
    return fail(ErrorKind::conflict, "InvalidSubnet.Conflict",
                fmt::format("the block {} overlaps {}, which this host uses already (another cloud, a VPN, a container "
                            "network); choose another, or auto",
                            cidr, block_text(other)),
                "cloud.cidr");
  }
  return {};
}

void give_back_cidr_block(const std::string& data_dir) {
  const auto lock = take_lock();
  if (!lock) return;  // the note goes with the next boot, or counts no more once the data folder is gone
  for (int second = 0; second < 256; ++second) {
    if (holder_of(second) == data_dir) ::unlink(note_of(second).c_str());
  }
}

}  // namespace holdfast::cloud::linux_
