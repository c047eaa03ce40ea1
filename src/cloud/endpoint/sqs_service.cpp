#include "cloud/endpoint/sqs_service.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>

#include "base/text.h"

namespace holdfast::cloud::endpoint {
namespace {

constexpr char kNamespace[] = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr char kVersion[] = "2012-11-05";
constexpr size_t kMaxBatch = 10;

Failure bad_value(std::string message, std::string field) {
  return fail(ErrorKind::invalid, "InvalidParameterValue", std::move(message), std::move(field));
}
Failure missing(const std::string& field) {
  return fail(ErrorKind::invalid, "MissingParameter", "The request must contain the parameter " + field + ".", field);
}

std::string md5_of(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// An attribute that is a length of time or a size: its name, its bounds (AWS's), and where it goes.
struct Known {
  std::string_view name;
  int64_t least, most;
  void (*set)(QueueAttributes&, int64_t);
  int64_t (*get)(const QueueAttributes&);
};
int64_t in_seconds(Duration length) {
  return std::chrono::duration_cast<std::chrono::seconds>(length).count();
}
constexpr std::array<Known, 5> kKnown = {{
    {"VisibilityTimeout", 0, 43200, [](QueueAttributes& q, int64_t v) { q.visibility = std::chrono::seconds(v); },
     [](const QueueAttributes& q) { return in_seconds(q.visibility); }},
    {"ReceiveMessageWaitTimeSeconds", 0, 20, [](QueueAttributes& q, int64_t v) { q.wait = std::chrono::seconds(v); },
     [](const QueueAttributes& q) { return in_seconds(q.wait); }},
    {"DelaySeconds", 0, 900, [](QueueAttributes& q, int64_t v) { q.delay = std::chrono::seconds(v); },
     [](const QueueAttributes& q) { return in_seconds(q.delay); }},
    {"MessageRetentionPeriod", 60, 1209600,
     [](QueueAttributes& q, int64_t v) { q.retention = std::chrono::seconds(v); },
     [](const QueueAttributes& q) { return in_seconds(q.retention); }},
    {"MaximumMessageSize", 1024, 262144, [](QueueAttributes& q, int64_t v) { q.maximum_size = v; },
     [](const QueueAttributes& q) { return q.maximum_size; }},
}};

Result<QueueAttributes> read_attributes(const ec2::FormReader& root) {
  QueueAttributes attributes;
  for (const auto& item : root.items("Attribute")) {
    const std::string name = item.text("Name").value_or(""), value = item.text("Value").value_or("");
    const Known* found = nullptr;
    for (const Known& known : kKnown) found = known.name == name ? &known : found;
    if (!found)
      return fail(ErrorKind::invalid, "InvalidAttributeName", "Unknown Attribute " + name + ".", "Attribute.Name");
    const auto number = parse_int(value);
    if (!number || *number < found->least || *number > found->most) {
      return fail(ErrorKind::invalid, "InvalidAttributeValue",
                  fmt::format("Invalid value for the parameter {}: give {} to {}.", name, found->least, found->most),
                  "Attribute.Value");
    }
    found->set(attributes, *number);
  }
  return attributes;
}

// A number of seconds within bounds, if it is there.
Result<std::optional<Duration>> seconds_in(const ec2::FormReader& root, const std::string& name, int64_t most) {
  HF_TRY(const auto value, root.integer(name));
  if (!value) return std::optional<Duration>();
  if (*value < 0 || *value > most) return bad_value(fmt::format("Must be between 0 and {}.", most), name);
  return std::optional<Duration>(std::chrono::seconds(*value));
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

struct SqsService::Call {
  const Asked& asked;
  const std::string& base;
  ec2::FormReader root;
  std::string action;
  std::string queue;  // by QueueUrl, or the request's own path
  QueryAnswer answer;
  std::string url_of(const std::string& name) const { return fmt::format("{}/{}/{}", base, kAccount, name); }
};

namespace {

bool has_result(const std::string& action) {
  return action != "DeleteQueue" && action != "DeleteMessage" && action != "ChangeMessageVisibility" &&
         action != "PurgeQueue";
}

Result<void> refuse_unread(const Asked& asked) {
  const auto unread = asked.form.unread(1);
  if (unread.empty()) return {};
  return fail(ErrorKind::invalid, "UnsupportedOperation",
              "The parameter " + unread[0] + " is not supported here: leave it out.", unread[0]);
}

}  // namespace

http::Response SqsService::answer(const Asked& asked, const std::string& base, const std::string& path) {
  const auto root = asked.form.root();
  const std::string action = root.text("Action").value_or("");
  Call call{asked,
            base,
            root,
            action,
            last_part(root.text("QueueUrl").value_or(path)),
            QueryAnswer(action, kNamespace, has_result(action))};
  Result<void> done;
  if (root.text("Version").value_or(kVersion) != kVersion) {
    done = fail(ErrorKind::invalid, "NoSuchVersion", fmt::format("The version here is {}.", kVersion), "Version");
  } else {
    done = carry_out(call);
  }
  if (!done) return answer_error(Service::sqs, done.error(), asked.request_id);
  return call.answer.end(asked.request_id);
}

Result<void> SqsService::carry_out(Call& call) {
  const auto receipt = [&]() -> Result<std::string> {
    auto given = call.root.text("ReceiptHandle");
    if (!given || given->empty()) return missing("ReceiptHandle");
    return *given;
  };
  if (call.action == "CreateQueue") return create(call);
  if (call.action == "ListQueues") return list(call);
  if (call.action == "GetQueueUrl") {
    const std::string name = call.root.text("QueueName").value_or("");
    HF_TRY_VOID(refuse_unread(call.asked));
    HF_TRY_VOID(queues_.facts(name));
    call.answer.xml().put("QueueUrl", call.url_of(name));
    return {};
  }
  if (call.action == "GetQueueAttributes") return show_attributes(call);
  if (call.action == "SendMessage") return send(call);
  if (call.action == "ReceiveMessage") return receive(call);
  if (call.action == "DeleteMessageBatch") return erase_batch(call);
  if (call.action == "DeleteMessage") {
    HF_TRY(const std::string handle, receipt());
    HF_TRY_VOID(refuse_unread(call.asked));
    return queues_.erase(call.queue, handle);
  }
  if (call.action == "ChangeMessageVisibility") {
    HF_TRY(const std::string handle, receipt());
    HF_TRY(const auto length, seconds_in(call.root, "VisibilityTimeout", 43200));
    if (!length) return missing("VisibilityTimeout");
    HF_TRY_VOID(refuse_unread(call.asked));
    return queues_.change_visibility(call.queue, handle, *length);
  }
  if (call.action == "DeleteQueue" || call.action == "PurgeQueue") {
    HF_TRY_VOID(refuse_unread(call.asked));
    return call.action == "DeleteQueue" ? queues_.remove(call.queue) : queues_.purge(call.queue);
  }
  return fail(ErrorKind::invalid, call.action.empty() ? "MissingAction" : "InvalidAction",
              fmt::format("The action {} is not valid for this endpoint.", call.action), "Action");
}

Result<void> SqsService::create(Call& call) {
  const auto name = call.root.text("QueueName");
  if (!name || name->empty()) return missing("QueueName");
  HF_TRY(const QueueAttributes attributes, read_attributes(call.root));
  HF_TRY_VOID(refuse_unread(call.asked));
  HF_TRY_VOID(queues_.create(*name, attributes));
  call.answer.xml().put("QueueUrl", call.url_of(*name));
  return {};
}

Result<void> SqsService::list(Call& call) {
  const std::string prefix = call.root.text("QueueNamePrefix").value_or("");
  HF_TRY_VOID(refuse_unread(call.asked));
  HF_TRY(const auto names, queues_.names());
  for (const std::string& name : names) {
    if (name.starts_with(prefix)) call.answer.xml().put("QueueUrl", call.url_of(name));
  }
  return {};
}

Result<void> SqsService::show_attributes(Call& call) {
  const auto wanted = call.root.texts("AttributeName");
  HF_TRY_VOID(refuse_unread(call.asked));
  HF_TRY(const QueueFacts facts, queues_.facts(call.queue));
  std::map<std::string, std::string> all;
  for (const Known& known : kKnown) all[std::string(known.name)] = std::to_string(known.get(facts.attributes));
  all["ApproximateNumberOfMessages"] = std::to_string(facts.visible);
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(facts.in_flight);
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(facts.delayed);
  all["CreatedTimestamp"] = all["LastModifiedTimestamp"] = std::to_string(to_millis(facts.created) / 1000);
  all["QueueArn"] = fmt::format("arn:aws:sqs:{}:{}:{}", region_, kAccount, call.queue);
  for (const std::string& name : wanted) {
    if (name != "All" && !all.contains(name)) {
      return fail(ErrorKind::invalid, "InvalidAttributeName", "Unknown Attribute " + name + ".", "AttributeName");
    }
  }
  for (const auto& [name, value] : all) {
    if (std::none_of(wanted.begin(), wanted.end(), [&](const auto& w) { return w == "All" || w == name; })) continue;
    call.answer.xml().open("Attribute");
    call.answer.xml().put("Name", name);
    call.answer.xml().put("Value", value);
    call.answer.xml().close();
  }
  return {};
}

Result<void> SqsService::send(Call& call) {
  const std::string body = call.root.text("MessageBody").value_or("");
  HF_TRY_VOID(refuse_unread(call.asked));
  HF_TRY(const std::string id, queues_.send(call.queue, body));
  call.answer.xml().put("MD5OfMessageBody", md5_of(body));
  call.answer.xml().put("MessageId", id);
  return {};
}

Result<void> SqsService::receive(Call& call) {
  ReceiveHow how;
  HF_TRY(const auto most, call.root.integer("MaxNumberOfMessages"));
  if (most && (*most < 1 || *most > 10)) return bad_value("Must be between 1 and 10.", "MaxNumberOfMessages");
  how.most = static_cast<int>(most.value_or(1));
  HF_TRY(how.wait, seconds_in(call.root, "WaitTimeSeconds", 20));
  HF_TRY(how.visibility, seconds_in(call.root, "VisibilityTimeout", 43200));
  const auto wanted = call.root.texts("AttributeName");
  (void)call.root.texts("MessageAttributeName");  // messages here have none
  HF_TRY_VOID(refuse_unread(call.asked));
  if (++waiting_ > most_waiting_) how.wait = Duration(0);
  auto received = queues_.receive(call.queue, how);
  --waiting_;
  if (!received) return Failure(received.error());
  auto& xml = call.answer.xml();
  for (const Received& message : *received) {
    xml.open("Message");
    xml.put("MessageId", message.message_id);
    xml.put("ReceiptHandle", message.receipt);
    xml.put("MD5OfBody", md5_of(message.body));
    xml.put("Body", message.body);
    for (const auto& [name, value] :
         {std::pair<std::string, int64_t>{"ApproximateReceiveCount", message.times_received},
          {"SentTimestamp", to_millis(message.sent)},
          {"ApproximateFirstReceiveTimestamp", to_millis(message.first_received)}}) {
      if (std::none_of(wanted.begin(), wanted.end(), [&, n = name](const auto& w) { return w == "All" || w == n; }))
        continue;
      xml.open("Attribute");
      xml.put("Name", name);
      xml.put("Value", std::to_string(value));
      xml.close();
    }
    xml.close();
  }
  return {};
}

// Each entry has an outcome of its own.
Result<void> SqsService::erase_batch(Call& call) {
  const auto entries = call.root.items("DeleteMessageBatchRequestEntry");
  if (entries.empty())
    return fail(ErrorKind::invalid, "AWS.SimpleQueueService.EmptyBatchRequest",
                "There should be at least one DeleteMessageBatchRequestEntry in the request.");
  if (entries.size() > kMaxBatch)
    return fail(ErrorKind::invalid, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                "Maximum number of entries per request are 10.");
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& entry : entries)
    all.emplace_back(entry.text("Id").value_or(""), entry.text("ReceiptHandle").value_or(""));
  HF_TRY_VOID(refuse_unread(call.asked));
  HF_TRY_VOID(queues_.facts(call.queue));
  auto& xml = call.answer.xml();
  for (const auto& [id, receipt] : all) {
    const auto done = queues_.erase(call.queue, receipt);
    xml.open(done ? "DeleteMessageBatchResultEntry" : "BatchResultErrorEntry");
    xml.put("Id", id);
    if (!done) {
      xml.put("Code", done.error().code);
      xml.put("Message", done.error().message);
      xml.put("SenderFault", done.error().kind == ErrorKind::invalid);
    }
    xml.close();
  }
  return {};
}

}  // namespace holdfast::cloud::endpoint
