#include "aws/credentials.h"

namespace holdfast::aws {

Time system_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

bool RefreshingCredentials::is_usable(Time now) const {
  return current_ && !is_refused_ && (!current_->expires || now < *current_->expires - kUnusableBefore);
}

bool RefreshingCredentials::should_renew(Time now) const {
  return !current_ || is_refused_ || (current_->expires && now >= *current_->expires - kRenewBefore);
}

Result<Credentials> RefreshingCredentials::get(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    const Time now = now_();
    const bool usable = is_usable(now);
    if (usable && (!should_renew(now) || is_renewing_ || now < next_try_)) return *current_;
    if (!is_renewing_) {
      if (now < next_try_ && last_error_) return Failure(*last_error_);
      return renew(lock, stop);
    }
    if (!changed_.wait(lock, stop, [this] { return !is_renewing_; }))
      return fail(ErrorKind::unavailable, "NotSent", "called off while waiting for credentials");
  }
}

Result<Credentials> RefreshingCredentials::renew(std::unique_lock<std::mutex>& lock, std::stop_token stop) {
  is_renewing_ = true;
  lock.unlock();
  auto fetched = fetch_(stop);
  lock.lock();
  is_renewing_ = false;
  const Time now = now_();
  // Who was called off says nothing about the source: the next one may try at once.
  if (fetched || !stop.stop_requested()) next_try_ = now + kBetweenTries;
  if (fetched) {
    current_ = std::move(*fetched);
    is_refused_ = false;
    last_error_.reset();
  } else {
    last_error_ = fetched.error();
  }
  changed_.notify_all();
  if (!fetched && !is_usable(now)) return Failure(*last_error_);
  return *current_;
}

void RefreshingCredentials::refused(const Credentials& credentials) {
  std::lock_guard lock(mutex_);
  // Of several that were refused with the same keys only the first counts, and the late ones not at all.
  const bool is_current = current_ && current_->key.access_key == credentials.key.access_key &&
                          current_->key.session_token == credentials.key.session_token;
  if (!is_current || is_refused_) return;
  is_refused_ = true;
  next_try_ = Time::min();
}

}  // namespace holdfast::aws
