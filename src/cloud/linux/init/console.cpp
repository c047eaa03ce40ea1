// Keeps a machine's console in a file, from the terminal's master side. A process of its own for each machine, so that
// a restart of the service is no event for the machine: were the master in the service, its end would hang up the
// terminal and every write to it would fail. Ends when the machine's init has ended.
//
// The file holds at least the last 64 KiB and at most twice that.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/linux/init/parts.h"

namespace holdfast_init {
namespace {

constexpr int master = 3;
constexpr int machine = 4;
constexpr size_t kept = 64 * 1024;

class Log {
 public:
  explicit Log(const char* path) : path_(path) {
    text_ = read_file(path_, 4 * kept);
    open_for_append();
    if (text_.size() > 2 * kept) shorten();
  }
  void append(const char* bytes, size_t count) {
    text_.append(bytes, count);
    if (fd_ < 0 || !write_all(fd_, bytes, count)) open_for_append();  // a full disk: what is said now is lost
    if (text_.size() > 2 * kept) shorten();
  }

 private:
  void open_for_append() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  // A new file in the old one's place: a reader sees one or the other.
  void shorten() {
    text_.erase(0, text_.size() - kept);
    const std::string scratch = path_ + ".new";
    const int fd = ::open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    const bool good = write_all(fd, text_.data(), text_.size());
    ::close(fd);
    if (good) ::rename(scratch.c_str(), path_.c_str());
    open_for_append();
  }

  std::string path_;
  std::string text_;  // what is in the file
  int fd_ = -1;
};

}  // namespace

int console_main(const char* path) {
  ::signal(SIGPIPE, SIG_IGN);
  ::setsid();
  ::fcntl(master, F_SETFL, O_NONBLOCK);
  Log log(path);
  char buffer[8192];
  while (true) {
    pollfd wanted[2] = {{master, POLLIN, 0}, {machine, POLLIN, 0}};
    if (::poll(wanted, 2, -1) < 0 && errno != EINTR) return 1;
    ssize_t count = 0;
    while ((count = ::read(master, buffer, sizeof buffer)) > 0) log.append(buffer, static_cast<size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return 0;
    if (wanted[1].revents != 0) return 0;  // the machine ended before the last read: nothing more will come
  }
}

}  // namespace holdfast_init
