// An orderly shutdown: the scripts that applications left for it, SIGTERM to all that is left, SIGKILL to what does not
// heed it, then filesystems unmounted so that the next mount has no journal to replay. Nothing here is needed for data
// to be safe: what an application synced is on the volume already, and the service may kill the machine at any moment.
//
// Scripts: every executable in /holdfast/shutdown.d in the order of their names, then /etc/holdfast/shutdown. They run
// one after the other while everything still works.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "cloud/linux/init/parts.h"

namespace holdfast_init {
namespace {

constexpr const char* scripts_folder = "/holdfast/shutdown.d";
constexpr const char* last_script = "/etc/holdfast/shutdown";
constexpr long scripts_limit_ms = 90'000;  // all of them together
constexpr long term_limit_ms = 10'000;
constexpr long kill_limit_ms = 5'000;

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// Reaps until `wanted` is gone (0: until there is no child at all). False if the time is over.
bool reap_until_gone(pid_t wanted, long end_ms, int* status) {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  while (true) {
    int one = 0;
    pid_t reaped = 0;
    while ((reaped = ::waitpid(-1, &one, WNOHANG)) > 0) {
      if (reaped != wanted) continue;
      *status = one;
      return true;
    }
    if (reaped < 0 && errno == ECHILD) return true;
    const long left = end_ms - now_ms();
    if (left <= 0) return false;
    const timespec wait{left / 1000, left % 1000 * 1'000'000};
    ::sigtimedwait(&child_ended, nullptr, &wait);
  }
}

void run_script(const std::string& path, long end_ms) {
  const pid_t child = ::fork();
  if (child < 0) return;
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setsid();
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, 0);
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    ::setenv("HOME", "/root", 1);
    ::execl(path.c_str(), path.c_str(), static_cast<char*>(nullptr));
    ::_exit(126);
  }
  int status = 0;
  if (!reap_until_gone(child, end_ms, &status)) {
    say(path + " took too long and was killed");
    ::kill(-child, SIGKILL);
  } else if (status != 0) {
    say(path + " failed");
  }
}

void run_scripts() {
  std::vector<std::string> paths;
  if (DIR* folder = ::opendir(scripts_folder)) {
    while (const dirent* entry = ::readdir(folder)) {
      if (entry->d_name[0] != '.') paths.push_back(std::string(scripts_folder) + "/" + entry->d_name);
    }
    ::closedir(folder);
  }
  std::sort(paths.begin(), paths.end());
  paths.push_back(last_script);
  const long end = now_ms() + scripts_limit_ms;
  for (const auto& path : paths) {
    if (::access(path.c_str(), X_OK) == 0) run_script(path, end);
  }
}

// Later mounts lie on earlier ones, so backwards.
void unmount_volumes() {
  std::vector<std::string> points;
  const std::string mounts = read_file("/proc/self/mounts", 1 << 20);
  for (size_t begin = 0; begin < mounts.size();) {
    const size_t end = std::min(mounts.find('\n', begin), mounts.size());
    const std::string line = mounts.substr(begin, end - begin);
    begin = end + 1;
    const size_t space = line.find(' ');
    if (line.compare(0, 5, "/dev/") != 0 || space == std::string::npos) continue;
    const std::string point = line.substr(space + 1, line.find(' ', space + 1) - space - 1);
    if (point != "/" && point != "/usr" && point.compare(0, 5, "/dev/") != 0) points.push_back(point);
  }
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    if (::umount2(point->c_str(), UMOUNT_NOFOLLOW) != 0) ::umount2(point->c_str(), MNT_DETACH);
  }
  ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
}

}  // namespace

void shut_down() {
  run_scripts();
  int ignored = 0;
  ::kill(-1, SIGTERM);
  ::kill(-1, SIGCONT);
  if (!reap_until_gone(0, now_ms() + term_limit_ms, &ignored)) {
    say("some processes do not heed SIGTERM and are killed");
    ::kill(-1, SIGKILL);
    reap_until_gone(0, now_ms() + kill_limit_ms, &ignored);
  }
  ::sync();
  unmount_volumes();
}

}  // namespace holdfast_init
