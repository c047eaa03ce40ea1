#include "cloud/linux/small_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr size_t largest_file = 1 << 20;

Result<void> write_all(int fd, const std::string& text, const std::string& path) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(system_error("writing " + path, errno));
    done += static_cast<size_t>(count);
  }
  return {};
}

Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return Failure(system_error("syncing " + folder, errno));
  return {};
}

}  // namespace

Result<std::string> read_small_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Failure(system_error("opening " + path, errno));
  std::string text;
  char buffer[4096];
  while (text.size() <= largest_file) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(system_error("reading " + path, errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
  return fail(ErrorKind::invalid, "FileTooLarge", path + " is larger than 1 MiB");
}

Result<void> write_durably(const std::string& path, const std::string& text) {
  static std::atomic<unsigned> number = 0;  // two threads may write one file; the last one stays
  const std::string scratch = fmt::format("{}.{}.new", path, ++number);
  {
    const Fd fd(::open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd.valid()) return Failure(system_error("making " + scratch, errno));
    HF_TRY_VOID(write_all(fd.get(), text, scratch));
    if (::fsync(fd.get()) != 0) return Failure(system_error("syncing " + scratch, errno));
  }
  if (::rename(scratch.c_str(), path.c_str()) != 0) return Failure(system_error("renaming to " + path, errno));
  return sync_folder_of(path);
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return Failure(system_error("removing " + path, errno));
  }
  return sync_folder_of(path);
}

Result<void> write_setting(const std::string& path, const std::string& value) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return Failure(system_error("opening " + path, errno));
  if (::write(fd.get(), value.data(), value.size()) < 0) {
    return Failure(system_error(fmt::format("writing '{}' to {}", value, path), errno));
  }
  return {};
}

}  // namespace holdfast::cloud::linux_
