// Notices when a machine's init ends, whoever ended it: one thread, an epoll of pidfds. Called by the substrate.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {

class Watcher {
 public:
  using Ended = std::function<void(const InstanceId& machine)>;  // on the watcher's thread; must not block
  using Tick = std::function<void()>;                            // now and then, for housekeeping; must not block

  static Result<std::unique_ptr<Watcher>> start(Ended ended, Tick tick, Duration every);
  ~Watcher();
  // No call is made after it.
  void end();

  // The descriptor is copied. Told once for each life of a machine; its end is told once.
  void watch(const InstanceId& machine, int pidfd);

 private:
  Watcher(Ended ended, Tick tick, Duration every) : ended_(std::move(ended)), tick_(std::move(tick)), every_(every) {}
  void run();
  void take_end(uint64_t number);

  struct Watched {
    InstanceId machine;
    Fd pidfd;
  };

  const Ended ended_;
  const Tick tick_;
  const Duration every_;
  Fd epoll_;
  Fd stop_;
  std::mutex mutex_;
  std::map<uint64_t, Watched> watched_;
  uint64_t last_number_ = 0;
  std::thread thread_;
};

}  // namespace holdfast::cloud::linux_
