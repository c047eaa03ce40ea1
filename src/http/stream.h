// One streamed answer: a thread of its own asks for the next piece, a bounded buffer lies between it and the
// connection, which sleeps (suspended) while the buffer is empty. The client's going away is noticed even when there is
// nothing to send, and the source is then let go of. Called by server.cpp.
//
// Held by shared_ptr: by its thread, by libmicrohttpd's response, and by the list of streams of the server.
#pragma once

#include <microhttpd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "http/server.h"

namespace holdfast::http {

class Stream {
 public:
  Stream(NextPiece source, std::string first, MHD_Connection* connection, int descriptor);

  // The thread's work: returns when the source has ended, the client has gone or `stop` was called.
  void pump();
  // libmicrohttpd wants up to `room` bytes: their number, 0 after suspending the connection, or an end mark.
  ssize_t read(char* to, size_t room);
  // The connection is no more: it is not touched again.
  void disconnected();
  // Ends the stream after what is buffered.
  void stop();

 private:
  bool append(std::string piece);  // false: nobody wants more
  bool client_gone() const;        // under the mutex
  void wake();                     // under the mutex

  std::mutex mutex_;
  std::condition_variable drained_;
  NextPiece source_;  // the pumping thread's alone
  std::string buffer_;
  MHD_Connection* connection_;  // null: gone
  const int descriptor_;
  bool suspended_ = false;
  bool ended_ = false;   // no more will come
  bool broken_ = false;  // end without the proper last chunk
};

}  // namespace holdfast::http
