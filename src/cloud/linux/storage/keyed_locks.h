// One lock for each name, made when it is wanted: calls about one volume go one after the other, others side by side.
#pragma once

#include <map>
#include <mutex>
#include <string>

namespace holdfast::cloud::linux_ {

class KeyedLocks {
  struct Entry {
    std::mutex mutex;
    int users = 0;
  };

 public:
  class Held {
   public:
    Held(KeyedLocks& owner, std::string key) : owner_(owner), key_(std::move(key)) {
      Entry* entry = nullptr;
      {
        const std::lock_guard guard(owner_.mutex_);
        entry = &owner_.entries_[key_];  // stays where it is while it has users
        ++entry->users;
      }
      entry->mutex.lock();
    }
    ~Held() {
      const std::lock_guard guard(owner_.mutex_);
      const auto found = owner_.entries_.find(key_);
      found->second.mutex.unlock();
      if (--found->second.users == 0) owner_.entries_.erase(found);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    KeyedLocks& owner_;
    std::string key_;
  };

 private:
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace holdfast::cloud::linux_
