#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/linux/init/parts.h"

namespace holdfast_init {

void say(const std::string& text) {
  const std::string line = "holdfast-init: " + text + "\n";
  write_all(2, line.data(), line.size());
}

bool write_all(int fd, const char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(fd, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<size_t>(written);
  }
  return true;
}

std::string read_file(const std::string& path, size_t most) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  while (text.size() < most) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  ::close(fd);
  return text;
}

bool write_file_durably(const std::string& path, const std::string& text, unsigned mode) {
  const std::string scratch = path + ".new";
  const int fd = ::open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return false;
  bool good = write_all(fd, text.data(), text.size()) && ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  good = ::close(fd) == 0 && good;
  if (!good || ::rename(scratch.c_str(), path.c_str()) != 0) return false;
  const std::string folder = path.substr(0, path.rfind('/'));
  const int parent = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return false;
  good = ::fsync(parent) == 0;
  ::close(parent);
  return good;
}

}  // namespace holdfast_init
