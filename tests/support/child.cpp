#include "support/child.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "support/scratch.h"
#include "support/wait.h"

namespace holdfast::support {
namespace {

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* argv, char* const* environment, int output, bool outlives_us) {
  if (outlives_us) {
    setsid();
  } else {
    setpgid(0, 0);  // Ctrl-C on the terminal is for us: we end our children in order
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  if (output >= 0) {
    dup2(output, 1);
    dup2(output, 2);
  }
  execvpe(argv[0], argv, environment);
  _exit(127);
}

// Without our own HOLDFAST_… variables: the service would take them for its settings.
std::vector<char*> environment_of_child() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::string_view(*entry).rfind("HOLDFAST_", 0) != 0) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

}  // namespace

Result<Child> Child::start(const ChildOptions& options) {
  std::vector<char*> argv;
  for (const std::string& word : options.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int output = -1;
  if (!options.output.empty()) {
    output = open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) return Failure(system_error("open " + options.output, errno));
  }
  const std::vector<char*> environment = environment_of_child();
  const pid_t pid = fork();
  if (pid == 0) become(argv.data(), environment.data(), output, options.outlives_us);
  const int error = errno;
  if (output >= 0) close(output);
  if (pid < 0) return Failure(system_error("fork", error));
  return Child(pid, options.outlives_us);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), outlives_us_(other.outlives_us_), status_(other.status_) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(outlives_us_, other.outlives_us_);
  std::swap(status_, other.status_);
  return *this;
}

Child::~Child() {
  if (outlives_us_ || pid_ < 0 || !running()) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Child::running() {
  return !wait(Duration(0)).has_value();
}

void Child::signal(int number) {
  // Only while it is ours to signal: a number that was reaped may belong to somebody else.
  if (running()) ::kill(pid_, number);
}

std::optional<int> Child::wait(Duration limit) {
  auto reaped = [this] {
    if (status_) return true;
    int status = 0;
    const pid_t pid = waitpid(pid_, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR)) return false;
    status_ = pid < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  };
  wait_until(limit, reaped, std::chrono::milliseconds(2));
  return status_;
}

Result<Ended> run(const std::vector<std::string>& argv, Duration limit) {
  HF_TRY(Scratch scratch, Scratch::make("holdfast-run"));
  const std::string output = scratch.path() + "/output";
  HF_TRY(Child child, Child::start({argv, output, false}));
  const std::optional<int> status = child.wait(limit);
  std::ostringstream text;
  text << std::ifstream(output).rdbuf();
  if (!status) {
    return fail(ErrorKind::unavailable, "TimedOut",
                fmt::format("{} did not end within {}: {}", argv[0], to_words(limit), text.str()));
  }
  return Ended{*status, text.str()};
}

}  // namespace holdfast::support
