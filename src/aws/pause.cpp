#include "aws/pause.h"

#include <condition_variable>
#include <mutex>

namespace holdfast::aws {

bool pause(Duration duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any nobody;
  std::unique_lock lock(mutex);
  nobody.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace holdfast::aws
