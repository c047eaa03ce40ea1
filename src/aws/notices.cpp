#include "aws/notices.h"

#include <spdlog/spdlog.h>

#include "aws/event_json.h"
#include "aws/pause.h"
#include "base/text.h"

namespace holdfast::aws {

Notices::Notices(Session& session, std::string queue, Sink sink, Options options)
    : session_(session),
      queue_name_(std::move(queue)),
      sink_(std::move(sink)),
      options_(options),
      random_(Random::fresh_seed()),
      thread_([this](std::stop_token stop) { run(stop); }) {}

Notices::~Notices() {
  thread_.request_stop();
  thread_.join();
}

void Notices::run(std::stop_token stop) {
  int failures = 0;
  while (!stop.stop_requested()) {
    const auto outcome = once(stop);
    if (stop.stop_requested()) return;
    note(outcome);
    failures = outcome ? 0 : failures + 1;
    if (!outcome) pause(backoff(options_.backoff, failures, random_), stop);
  }
}

// The same trouble again and again is said once.
void Notices::note(const Result<void>& outcome) {
  std::lock_guard lock(mutex_);
  if (!outcome) {
    ++counters_.errors;
    if (!trouble_ || trouble_->code != outcome.error().code)
      spdlog::warn("notices from the queue {}: {}", queue_name_, describe(outcome.error()));
    trouble_ = outcome.error();
  } else if (trouble_) {
    spdlog::info("notices from the queue {} come again", queue_name_);
    trouble_.reset();
  }
}

Result<void> Notices::once(std::stop_token stop) {
  if (!queue_) {
    HF_TRY(queue_, Sqs::open(session_, queue_name_, stop));
  }
  count([](Counters& c) { ++c.polls; });
  HF_TRY(const auto messages, queue_->receive(options_.poll, options_.hidden, stop));
  return handle(messages, stop);
}

// All are handed on before any is deleted: what matters is that they are known soon.
Result<void> Notices::handle(const std::vector<QueueMessage>& messages, std::stop_token stop) {
  std::vector<std::string> done;
  for (const QueueMessage& message : messages) {
    if (take_in(message)) done.push_back(message.receipt_handle);
  }
  if (!done.empty()) {
    HF_TRY(const size_t removed, queue_->remove(done, stop));
    count([&](Counters& c) { c.deleted += removed; });
  }
  // Then the rest of the queue had better wait where it is.
  if (done.size() < messages.size())
    return fail(ErrorKind::unavailable, "NotRecorded", "an event could not be recorded; it will come again");
  return {};
}

// True if it may be deleted.
bool Notices::take_in(const QueueMessage& message) {
  count([](Counters& c) { ++c.received; });
  const auto events = read_event(message.body);
  if (!events) {
    put_aside(message, events.error());
    return true;
  }
  if (events->empty()) {
    count([](Counters& c) { ++c.ignored; });
    return true;
  }
  if (auto recorded = sink_(*events); !recorded) {
    count([](Counters& c) { ++c.refused; });
    spdlog::warn("an event about {} was not recorded: {}", events->front().resource, describe(recorded.error()));
    return false;
  }
  count([&](Counters& c) { c.events += events->size(); });
  return true;
}

void Notices::put_aside(const QueueMessage& message, const Error& error) {
  spdlog::warn("message {} of the queue {} is put aside: {}", message.id, queue_name_, error.message);
  std::lock_guard lock(mutex_);
  ++counters_.malformed;
  set_aside_.push_back({message.id, error.message, quoted(message.body, kShown)});
  while (set_aside_.size() > options_.most_set_aside) set_aside_.pop_front();
}

Notices::Counters Notices::counters() const {
  std::lock_guard lock(mutex_);
  return counters_;
}

std::deque<Notices::SetAside> Notices::set_aside() const {
  std::lock_guard lock(mutex_);
  return set_aside_;
}

std::optional<Error> Notices::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace holdfast::aws
