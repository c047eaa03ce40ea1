// What AWS tells unasked, read from an SQS queue that EventBridge writes to, and handed on. One thread of its own.
//
//   receive (long poll) --> read --> the sink records it --> deleted
//                             \--> malformed: put aside, counted --> deleted
//
// What holds always: a message is deleted only after the sink has said that it is recorded, or after it was put aside;
// one that the sink refuses comes again by itself. Messages may come twice and in any order. Trouble is waited out,
// ever longer, and never ends the thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "aws/retry.h"
#include "aws/sqs.h"
#include "ec2/events.h"

namespace holdfast::aws {

class Notices {
 public:
  // Blocks until the events are kept where a crash does not lose them. Called by the thread of Notices.
  using Sink = std::function<Result<void>(const std::vector<ec2::CloudEvent>&)>;

  struct Options {
    Duration poll = Sqs::kLongestPoll;
    Duration hidden = std::chrono::seconds(60);  // until a refused message comes again
    size_t most_set_aside = 100;
    RetryOptions backoff = {1, std::chrono::seconds(1), std::chrono::seconds(60), true};
  };
  struct Counters {
    uint64_t polls = 0, received = 0, events = 0;
    uint64_t ignored = 0;    // messages of kinds that nobody waits for
    uint64_t malformed = 0;  // put aside
    uint64_t refused = 0;    // by the sink
    uint64_t deleted = 0;
    uint64_t errors = 0;  // polls and deletions that failed
    bool operator==(const Counters&) const = default;
  };
  struct SetAside {
    std::string message_id;
    std::string why;
    std::string beginning;  // of its text, at most kShown bytes and fit to be shown
  };
  static constexpr size_t kShown = 1000;

  // `queue` is opened by the thread, and opened again as long as that fails: `session` must outlive it.
  Notices(Session& session, std::string queue, Sink sink, Options options);
  ~Notices();  // stops; a poll under way is broken off
  Notices(const Notices&) = delete;

  Counters counters() const;
  std::deque<SetAside> set_aside() const;  // the newest last
  std::optional<Error> trouble() const;    // of the last poll; nothing if it went well

 private:
  void run(std::stop_token stop);
  Result<void> once(std::stop_token stop);
  Result<void> handle(const std::vector<QueueMessage>& messages, std::stop_token stop);
  bool take_in(const QueueMessage& message);
  void put_aside(const QueueMessage& message, const Error& error);
  void note(const Result<void>& outcome);
  template <class F>
  void count(F change) {
    std::lock_guard lock(mutex_);
    change(counters_);
  }

  Session& session_;
  const std::string queue_name_;
  const Sink sink_;
  const Options options_;
  std::unique_ptr<Sqs> queue_;  // the thread's own
  Random random_;               // the thread's own
  mutable std::mutex mutex_;
  Counters counters_;
  std::deque<SetAside> set_aside_;
  std::optional<Error> trouble_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace holdfast::aws
