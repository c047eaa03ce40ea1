// Watches how long clients take. libmicrohttpd's timeout begins anew with every byte, so a client that sends one byte
// now and then would keep its connection for ever; and it closes without an answer. This one bounds the whole of a
// request's reception (408), and the silence between two requests (closed). Called by server.cpp.
//
// A connection's descriptor is touched only between `opened` and `closed`, and never while an answer is on its way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace holdfast::http {

class Watch {
 public:
  struct Connection {
    int descriptor = -1;
    enum class Phase { receiving, busy, idle } phase = Phase::receiving;
    std::chrono::steady_clock::time_point since;
    bool expired = false;
  };

  explicit Watch(Duration limit);
  ~Watch();

  Connection* opened(int descriptor);
  void closed(Connection* connection);
  void receiving(Connection* connection);  // a request has begun
  bool received(Connection* connection);   // it is here whole; false: too late, it was answered with 408
  void idle(Connection* connection);       // answered

 private:
  void run();
  void expire(Connection& connection);

  const Duration limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast::http
