#include "cloud/linux/machines/console.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "cloud/linux/machines/clone.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr size_t shown = 64 * 1024;
constexpr auto kept_for = std::chrono::hours(1);
constexpr const char* file_suffix = ".log";

// Three descriptors to the places where the keeper expects them. They are moved out of the way first, so that none is
// overwritten before it was copied.
bool place(int master, int machine, int slave) {
  const int wanted[] = {master, machine, slave};
  int safe[3];
  for (int i = 0; i < 3; ++i) {
    safe[i] = ::fcntl(wanted[i], F_DUPFD, 10);
    if (safe[i] < 0) return false;
  }
  for (int i = 0; i < 3; ++i) {
    if (::dup2(safe[i], 3 + i) < 0) return false;
  }
  return ::syscall(SYS_close_range, 6, ~0u, 0) == 0;
}

[[noreturn]] void become_keeper(const KeeperPlan& plan, char* const* arguments) {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(nothing, fd);
  char* const environment[] = {nullptr};
  if (place(plan.master, plan.machine, plan.slave)) ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

Result<Console> open_console_pair() {
  Console console;
  console.master = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char path[128];
  if (!console.master.valid() || ::grantpt(console.master.get()) != 0 || ::unlockpt(console.master.get()) != 0 ||
      ::ptsname_r(console.master.get(), path, sizeof path) != 0) {
    return Failure(system_error("making a console", errno));
  }
  console.slave = Fd(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios modes{};
  if (!console.slave.valid() || ::tcgetattr(console.slave.get(), &modes) != 0) {
    return Failure(system_error("opening a console", errno));
  }
  modes.c_oflag &= ~static_cast<tcflag_t>(OPOST);  // a file is to be read, not a screen
  modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (::tcsetattr(console.slave.get(), TCSANOW, &modes) != 0) return Failure(system_error("setting a console", errno));
  console.slave_path = path;
  return console;
}

Result<pid_t> start_console_keeper(const KeeperPlan& plan) {
  if (::access(plan.program.c_str(), X_OK) != 0) {
    return fail(ErrorKind::not_found, "InitProgramNotFound",
                "'" + plan.program + "' is missing; it is built and installed beside holdfast as holdfast-init");
  }
  std::string program = plan.program;
  std::string option = "--console";
  std::string file = plan.file;
  char* const arguments[] = {program.data(), option.data(), file.data(), nullptr};
  CloneWish wish;
  wish.group = plan.group;
  HF_TRY(const Cloned cloned, clone_process(wish));
  if (cloned.pid == 0) become_keeper(plan, arguments);
  return cloned.pid;
}

Result<std::string> read_console(const std::string& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT) return std::string();
    return Failure(system_error("opening " + file, errno));
  }
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  std::string text(std::min<size_t>(static_cast<size_t>(size), shown), '\0');
  const ssize_t count = ::pread(fd.get(), text.data(), text.size(), size - static_cast<off_t>(text.size()));
  if (count < 0) return Failure(system_error("reading " + file, errno));
  text.resize(static_cast<size_t>(count));
  return text;
}

void forget_old_consoles(const std::string& folder, bool (*alive)(const InstanceId&, const void*),
                         const void* context) {
  std::error_code error;
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != file_suffix) continue;
    if (alive(InstanceId(entry.path().stem().string()), context)) continue;
    const auto written = entry.last_write_time(error);
    if (!error && now - written > kept_for) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace holdfast::cloud::linux_
