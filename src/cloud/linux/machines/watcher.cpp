#include "cloud/linux/machines/watcher.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace holdfast::cloud::linux_ {
namespace {
constexpr int events_at_once = 64;
}

Result<std::unique_ptr<Watcher>> Watcher::start(Ended ended, Tick tick, Duration every) {
  std::unique_ptr<Watcher> watcher(new Watcher(std::move(ended), std::move(tick), every));
  watcher->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  watcher->stop_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;
  if (!watcher->epoll_.valid() || !watcher->stop_.valid() ||
      ::epoll_ctl(watcher->epoll_.get(), EPOLL_CTL_ADD, watcher->stop_.get(), &event) != 0) {
    return Failure(system_error("starting the watch over machines", errno));
  }
  watcher->thread_ = std::thread([raw = watcher.get()] { raw->run(); });
  return watcher;
}

Watcher::~Watcher() {
  end();
}

void Watcher::end() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  CHECK(::write(stop_.get(), &one, sizeof one) == sizeof one);
  thread_.join();
}

void Watcher::watch(const InstanceId& machine, int pidfd) {
  Fd copy(::fcntl(pidfd, F_DUPFD_CLOEXEC, 3));
  const std::lock_guard guard(mutex_);
  const uint64_t number = ++last_number_;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number;
  if (!copy.valid() || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, copy.get(), &event) != 0) {
    // It runs, but its end would go unnoticed until somebody asks.
    spdlog::error("{} cannot be watched: {}", machine.str(), describe(system_error("watching its init", errno)));
    return;
  }
  watched_[number] = {machine, std::move(copy)};
}

void Watcher::take_end(uint64_t number) {
  InstanceId machine;
  {
    const std::lock_guard guard(mutex_);
    const auto found = watched_.find(number);
    if (found == watched_.end()) return;
    machine = found->second.machine;
    watched_.erase(found);
  }
  ended_(machine);
}

void Watcher::run() {
  epoll_event events[events_at_once];
  auto next_tick = std::chrono::steady_clock::now() + every_;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next_tick - std::chrono::steady_clock::now()).count();
    const int count = ::epoll_wait(epoll_.get(), events, events_at_once, left > 0 ? static_cast<int>(left) : 0);
    if (count < 0) CHECK(errno == EINTR);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == 0) return;
      take_end(events[i].data.u64);
    }
    if (std::chrono::steady_clock::now() < next_tick) continue;
    tick_();
    next_tick = std::chrono::steady_clock::now() + every_;
  }
}

}  // namespace holdfast::cloud::linux_
