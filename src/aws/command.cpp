#include "aws/command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "aws/pause.h"

namespace holdfast::aws {
namespace {

// How long a wait for output or the end lasts before the caller's wish and the time are looked at.
constexpr int kLookMillis = 20;

Failure trouble(const Command& command, std::string_view what) {
  return fail(ErrorKind::unavailable, "CommandFailed",
              fmt::format("credential_process {}: {}; run it by hand to see what it says", command.words[0], what));
}

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) ends_[0] = ends_[1] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  bool is_open() const { return ends_[0] >= 0; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_end(int end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  int ends_[2];
};

// A process in a group of its own; gone, group and all, when this object is.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    while (!is_reaped_ && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  int start(const Command& command, const Environment& environment, int output) {
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment.variables) variables.push_back(name + "=" + value);
    std::vector<std::string> words = command.words;
    std::vector<char*> arguments, settings;
    for (std::string& word : words) arguments.push_back(word.data());
    for (std::string& variable : variables) settings.push_back(variable.data());
    arguments.push_back(nullptr);
    settings.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    const int error = posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), settings.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) pid_ = -1;
    return error;
  }

  // The exit status, once it has one.
  std::optional<int> ended() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    is_reaped_ = true;
    return status;
  }

 private:
  pid_t pid_ = -1;
  bool is_reaped_ = false;
};

struct Limits {
  std::chrono::steady_clock::time_point end;
  std::stop_token stop;
  bool over() const { return stop.stop_requested() || std::chrono::steady_clock::now() >= end; }
};

// To the end of its output.
Result<std::string> read_all(const Command& command, int from, const Limits& limits) {
  std::string text;
  char piece[4096];
  while (!limits.over()) {
    pollfd entry{from, POLLIN, 0};
    if (::poll(&entry, 1, kLookMillis) <= 0) continue;
    const ssize_t got = ::read(from, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece, static_cast<size_t>(got));
    if (text.size() > command.most_output) return trouble(command, "it prints more than credentials");
  }
  return trouble(command, "it did not end in time");
}

}  // namespace

Result<std::string> run_command(const Command& command, const Environment& environment, std::stop_token stop) {
  if (command.words.empty()) return fail(ErrorKind::invalid, "CommandFailed", "credential_process names no program");
  const Limits limits{std::chrono::steady_clock::now() + command.time_limit, stop};
  Pipe output;
  if (!output.is_open()) return Failure(system_error("a pipe for credential_process", errno));
  Child child;
  if (const int error = child.start(command, environment, output.write_end()); error != 0)
    return trouble(command, system_error("it cannot be started", error).message);
  output.close_end(1);
  HF_TRY(auto text, read_all(command, output.read_end(), limits));
  std::optional<int> status;
  while (!(status = child.ended())) {
    if (limits.over()) return trouble(command, "it did not end in time");
    pause(Duration(1), stop);
  }
  if (!WIFEXITED(*status)) return trouble(command, fmt::format("it was killed by signal {}", WTERMSIG(*status)));
  if (WEXITSTATUS(*status) != 0) return trouble(command, fmt::format("it ended with status {}", WEXITSTATUS(*status)));
  return text;
}

}  // namespace holdfast::aws
