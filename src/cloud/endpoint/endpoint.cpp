#include "cloud/endpoint/endpoint.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>

#include "base/check.h"
#include "base/random.h"
#include "base/text.h"
#include "cloud/endpoint/answers.h"
#include "cloud/endpoint/event_json.h"
#include "cloud/endpoint/identity.h"
#include "cloud/endpoint/queues.h"
#include "cloud/endpoint/services.h"
#include "cloud/endpoint/sqs_service.h"
#include "ec2/query.h"

namespace holdfast::cloud {

using namespace endpoint;

namespace {

constexpr char kFormType[] = "application/x-www-form-urlencoded";

// Ids of requests: unlike each other, not secret.
std::string fresh_request_id() {
  static std::mutex mutex;
  static Random random(Random::fresh_seed());
  std::lock_guard hold(mutex);
  const std::string hex = random.hex(32);
  return fmt::format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3),
                     hex.substr(20, 12));
}

Failure refused(std::string code, std::string message) {
  return fail(ErrorKind::invalid, std::move(code), std::move(message));
}

// The parameters are in the body or in the URL.
Result<ec2::Form> form_of(const http::Request& request) {
  if (request.body.empty()) return ec2::Form::from_pairs(request.query);
  if (!request.query.empty()) {
    return refused("InvalidQueryParameter", "The request has parameters in its URL and in its body: give them in one.");
  }
  const std::string type = request.header("content-type").value_or(kFormType);
  if (!type.starts_with(kFormType)) {
    return refused("UnsupportedProtocol",
                   fmt::format("The body is '{}': only {} is spoken here.", type.substr(0, 80), kFormType));
  }
  return ec2::Form::parse(request.body);
}

// "/", or for SQS a queue's own address.
bool has_path(Service service, const std::string& path) {
  return path == "/" || path.empty() || service == Service::sqs;
}

Result<void> check_key(const EndpointOptions& options) {
  auto odd = [](const std::string& text) {
    return text.empty() || text.size() > 128 ||
           std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~' || c == '/' || c == ','; });
  };
  if (odd(options.access_key)) {
    return fail(ErrorKind::invalid, "InvalidSetting",
                "An access key has 1 to 128 visible ASCII characters, neither '/' nor ','.", "access_key");
  }
  if (options.secret_key.size() < 16 || options.secret_key.size() > 256) {
    return fail(ErrorKind::invalid, "InvalidSetting", "A secret key has 16 to 256 characters.", "secret_key");
  }
  return {};
}

}  // namespace

struct Endpoint::Parts {
  Cloud& cloud;
  EndpointOptions options;
  Account account;
  std::unique_ptr<Queues> queues;
  SqsService sqs;
};

Endpoint::Endpoint(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Endpoint::~Endpoint() = default;

Result<std::unique_ptr<Endpoint>> Endpoint::make(Cloud& cloud, EndpointOptions options) {
  CHECK(options.now);
  HF_TRY_VOID(check_key(options));
  Account account{{options.access_key, options.secret_key, {}}, cloud.region()};
  HF_TRY(auto queues, Queues::open(options.queues_file, options.now));
  if (!options.first_queue.empty()) HF_TRY_VOID(queues->create(options.first_queue, {}));
  Queues& its = *queues;
  const int most_waiting = options.most_waiting;
  std::unique_ptr<Parts> parts(
      new Parts{cloud, std::move(options), std::move(account), std::move(queues), {its, cloud.region(), most_waiting}});
  return std::unique_ptr<Endpoint>(new Endpoint(std::move(parts)));
}

http::Response Endpoint::handle(const http::Request& request) {
  const std::string id = fresh_request_id();
  const Service service = service_of(request);
  if (auto known = authenticate(request, service, parts_->account, parts_->options.now()); !known) {
    return answer_error(service, known.error(), id);
  }
  if (request.method != "POST" && request.method != "GET") {
    return answer_error(service, refused("InvalidAction", "Only POST and GET are answered here.").value(), id);
  }
  if (!has_path(service, request.path)) {
    return answer_error(service, refused("InvalidAction", "There is nothing at this path: ask at /.").value(), id);
  }
  auto form = form_of(request);
  if (!form) return answer_error(service, form.error(), id);
  const Asked asked{*form, id};
  switch (service) {
    case Service::sts:
      return answer_sts(parts_->account.key.access_key, asked);
    case Service::sqs:
      return parts_->sqs.answer(asked, "http://" + request.header("host").value_or("localhost"), request.path);
    default:
      return answer_ec2(parts_->cloud, asked);
  }
}

void Endpoint::take(const ec2::CloudEvent& event) {
  const auto text = event_json(parts_->cloud, event, fresh_request_id());
  if (!text) return;
  if (auto sent = parts_->queues->send_to_all(*text); !sent) {
    spdlog::warn("local cloud: an event did not get into the queues: {}", describe(sent.error()));
  }
}

void Endpoint::close() {
  parts_->queues->close();
}

http::Response Endpoint::refuse(int status, const std::string& why) {
  std::string code = status == 503   ? "ServiceUnavailable"
                     : status >= 500 ? "InternalError"
                     : status == 413 ? "RequestEntityTooLarge"
                                     : "MalformedQueryString";
  auto response = answer_error(Service::ec2, {ErrorKind::invalid, std::move(code), why, {}}, fresh_request_id());
  response.status = status;
  return response;
}

}  // namespace holdfast::cloud
