#include "daemon/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/check.h"

namespace holdfast::daemon {
namespace {

// What a signal handler can reach.
std::atomic<int> event_of_handler = -1;
std::atomic<bool> came = false;
std::atomic<bool> hang_up_came = false;

void note(int event) {
  const uint64_t one = 1;
  (void)!::write(event, &one, sizeof one);
}

void on_stop(int) {
  const int kept = errno;
  came = true;
  note(event_of_handler);
  errno = kept;
}

void on_hang_up(int) {
  const int kept = errno;
  hang_up_came = true;
  note(event_of_handler);
  errno = kept;
}

void on_pipe(int) {}

void install(int number, void (*handler)(int)) {
  struct sigaction now {};
  ::sigaction(number, nullptr, &now);
  if (now.sa_handler == SIG_IGN && number == SIGINT) return;  // started in the background of a shell
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

Result<StopSignals> StopSignals::watch() {
  CHECK(event_of_handler == -1);
  const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return Failure(system_error("making an event descriptor", errno));
  event_of_handler = event;
  came = false;
  install(SIGTERM, on_stop);
  install(SIGINT, on_stop);
  install(SIGPIPE, on_pipe);
  return StopSignals(event);
}

StopSignals::StopSignals(StopSignals&& other) noexcept : event_(std::exchange(other.event_, -1)) {}

StopSignals::~StopSignals() {
  if (event_ < 0) return;
  for (int number : {SIGTERM, SIGINT, SIGPIPE, SIGHUP}) ::signal(number, SIG_DFL);
  event_of_handler = -1;
  ::close(event_);
}

void StopSignals::take_hang_ups() {
  hang_up_came = false;
  install(SIGHUP, on_hang_up);
}

bool StopSignals::hung_up() {
  return hang_up_came.exchange(false);
}

void StopSignals::wait(Duration limit) {
  pollfd look{event_, POLLIN, 0};
  const int milliseconds = limit < Duration(0) ? -1 : static_cast<int>(limit.count());
  while (::poll(&look, 1, milliseconds) < 0 && errno == EINTR) continue;
  uint64_t count;
  (void)!::read(event_, &count, sizeof count);  // so that the next wait waits
}

bool StopSignals::stopped() const {
  return came;
}

void StopSignals::wake() {
  note(event_);
}

}  // namespace holdfast::daemon
