#include "aws/sqs.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "ec2/query.h"
#include "ec2/xml.h"

namespace holdfast::aws {
namespace {

ec2::FormWriter form_for(std::string_view action) {
  ec2::FormWriter form;
  form.put("Action", action);
  form.put("Version", "2012-11-05");
  return form;
}

Result<ec2::XmlDocument> parse_answer(const std::string& body) {
  auto document = ec2::XmlDocument::parse(body);
  if (!document) return fail(ErrorKind::unknown_outcome, "MalformedAnswer", document.error().message);
  return document;
}

Result<void> read_messages(const std::string& body, std::vector<QueueMessage>& into) {
  HF_TRY(const auto document, parse_answer(body));
  into.clear();
  for (const ec2::XmlElement& element : document.root().child("ReceiveMessageResult").children("Message")) {
    QueueMessage message{element.text("MessageId").value_or(""), element.text("ReceiptHandle").value_or(""),
                         element.text("Body").value_or("")};
    if (message.receipt_handle.empty())
      return fail(ErrorKind::unknown_outcome, "MalformedAnswer", "a message without a ReceiptHandle");
    into.push_back(std::move(message));
  }
  return {};
}

int64_t seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

Result<std::string> ask_url(Session& session, const std::string& name, std::stop_token stop) {
  HF_TRY(auto options, session.service("sqs"));
  QueryService service(std::move(options), session.http(), &session.credentials(), session.now());
  ec2::FormWriter form = form_for("GetQueueUrl");
  form.put("QueueName", name);
  std::string url;
  ServiceCall call;
  call.action = "GetQueueUrl";
  call.body = ec2::encode_pairs(form.pairs());
  call.read = [&](const std::string& body) -> Result<void> {
    HF_TRY(const auto document, parse_answer(body));
    url = document.root().child("GetQueueUrlResult").text("QueueUrl").value_or("");
    if (url.empty()) return fail(ErrorKind::unknown_outcome, "MalformedAnswer", "there is no QueueUrl in the answer");
    return {};
  };
  HF_TRY_VOID(service.call(call, stop));
  return url;
}

}  // namespace

std::optional<std::string> region_of_queue(std::string_view host) {
  const auto parts = split(host, '.');
  const bool is_aws = parts.size() >= 4 && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
  if (!is_aws) return std::nullopt;
  if (parts[1] == "queue") return parts[0];  // the old form
  // First, or after a VPC endpoint's own name.
  auto sqs = std::find(parts.begin(), parts.end(), "sqs");
  return sqs == parts.end() ? std::nullopt : std::optional(*(sqs + 1));
}

Sqs::Sqs(ServiceOptions options, Session& session)
    : service_(std::move(options), session.http(), &session.credentials(), session.now()) {}

Result<std::unique_ptr<Sqs>> Sqs::open(Session& session, const std::string& queue, std::stop_token stop) {
  std::string url = queue;
  if (queue.find("://") == std::string::npos) {
    HF_TRY(url, ask_url(session, queue, stop));
  }
  ServiceOptions options;
  options.service = "sqs";
  HF_TRY(options.endpoint, parse_endpoint(url, session.region(), "queue"));
  if (auto region = region_of_queue(options.endpoint.host)) options.endpoint.signing_region = *region;
  // Whoever polls does so again and again by itself: no attempts within an attempt.
  options.retry.max_attempts = 1;
  return std::unique_ptr<Sqs>(new Sqs(std::move(options), session));
}

Result<std::vector<QueueMessage>> Sqs::receive(Duration wait, Duration hidden, std::stop_token stop) {
  constexpr Duration kForTheWay = std::chrono::seconds(10);
  CHECK(wait >= Duration::zero() && wait <= kLongestPoll);
  ec2::FormWriter form = form_for("ReceiveMessage");
  form.put("QueueUrl", service_.endpoint().url);
  form.put("MaxNumberOfMessages", kMostMessages);
  form.put("WaitTimeSeconds", seconds_of(wait));
  form.put("VisibilityTimeout", seconds_of(hidden));
  std::vector<QueueMessage> messages;
  ServiceCall call;
  call.action = "ReceiveMessage";
  call.body = ec2::encode_pairs(form.pairs());
  call.attempt_timeout = wait + kForTheWay;
  call.read = [&](const std::string& body) { return read_messages(body, messages); };
  HF_TRY_VOID(service_.call(call, stop));
  return messages;
}

Result<size_t> Sqs::remove(const std::vector<std::string>& receipt_handles, std::stop_token stop) {
  if (receipt_handles.empty()) return 0;
  CHECK(receipt_handles.size() <= static_cast<size_t>(kMostMessages));
  ec2::FormWriter form = form_for("DeleteMessageBatch");
  form.put("QueueUrl", service_.endpoint().url);
  for (size_t i = 0; i < receipt_handles.size(); ++i) {
    ec2::FormWriter entry = form.item("DeleteMessageBatchRequestEntry", static_cast<int>(i + 1));
    entry.put("Id", fmt::format("m{}", i));
    entry.put("ReceiptHandle", receipt_handles[i]);
  }
  size_t removed = 0;
  ServiceCall call;
  call.action = "DeleteMessageBatch";
  call.body = ec2::encode_pairs(form.pairs());
  call.read = [&](const std::string& body) -> Result<void> {
    HF_TRY(const auto document, parse_answer(body));
    removed = document.root().child("DeleteMessageBatchResult").children("DeleteMessageBatchResultEntry").size();
    return {};
  };
  HF_TRY_VOID(service_.call(call, stop));
  return removed;
}

Result<int64_t> Sqs::waiting(std::stop_token stop) {
  constexpr std::string_view kName = "ApproximateNumberOfMessages";
  ec2::FormWriter form = form_for("GetQueueAttributes");
  form.put("QueueUrl", service_.endpoint().url);
  form.put("AttributeName.1", kName);
  std::optional<int64_t> number;
  ServiceCall call;
  call.action = "GetQueueAttributes";
  call.body = ec2::encode_pairs(form.pairs());
  call.read = [&](const std::string& body) -> Result<void> {
    HF_TRY(const auto document, parse_answer(body));
    for (const ec2::XmlElement& one : document.root().child("GetQueueAttributesResult").children("Attribute")) {
      if (one.text("Name") == kName) number = parse_int(one.text("Value").value_or(""));
    }
    if (!number)
      return fail(ErrorKind::unknown_outcome, "MalformedAnswer", "the number of messages is not in the answer");
    return {};
  };
  HF_TRY_VOID(service_.call(call, stop));
  return *number;
}

}  // namespace holdfast::aws
