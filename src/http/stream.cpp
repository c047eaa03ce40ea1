#include "http/stream.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace holdfast::http {
namespace {

constexpr size_t kMaxBuffered = 256 << 10;  // a piece may go over it once
constexpr auto kLookForClient = std::chrono::milliseconds(200);

}  // namespace

Stream::Stream(NextPiece source, std::string first, MHD_Connection* connection, int descriptor)
    : source_(std::move(source)), buffer_(std::move(first)), connection_(connection), descriptor_(descriptor) {}

void Stream::pump() {
  bool failed = false;
  while (true) {
    std::optional<std::string> piece;
    try {
      piece = source_();
    } catch (...) {
      failed = true;  // the client sees a broken stream, never a complete-looking one
    }
    if (!piece || !append(std::move(*piece))) break;
  }
  source_ = nullptr;
  std::lock_guard lock(mutex_);
  ended_ = true;
  broken_ = broken_ || failed;
  wake();
}

bool Stream::append(std::string piece) {
  std::unique_lock lock(mutex_);
  buffer_ += piece;
  if (!buffer_.empty()) wake();
  // A client that reads slowly makes the source wait; libmicrohttpd closes it when it reads nothing for too long.
  while (connection_ && !ended_ && buffer_.size() > kMaxBuffered) drained_.wait_for(lock, kLookForClient);
  if (connection_ && client_gone()) {
    broken_ = true;
    return false;
  }
  return connection_ && !ended_;
}

bool Stream::client_gone() const {
  pollfd look{descriptor_, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Stream::wake() {
  if (!suspended_ || !connection_) return;
  suspended_ = false;
  MHD_resume_connection(connection_);
}

ssize_t Stream::read(char* to, size_t room) {
  std::lock_guard lock(mutex_);
  if (broken_) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (buffer_.empty()) {
    if (ended_) return MHD_CONTENT_READER_END_OF_STREAM;
    suspended_ = true;
    MHD_suspend_connection(connection_);
    return 0;
  }
  size_t size = std::min(room, buffer_.size());
  std::memcpy(to, buffer_.data(), size);
  buffer_.erase(0, size);
  drained_.notify_all();
  return static_cast<ssize_t>(size);
}

void Stream::disconnected() {
  std::lock_guard lock(mutex_);
  connection_ = nullptr;
  suspended_ = false;
  drained_.notify_all();
}

void Stream::stop() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  drained_.notify_all();
  wake();
}

}  // namespace holdfast::http
