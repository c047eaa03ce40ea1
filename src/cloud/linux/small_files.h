// Small text files: records that must survive a crash, and the kernel's settings. Used all over the Linux substrate.
#pragma once

#include <string>

#include "base/error.h"

namespace holdfast::cloud::linux_ {

// At most 1 MiB.
Result<std::string> read_small_file(const std::string& path);
// Whole or not at all, and durable when it returns. The folder exists.
Result<void> write_durably(const std::string& path, const std::string& text);
// Gone, durably; not there: success.
Result<void> remove_file(const std::string& path);
// A setting of the kernel's (/proc/sys, /sys/fs/cgroup): one write.
Result<void> write_setting(const std::string& path, const std::string& value);

}  // namespace holdfast::cloud::linux_
