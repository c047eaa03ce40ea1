// PID 1 of the minimal image. It mounts nothing: the service has made the machine's mounts, devices and network before
// it lets init run. What it does is small on purpose: start the user data's process, reap whatever becomes its child,
// and shut down when told to (SIGTERM, or what systemd would understand: SIGINT, SIGPWR, SIGRTMIN+3).
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cloud/linux/init/parts.h"

namespace holdfast_init {
namespace {

bool asks_for_shutdown(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGPWR || signal == SIGRTMIN + 3;
}

sigset_t all_signals() {
  sigset_t all;
  sigfillset(&all);
  return all;
}

void reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void start_user_data() {
  const pid_t child = ::fork();
  if (child < 0) {
    say("cannot fork: user data is not run");
    return;
  }
  if (child > 0) return;
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::_exit(user_data_main());
}

int init_main() {
  // Blocked signals are kept for sigwaitinfo even in PID 1, which gets no signal that it has no handler for.
  const sigset_t all = all_signals();
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  ::setsid();
  start_user_data();
  while (true) {
    const int signal = ::sigwaitinfo(&all, nullptr);
    if (signal == SIGCHLD) reap();
    if (signal > 0 && asks_for_shutdown(signal)) break;
  }
  shut_down();
  return 0;
}

}  // namespace
}  // namespace holdfast_init

int main(int count, char** arguments) {
  if (count == 3 && ::strcmp(arguments[1], "--console") == 0) return holdfast_init::console_main(arguments[2]);
  if (count == 2 && ::strcmp(arguments[1], "--user-data") == 0) return holdfast_init::user_data_main();
  if (::getpid() == 1) return holdfast_init::init_main();
  ::fprintf(stderr, "holdfast-init is the first process of a machine; outside of one: --user-data | --console FILE\n");
  return 2;
}
