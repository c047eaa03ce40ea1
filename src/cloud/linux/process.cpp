#include "cloud/linux/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr std::array folders = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
constexpr size_t stderr_shown = 600;
// How long output is read after the program itself ended: a grandchild may hold the pipe open for ever.
constexpr auto after_end = std::chrono::milliseconds(500);

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(system_error("making a pipe", errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

struct Prepared {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> environment;
  bool private_mounts = false;
};

// In the child: only calls that are safe between fork and exec in a program with threads.
[[noreturn]] void become(const Prepared& prepared, int out, int err, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (prepared.private_mounts &&
      (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)) {
    ::_exit(126);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::syscall(SYS_close_range, 3, ~0u, 0);
  ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.environment.data());
  ::_exit(127);
}

// Appends what is there and keeps the last `limit` bytes; false at the end of the stream.
bool take(int fd, std::string& into, size_t limit) {
  char buffer[16384];
  const ssize_t count = ::read(fd, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return false;
  into.append(buffer, static_cast<size_t>(count));
  if (into.size() > limit) into.erase(0, into.size() - limit);
  return true;
}

// Reads both streams until they end, or the program has ended and they stay silent; false if the time is over.
bool collect(Fd& out, Fd& err, int pidfd, const RunLimits& limits, RunOutput& output) {
  const auto end = std::chrono::steady_clock::now() + limits.time;
  bool ended = false;
  while (out.valid() || err.valid() || !ended) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ended;
    if (ended) left = std::min<std::chrono::milliseconds>(left, after_end);
    std::array<pollfd, 3> wanted = {pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0},
                                    pollfd{ended ? -1 : pidfd, POLLIN, 0}};
    const int ready = ::poll(wanted.data(), wanted.size(), static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    if (ready == 0 && ended) return true;
    if (ready <= 0) continue;
    if (wanted[0].revents != 0 && !take(out.get(), output.out, limits.output_bytes)) out.reset();
    if (wanted[1].revents != 0 && !take(err.get(), output.err, limits.output_bytes)) err.reset();
    if (wanted[2].revents != 0) ended = true;
  }
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) CHECK(errno == EINTR);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : std::string();
  for (const char* folder : folders) {
    std::string path = std::string(folder) + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

Result<RunOutput> run(const std::vector<std::string>& argv, const RunLimits& limits) {
  CHECK(!argv.empty());
  Prepared prepared;
  prepared.private_mounts = limits.private_mounts;
  prepared.program = find_program(argv[0]);
  if (prepared.program.empty()) {
    return fail(ErrorKind::not_found, "ProgramNotFound",
                argv[0] + " is not installed; `holdfast doctor` says how to get it");
  }
  for (const auto& argument : argv) prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  prepared.argv.push_back(nullptr);
  std::vector<std::string> environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                          "LC_ALL=C.UTF-8", "HOME=/root", "DEBIAN_FRONTEND=noninteractive"};
  // The way to the package sources, where the host needs one.
  for (const char* name : {"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}) {
    if (const char* value = ::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  for (const auto& entry : environment) prepared.environment.push_back(const_cast<char*>(entry.c_str()));
  prepared.environment.push_back(nullptr);

  HF_TRY(Pipe out, make_pipe());
  HF_TRY(Pipe err, make_pipe());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Failure(system_error("starting " + argv[0], errno));
  if (child == 0) become(prepared, out.write.get(), err.write.get(), parent);
  ::setpgid(child, child);  // whoever is first
  out.write.reset();
  err.write.reset();

  RunOutput output;
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const bool in_time = collect(out.read, err.read, pidfd.get(), limits, output);
  // In time or not: what it started and left behind goes too. The child was not waited for yet, so its number is ours.
  ::kill(-child, SIGKILL);
  output.exit_status = wait_for(child);
  if (!in_time) {
    return fail(ErrorKind::unavailable, "ProgramTimeout",
                fmt::format("{} did not end within {} and was killed", argv[0], to_words(limits.time)));
  }
  return output;
}

Result<RunOutput> run_checked(const std::vector<std::string>& argv, const RunLimits& limits) {
  HF_TRY(RunOutput output, run(argv, limits));
  if (output.exit_status == 0) return output;
  std::string said = output.err.empty() ? output.out : output.err;
  if (said.size() > stderr_shown) said.erase(0, said.size() - stderr_shown);
  return fail(ErrorKind::unavailable, "ProgramFailed",
              fmt::format("{} ended with status {}: {}", argv[0], output.exit_status, trim(said)));
}

}  // namespace holdfast::cloud::linux_
