// Queues as SQS has them (standard ones): at least once, in no promised order, hidden for a while after each receive.
// Kept in a SQLite file of their own beside the cloud's. A message that was accepted survives the process's end at any
// moment; after a power cut the last ones may be missing. They are wake-ups, never proofs.
//
// Threads: any. `receive` may wait; `close` ends all waiting.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::cloud::endpoint {

struct QueueAttributes {
  Duration visibility = std::chrono::seconds(30);
  Duration wait{};  // of a receive that does not say
  Duration delay{};
  Duration retention = std::chrono::hours(96);
  int64_t maximum_size = 262'144;  // bytes of a message
  bool operator==(const QueueAttributes&) const = default;
};

struct QueueFacts {
  QueueAttributes attributes;
  Time created{};
  int64_t visible = 0;
  int64_t in_flight = 0;  // received, and hidden until their time is over
  int64_t delayed = 0;    // not visible for the first time yet
};

struct Received {
  std::string message_id;
  std::string receipt;  // changes with each receive
  std::string body;
  Time sent{};
  Time first_received{};
  int64_t times_received = 0;
};

struct ReceiveHow {
  int most = 1;
  std::optional<Duration> wait;        // absent: the queue's
  std::optional<Duration> visibility;  // absent: the queue's
};

class Queues {
 public:
  static constexpr size_t kMaxQueues = 100;
  static constexpr int64_t kMaxMessages = 120'000;  // of a queue; the oldest go

  // An empty path: nothing is kept. `now` decides what is visible; waiting is by the steady clock.
  static Result<std::unique_ptr<Queues>> open(const std::filesystem::path& file, std::function<Time()> now);
  ~Queues();

  // Errors carry SQS's codes: AWS.SimpleQueueService.NonExistentQueue, QueueAlreadyExists (with other attributes),
  // ReceiptHandleIsInvalid, InvalidParameterValue.
  Result<void> create(const std::string& queue, const QueueAttributes& attributes);
  Result<void> remove(const std::string& queue);
  Result<std::vector<std::string>> names() const;
  Result<QueueFacts> facts(const std::string& queue) const;
  Result<std::string> send(const std::string& queue, const std::string& body);  // the message's id
  // To every queue there is.
  Result<void> send_to_all(const std::string& body);
  Result<std::vector<Received>> receive(const std::string& queue, const ReceiveHow& how);
  // A receipt that is no longer the message's last deletes nothing, and is no error.
  Result<void> erase(const std::string& queue, const std::string& receipt);
  Result<void> change_visibility(const std::string& queue, const std::string& receipt, Duration from_now);
  Result<void> purge(const std::string& queue);

  void close();

 private:
  struct Files;
  explicit Queues(std::unique_ptr<Files> files);
  std::unique_ptr<Files> files_;
};

}  // namespace holdfast::cloud::endpoint
