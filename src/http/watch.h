// Watches how long clients take. libmicrohttpd's timeout begins anew with every byte, so a client that sends one byte
// now and then would keep its connection for ever; and it closes without an answer. This one bounds the whole of a
// request's reception (408), and the silence between two requests (closed). Called by server.cpp.
//
// It also makes room: where there are too many connections, the one that has kept the server waiting for a request for
// the longest time goes; one that has never brought any goes first.
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
    bool proven = false;  // it has brought a whole request
  };

  struct Limits {
    Duration time;
    size_t connections;
    bool plain = true;  // false: TLS, so nothing can be written past it
  };
  explicit Watch(Limits limits);
  ~Watch();

  Connection* opened(int descriptor);
  void closed(Connection* connection);
  void receiving(Connection* connection);  // a request has begun
  bool received(Connection* connection);   // it is here whole; false: too late, it was answered with 408
  void idle(Connection* connection);       // answered

 private:
  void run();
  void expire(Connection& connection);
  void make_room();

  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  size_t expired_ = 0;  // of them: they are about to be closed
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast::http
