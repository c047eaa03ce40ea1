// Two processes: the outer one enters the namespaces; a process namespace holds only for children, so it forks the
// inner one, which becomes the command. The outer one reports the inner one's number (as the host sees it) and its end.
#include "cloud/linux/machines/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "cloud/linux/machines/clone.h"
#include "cloud/linux/machines/machine_child.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr size_t most_output = 1 << 20;
constexpr auto after_end = std::chrono::milliseconds(200);  // for output that a background process holds open
constexpr int not_found_status = 127;
constexpr int not_entered_status = 125;
constexpr const char* folders[] = {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(system_error("making a pipe", errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Everything the children touch; prepared before they exist.
struct Inside {
  int init;
  int go;
  int in, out, err;
  std::vector<std::string> paths;  // to try, in order
  std::vector<char*> argv;
};

void say(const char* text, size_t length) {
  if (::write(2, text, length) < 0) ::_exit(not_entered_status);
}

[[noreturn]] void become_command(const Inside& inside) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char home[] = "HOME=/root";
  char user[] = "USER=root";
  char terminal[] = "TERM=dumb";
  char language[] = "LANG=C.UTF-8";
  char* const environment[] = {path, home, user, terminal, language, nullptr};
  for (const auto& candidate : inside.paths) ::execve(candidate.c_str(), inside.argv.data(), environment);
  constexpr char message[] = "the machine has no such program\n";
  say(message, sizeof message - 1);
  ::_exit(not_found_status);
}

int wait_for_inner(pid_t inner, const sigset_t& awaited) {
  while (true) {
    int status = 0;
    if (::waitpid(inner, &status, WNOHANG) == inner) {
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    if (::sigwaitinfo(&awaited, nullptr) == SIGTERM) {
      ::kill(-inner, SIGKILL);
      ::kill(inner, SIGKILL);  // if it has no group of its own yet
    }
  }
}

[[noreturn]] void run_outer(const Inside& inside) {
  ::dup2(inside.in, 0);
  ::dup2(inside.out, 1);
  ::dup2(inside.err, 2);
  int kept[] = {inside.go, inside.init};
  close_all_but(kept);
  char byte = 0;
  if (::read(inside.go, &byte, 1) != 1) ::_exit(not_entered_status);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &awaited, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  const bool entered = ::setns(inside.init, all) == 0 && ::chdir("/") == 0 && give_up_capabilities();
  if (!entered) {
    constexpr char message[] = "the machine could not be entered: it is ending\n";
    say(message, sizeof message - 1);
    ::_exit(not_entered_status);
  }
  ::umask(022);
  const pid_t inner = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (inner == 0) {
    ::syscall(SYS_close_range, 3, ~0u, 0);
    become_command(inside);
  }
  if (inner < 0) ::_exit(not_entered_status);
  ::syscall(SYS_close_range, 0, ~0u, 0);  // the pipes' ends are the command's alone now
  ::_exit(wait_for_inner(inner, awaited));
}

// Keeps what fits and says if that was not all; reads on so that the writer is not blocked; false at the end.
bool take(int fd, std::string& into, bool& cut) {
  char buffer[16384];
  const ssize_t count = ::read(fd, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return false;
  const size_t kept = std::min(static_cast<size_t>(count), most_output - into.size());
  into.append(buffer, kept);
  cut = cut || kept < static_cast<size_t>(count);
  return true;
}

bool give(int fd, const std::string& input, size_t& given) {
  const ssize_t count = ::write(fd, input.data() + given, input.size() - given);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  given += static_cast<size_t>(count);
  return given < input.size();
}

// Moves bytes until the command has ended and its output with it; false if the time is over first.
bool attend(Fd in, Fd out, Fd err, int outer, const CommandPlan& plan, CommandOutcome& outcome) {
  auto end = std::chrono::steady_clock::now() + plan.limit;
  size_t given = 0;
  bool ended = false;
  if (plan.input.empty()) in.reset();
  while (!ended || out.valid() || err.valid()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return ended;
    std::array<pollfd, 4> wanted = {pollfd{in.get(), POLLOUT, 0}, pollfd{out.get(), POLLIN, 0},
                                    pollfd{err.get(), POLLIN, 0}, pollfd{ended ? -1 : outer, POLLIN, 0}};
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(std::min<int64_t>(left, 60'000))) <= 0) continue;
    if (wanted[0].revents != 0 && !give(in.get(), plan.input, given)) in.reset();
    if (wanted[1].revents != 0 && !take(out.get(), outcome.out, outcome.cut)) out.reset();
    if (wanted[2].revents != 0 && !take(err.get(), outcome.err, outcome.cut)) err.reset();
    if (wanted[3].revents == 0) continue;
    ended = true;
    end = std::min(end, std::chrono::steady_clock::now() + after_end);
  }
  return true;
}

int reap(const Fd& pidfd) {
  siginfo_t ended{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &ended, WEXITED) != 0) {
    if (errno != EINTR) return not_entered_status;
  }
  return ended.si_code == CLD_EXITED ? ended.si_status : 128 + ended.si_status;
}

void prepare_argv(const CommandPlan& plan, Inside& inside) {
  if (plan.argv[0].find('/') != std::string::npos) {
    inside.paths.push_back(plan.argv[0]);
  } else {
    for (const char* folder : folders) inside.paths.push_back(folder + plan.argv[0]);
  }
  for (const auto& argument : plan.argv) inside.argv.push_back(const_cast<char*>(argument.c_str()));
  inside.argv.push_back(nullptr);
}

void non_blocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

Result<CommandOutcome> run_in_machine(const CommandPlan& plan, const Cgroups& cgroups) {
  if (plan.argv.empty() || plan.argv[0].empty()) {
    return fail(ErrorKind::invalid, "InvalidCommand", "there is no command to run", "argv");
  }
  HF_TRY(Pipe go, make_pipe());
  HF_TRY(Pipe in, make_pipe());
  HF_TRY(Pipe out, make_pipe());
  HF_TRY(Pipe err, make_pipe());
  Inside inside{plan.init, go.read.get(), in.read.get(), out.write.get(), err.write.get(), {}, {}};
  prepare_argv(plan, inside);
  HF_TRY(const Fd group, cgroups.commands(plan.machine));
  CloneWish wish;
  wish.group = group.get();
  HF_TRY(Cloned outer, clone_process(wish));
  if (outer.pid == 0) run_outer(inside);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  const auto joined = cgroups.join(plan.machine, outer.pid);
  if (!joined || ::write(go.write.get(), "g", 1) != 1) {
    go.write.reset();
    ::syscall(SYS_pidfd_send_signal, outer.pidfd.get(), SIGKILL, nullptr, 0);
    (void)reap(outer.pidfd);
    return joined ? fail(ErrorKind::unavailable, "CommandFailed", "the command could not be started")
                  : Result<CommandOutcome>(Failure(joined.error()));
  }
  for (const int fd : {in.write.get(), out.read.get(), err.read.get()}) non_blocking(fd);
  CommandOutcome outcome;
  const bool in_time =
      attend(std::move(in.write), std::move(out.read), std::move(err.read), outer.pidfd.get(), plan, outcome);
  if (!in_time) ::syscall(SYS_pidfd_send_signal, outer.pidfd.get(), SIGTERM, nullptr, 0);
  outcome.exit_status = reap(outer.pidfd);
  if (in_time) return outcome;
  return fail(ErrorKind::unavailable, "CommandTimeout",
              "'" + plan.argv[0] + "' did not end within " + to_words(plan.limit) + " and was killed");
}

}  // namespace holdfast::cloud::linux_
