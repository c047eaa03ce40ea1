// Runs user data once for each instance id. The root volume outlives instances, so the id of the one that has run it is
// kept there:
//
//   /var/lib/holdfast/user-data         the script as it was run
//   /var/lib/holdfast/user-data-status  "<instance id> <exit status>\n", written when it has ended
//
// A reboot in the middle of it runs it again; a reboot after its end only reports the status once more. The report is
// repeated until the service has taken it: the service may be restarting just then.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cloud/linux/init/parts.h"

namespace holdfast_init {
namespace {

constexpr const char* folder = "/var/lib/holdfast";
constexpr const char* script_path = "/var/lib/holdfast/user-data";
constexpr const char* status_path = "/var/lib/holdfast/user-data-status";
constexpr int not_runnable = 126;
constexpr long first_pause_ms = 5;
constexpr long longest_pause_ms = 1000;

class Pause {
 public:
  void wait() {
    const timespec time{ms_ / 1000, ms_ % 1000 * 1'000'000};
    ::nanosleep(&time, nullptr);
    ms_ = ms_ * 2 > longest_pause_ms ? longest_pause_ms : ms_ * 2;
  }

 private:
  long ms_ = first_pause_ms;
};

// A token is fetched anew for each try: an old one may have become invalid, and then no repetition would help.
std::string get(const std::string& path) {
  Pause pause;
  while (true) {
    const HttpAnswer token =
        ask_metadata({"PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 300\r\n", {}});
    if (token.status == 200) {
      const HttpAnswer answer = ask_metadata({"GET", path, "X-aws-ec2-metadata-token: " + token.body + "\r\n", {}});
      if (answer.status == 200) return answer.body;
      if (answer.status == 404) return {};
    }
    // For ever: without the service there is nothing else to do, and the machine's end ends it.
    pause.wait();
  }
}

[[noreturn]] void become_script() {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, 0);
  if (::chdir("/") != 0) ::_exit(not_runnable);
  ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::setenv("HOME", "/root", 1);
  ::execl(script_path, script_path, static_cast<char*>(nullptr));
  say(std::string("user data cannot be run: ") + ::strerror(errno) + " (is its #! interpreter in this image?)");
  ::_exit(not_runnable);
}

int run_script() {
  const pid_t child = ::fork();
  if (child < 0) {
    say("cannot fork: user data is not run");
    return not_runnable;
  }
  if (child == 0) become_script();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return not_runnable;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_user_data(const std::string& text) {
  if (text.empty()) return 0;
  if (text.compare(0, 2, "#!") != 0) {
    say("user data is not a script: its first line must name an interpreter, as in #!/bin/sh");
    return not_runnable;
  }
  if (!write_file_durably(script_path, text, 0700)) {
    say(std::string("user data cannot be written to ") + script_path + ": " + ::strerror(errno));
    return not_runnable;
  }
  return run_script();
}

void make_folder() {
  ::mkdir("/var", 0755);
  ::mkdir("/var/lib", 0755);
  ::mkdir(folder, 0755);
}

// -1: this instance has not run its user data to the end.
int remembered_status(const std::string& instance) {
  const std::string text = read_file(status_path, 256);
  if (text.compare(0, instance.size() + 1, instance + " ") != 0 || text.back() != '\n') return -1;
  return ::atoi(text.c_str() + instance.size() + 1);
}

void report(int status) {
  Pause pause;
  while (ask_metadata({"PUT", "/holdfast/user-data-status", {}, std::to_string(status)}).status != 200) pause.wait();
}

}  // namespace

int user_data_main() {
  const std::string instance = get("/latest/meta-data/instance-id");
  make_folder();
  int status = remembered_status(instance);
  if (status < 0) {
    status = run_user_data(get("/latest/user-data"));
    // If it cannot be remembered, the worst is that a reboot runs it again.
    if (!write_file_durably(status_path, instance + " " + std::to_string(status) + "\n", 0644)) {
      say(std::string("the end of user data cannot be remembered: ") + ::strerror(errno));
    }
  }
  if (status != 0) say("user data ended with status " + std::to_string(status));
  report(status);
  return status;
}

}  // namespace holdfast_init
