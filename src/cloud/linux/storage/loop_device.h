// Loop devices, the only place that speaks their ioctls. A device is known by the file behind it (device and inode
// number, which the kernel keeps however paths and mount namespaces change), never by a remembered index: indexes are
// reused. Loop devices are meant to outlive the process, so none is given back by a destructor here: the pool and the
// volume store own them by the file, also those of an earlier process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::cloud::linux_ {

// The file behind a loop device.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct LoopDevice {
  int index = 0;
  std::string path;  // "/dev/loop7"
  int major = 0;
  int minor = 0;
  FileIdentity file;
  bool releasing = false;  // goes with its last user
  bool cut_off = false;    // can no longer reach the file
};

// Every loop device that has a file now.
Result<std::vector<LoopDevice>> all_loop_devices();
// Those of one file; cut-off ones are left out: they are no use of the file any more.
Result<std::vector<LoopDevice>> loop_devices_of(const FileIdentity& file);

// Direct I/O, 4 KiB sectors. The file must be open for reading and writing and a multiple of 4 KiB long.
Result<LoopDevice> attach_loop(int file);
// Everything written to the device so far has reached the file and is durable there.
Result<void> flush_loop(const LoopDevice& device);
// The device becomes as large as its file is now. One that was taken away meanwhile: nothing to do.
Result<void> resize_loop(const LoopDevice& device);
// From when this returns nothing reaches the file through the device any more: its size is 0 for everyone who has it
// open. What was under way has ended. The file is not touched.
Result<void> cut_off_loop(const LoopDevice& device);
// Asks for the release: at once, or when the last user closes it.
Result<void> clear_loop(const LoopDevice& device);
// True if the index no longer shows this file.
Result<bool> loop_is_gone(const LoopDevice& device);
// Polls loop_is_gone; false if it was still there when the limit was over.
Result<bool> wait_until_gone(const LoopDevice& device, Duration limit);

}  // namespace holdfast::cloud::linux_
