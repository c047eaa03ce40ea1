// Messages of a queue are recorded first and deleted then, whatever the queue and the sink do.
#include "aws/notices.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <list>

#include "aws/local_server.h"
#include "ec2/query.h"
#include "ec2/xml.h"

namespace holdfast::aws {
namespace {

std::string state_change(const std::string& instance) {
  return fmt::format(R"({{"detail-type":"EC2 Instance State-change Notification","time":"2026-11-24T12:00:00Z",)"
                     R"("detail":{{"instance-id":"{}","state":"running"}}}})",
                     instance);
}

// A queue as SQS has it: what is received is hidden until it is deleted or `show_again` is called.
class FakeQueue {
 public:
  void put(const std::string& body) {
    std::lock_guard lock(mutex_);
    messages_.push_back({std::to_string(++last_), body, false});
  }
  void show_again() {
    std::lock_guard lock(mutex_);
    for (auto& message : messages_) message.hidden = false;
  }
  void be_down(bool down) { down_ = down; }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return messages_.size();
  }

  Reply serve(const Seen& seen) {
    if (down_) return answer(503, "");
    const auto form = ec2::Form::parse(seen.body).value();
    const std::string action = form.root().text("Action").value_or("");
    std::lock_guard lock(mutex_);
    if (action == "GetQueueUrl")
      return answer(200, fmt::format("<GetQueueUrlResponse><GetQueueUrlResult><QueueUrl>http://{}/1/{}</QueueUrl></"
                                     "GetQueueUrlResult></GetQueueUrlResponse>",
                                     host, *form.root().text("QueueName")));
    return action == "ReceiveMessage" ? receive(form) : remove(form);
  }

  std::string host;

 private:
  struct Message {
    std::string handle;
    std::string body;
    bool hidden;
  };
  Reply receive(const ec2::Form& form) {
    int64_t room = **form.root().integer("MaxNumberOfMessages");
    std::string found;
    for (auto& message : messages_) {
      if (message.hidden || room == 0) continue;
      --room;
      message.hidden = true;
      found += fmt::format(
          "<Message><MessageId>id-{0}</MessageId><ReceiptHandle>{0}</ReceiptHandle><Body>{1}</Body></Message>",
          message.handle, ec2::xml_escape(message.body));
    }
    return answer(200, "<ReceiveMessageResponse><ReceiveMessageResult>" + found +
                           "</ReceiveMessageResult></ReceiveMessageResponse>");
  }
  Reply remove(const ec2::Form& form) {
    std::string done;
    for (const auto& entry : form.root().items("DeleteMessageBatchRequestEntry")) {
      const std::string handle = *entry.text("ReceiptHandle");
      std::erase_if(messages_, [&](const Message& message) { return message.handle == handle; });
      done += "<DeleteMessageBatchResultEntry><Id>" + *entry.text("Id") + "</Id></DeleteMessageBatchResultEntry>";
    }
    return answer(200, "<DeleteMessageBatchResponse><DeleteMessageBatchResult>" + done +
                           "</DeleteMessageBatchResult></DeleteMessageBatchResponse>");
  }

  mutable std::mutex mutex_;
  int last_ = 0;
  std::vector<Message> messages_;
  std::atomic<bool> down_ = false;
};

class NoticesTest : public testing::Test {
 protected:
  NoticesTest() {
    queue_.host = "127.0.0.1:" + std::to_string(server_.port());
    SessionOptions options;
    options.environment = {};
    options.environment.variables = {{"HOME", "/nonexistent"}};
    options.region = "local";
    options.endpoint_url = server_.url("/");
    options.credentials = Credentials{{"AK", "secret", ""}, {}, "test"};
    options.retry.base = std::chrono::milliseconds(1);
    session_ = Session::open(std::move(options)).value();
  }
  std::unique_ptr<Notices> start(const std::string& queue) {
    Notices::Options options;
    options.poll = std::chrono::seconds(1);
    options.most_set_aside = 3;
    options.backoff.base = std::chrono::milliseconds(1);
    options.backoff.cap = std::chrono::milliseconds(5);
    return std::make_unique<Notices>(
        *session_, queue, [this](const auto& events) { return record(events); }, options);
  }
  Result<void> record(const std::vector<ec2::CloudEvent>& events) {
    std::lock_guard lock(mutex_);
    // Still there: not deleted before this returns.
    least_at_record_ = std::min(least_at_record_, queue_.size());
    if (refuse_) return fail(ErrorKind::unavailable, "StoreFull", "no room");
    for (const auto& event : events) recorded_.push_back(event.resource);
    return {};
  }
  std::vector<std::string> recorded() {
    std::lock_guard lock(mutex_);
    return recorded_;
  }
  template <class F>
  void wait_until(F condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "the condition never came true";
      std::this_thread::yield();
    }
  }

  FakeQueue queue_;
  LocalServer server_{[this](int, const Seen& seen) { return queue_.serve(seen); }};
  std::unique_ptr<Session> session_;
  std::mutex mutex_;
  std::vector<std::string> recorded_;
  size_t least_at_record_ = 1000;
  std::atomic<bool> refuse_ = false;
};

TEST_F(NoticesTest, AreRecordedAndThenDeleted) {
  for (int i = 0; i < 3; ++i) queue_.put(state_change("i-" + std::to_string(i)));
  queue_.put(R"({"detail-type":"EC2 Fleet Error","detail":{}})");
  auto notices = start(server_.url("/1/events"));
  wait_until([&] { return notices->counters().deleted == 4; });
  EXPECT_EQ(recorded(), (std::vector<std::string>{"i-0", "i-1", "i-2"}));
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(least_at_record_, 4u);
  EXPECT_EQ(notices->counters().ignored, 1u);
  const Seen first = server_.seen().at(0);
  EXPECT_TRUE(first.head.starts_with("POST /1/events HTTP/1.1"));
  EXPECT_TRUE(first.has("WaitTimeSeconds=1"));
  EXPECT_TRUE(first.has("VisibilityTimeout=60"));
  EXPECT_TRUE(first.has("/local/sqs/aws4_request"));
}

TEST_F(NoticesTest, AskForTheUrlOfAQueueGivenByName) {
  queue_.put(state_change("i-1"));
  auto notices = start("events");
  wait_until([&] { return notices->counters().deleted == 1; });
  EXPECT_TRUE(server_.seen().at(0).has("QueueName=events"));
  EXPECT_TRUE(server_.seen().at(1).head.starts_with("POST /1/events "));
}

TEST_F(NoticesTest, ThatTheSinkRefusesStayAndComeAgain) {
  refuse_ = true;
  queue_.put(state_change("i-1"));
  auto notices = start(server_.url("/1/events"));
  wait_until([&] { return notices->counters().refused >= 1; });
  wait_until([&] { return notices->trouble().has_value() || notices->counters().polls > 1; });
  EXPECT_EQ(queue_.size(), 1u);
  EXPECT_EQ(notices->counters().deleted, 0u);
  refuse_ = false;
  queue_.show_again();
  wait_until([&] { return notices->counters().deleted == 1; });
  EXPECT_EQ(recorded(), std::vector<std::string>{"i-1"});
}

TEST_F(NoticesTest, ThatAreMalformedArePutAsideCountedAndBounded) {
  for (int i = 0; i < 5; ++i) queue_.put("nonsense " + std::to_string(i));
  queue_.put(state_change("i-1"));
  queue_.put(std::string(5000, 'x'));
  auto notices = start(server_.url("/1/events"));
  wait_until([&] { return notices->counters().deleted == 7; });
  EXPECT_EQ(notices->counters().malformed, 6u);
  ASSERT_EQ(notices->set_aside().size(), 3u);
  EXPECT_EQ(notices->set_aside().at(0).beginning, "nonsense 3");
  EXPECT_EQ(notices->set_aside().at(2).beginning, std::string(Notices::kShown, 'x') + "…");
  EXPECT_EQ(recorded(), std::vector<std::string>{"i-1"});
}

TEST_F(NoticesTest, OfAQueueThatIsDownAreWaitedForAndTheTroubleIsTold) {
  queue_.be_down(true);
  auto notices = start("events");
  wait_until([&] { return notices->counters().errors >= 3; });
  EXPECT_TRUE(notices->trouble().has_value());
  queue_.be_down(false);
  queue_.put(state_change("i-1"));
  wait_until([&] { return notices->counters().deleted == 1; });
  wait_until([&] { return !notices->trouble(); });
}

TEST_F(NoticesTest, OfASilentQueueEndWithTheirOwner) {
  LocalServer silent([](int, const Seen&) { return Reply{"", false, true}; });
  auto notices = start(silent.url("/1/events"));
  wait_until([&] { return !silent.seen().empty(); });
  notices.reset();
  EXPECT_EQ(silent.seen().size(), 1u);
}

}  // namespace
}  // namespace holdfast::aws
