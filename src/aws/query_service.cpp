#include "aws/query_service.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "aws/pause.h"
#include "base/version.h"
#include "ec2/codec.h"
#include "ec2/sigv4.h"

namespace holdfast::aws {
namespace {

using Steady = std::chrono::steady_clock;

Duration since(Steady::time_point start) {
  return std::chrono::duration_cast<Duration>(Steady::now() - start);
}

// These say that the clocks differ; the others may as well mean a wrong key, so that the clocks must be seen to differ
// by as much as a service minds.
constexpr std::array<std::string_view, 3> kClockCodes = {"RequestTimeTooSkewed", "RequestExpired",
                                                         "RequestInTheFuture"};
constexpr std::array<std::string_view, 4> kMaybeClockCodes = {"AuthFailure", "SignatureDoesNotMatch",
                                                              "InvalidSignatureException", "AccessDenied"};
constexpr Duration kSurelyMinded = std::chrono::minutes(4);
constexpr Duration kWorthCorrecting = std::chrono::seconds(5);

// RequestExpired is EC2's for both.
constexpr std::array<std::string_view, 4> kExpiredCodes = {"ExpiredToken", "ExpiredTokenException", "RequestExpired",
                                                           "TokenRefreshRequired"};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::optional<Time> date_of(const HttpResponse& response) {
  const std::string* text = response.header("date");
  if (text == nullptr) return std::nullopt;
  const time_t seconds = curl_getdate(text->c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return Time(std::chrono::seconds(seconds));
}

std::string request_id(const HttpResponse& response) {
  std::string id = ec2::request_id_of(response.body);
  if (!id.empty()) return id;
  const std::string* header = response.header("x-amzn-requestid");
  return header != nullptr ? *header : "";
}

Error with_origin(Error error, std::string_view action, const std::string& id) {
  error.message = id.empty() ? fmt::format("{}: {}", action, error.message)
                             : fmt::format("{}: {} (request id {})", action, error.message, id);
  return error;
}

// Keys that could not be had say nothing of the call: it was not sent. What is unknown, throttled or not found is their
// source's, and a wrong setting is no wrong request.
Error without_keys(Error error) {
  const bool hopeless = error.kind == ErrorKind::denied || error.kind == ErrorKind::invalid;
  error.kind = hopeless ? ErrorKind::denied : ErrorKind::unavailable;
  error.message = "no keys to sign with: " + error.message;
  return error;
}

Error error_of(const HttpResponse& response) {
  if (response.status >= 300 && response.status < 400)
    return {ErrorKind::invalid,
            "Redirected",
            fmt::format("status {}: the endpoint sends us elsewhere; is AWS_ENDPOINT_URL right?", response.status),
            {}};
  return ec2::decode_error(response.body, response.status);
}

}  // namespace

struct QueryService::Attempt {
  std::optional<Error> error;
  std::optional<Credentials> credentials;  // it was signed with
  std::optional<Time> date;                // the service's, in its answer
  Time answered{};                         // by our clock
};

// What was put right already within one call: each thing once.
struct QueryService::Progress {
  bool clock = false;
  bool credentials = false;
};

QueryService::QueryService(ServiceOptions options, HttpClient& http, CredentialsProvider* credentials, Now now)
    : options_(std::move(options)),
      http_(http),
      credentials_(credentials),
      now_(std::move(now)),
      random_(Random::fresh_seed()) {}

Result<void> QueryService::call(const ServiceCall& call, std::stop_token stop) {
  ++counters_.calls;
  const auto start = Steady::now();
  Progress progress;
  const Duration limit =
      call.mutates ? std::min(options_.total_timeout, options_.change_timeout) : options_.total_timeout;
  for (int attempts = 1;; ++attempts) {
    const Attempt last = attempt(call, limit - since(start), stop);
    if (!last.error) {
      budget_.give_back();
      return {};
    }
    const Error& error = *last.error;
    if (error.kind == ErrorKind::throttled) ++counters_.throttled;
    if (stop.stop_requested()) return Failure(error);
    if (put_right(last, progress)) {
      --attempts;  // not a repetition of the same: a refused signature costs the service nothing
      continue;
    }
    if (!may_retry(error.kind, call.mutates) || attempts >= options_.retry.max_attempts) return Failure(error);
    if (error.kind == ErrorKind::throttled && !options_.retry.repeats_throttled) return Failure(error);
    const Duration wait = next_pause(attempts);
    if (since(start) + wait >= limit || !budget_.take(error.kind)) return Failure(error);
    ++counters_.retries;
    if (!pause(wait, stop)) return Failure(error);
  }
}

QueryService::Attempt QueryService::attempt(const ServiceCall& call, Duration time_left, std::stop_token stop) {
  ++counters_.attempts;
  Attempt result;
  const auto ended = [&](Error error, const std::string& id = {}) {
    result.error = with_origin(std::move(error), call.action, id);
    return std::move(result);
  };
  const auto start = Steady::now();
  if (credentials_ != nullptr) {
    auto credentials = credentials_->get(stop);
    if (!credentials) return ended(without_keys(std::move(credentials).error()));
    result.credentials = std::move(*credentials);
  }
  time_left -= since(start);  // credentials may have taken their time
  if (time_left <= Duration::zero())
    return ended({ErrorKind::unavailable, "NotSent", "no time was left to send it", {}});
  HttpRequest request = make_request(call, result.credentials ? &*result.credentials : nullptr, now_() + skew());
  request.total_timeout = std::min(request.total_timeout, time_left);
  auto response = http_.perform(request, stop);
  result.answered = now_();
  if (!response) return ended(std::move(response).error());
  result.date = date_of(*response);
  if (response->status < 200 || response->status >= 300) return ended(error_of(*response), request_id(*response));
  if (auto read = call.read(response->body); !read) return ended(std::move(read).error(), request_id(*response));
  return result;
}

HttpRequest QueryService::make_request(const ServiceCall& call, const Credentials* credentials, Time signed_at) const {
  const Endpoint& endpoint = options_.endpoint;
  const std::string& path = call.path.empty() ? endpoint.path : call.path;
  HttpRequest request;
  request.proxy = options_.proxy;
  request.url = endpoint.url.substr(0, endpoint.url.size() - endpoint.path.size()) + path;
  const bool is_json = !call.json_target.empty();
  request.headers = {
      {"Host", endpoint.host},
      {"Content-Type", is_json ? "application/x-amz-json-1.1" : "application/x-www-form-urlencoded; charset=utf-8"},
      {"User-Agent", std::string("holdfast/") + kVersion}};
  if (is_json) request.headers.emplace_back("X-Amz-Target", call.json_target);
  request.body = call.body;
  request.total_timeout = call.attempt_timeout > Duration::zero() ? call.attempt_timeout : options_.attempt_timeout;
  if (credentials == nullptr) return request;
  const ec2::sigv4::Message message{request.method, path, {}, request.headers, request.body};
  for (auto& header :
       ec2::sigv4::sign(message, credentials->key, {endpoint.signing_region, options_.service}, signed_at))
    request.headers.push_back(std::move(header));
  return request;
}

// Refused for a reason that we can mend: true if the call may be sent again at once. Such an answer was given before
// anything was done.
bool QueryService::put_right(const Attempt& failed, Progress& progress) {
  if (!failed.credentials || failed.error->kind == ErrorKind::unknown_outcome) return false;
  if (!progress.clock && correct_clock(failed)) return progress.clock = true;
  if (progress.credentials || !is_one_of(kExpiredCodes, failed.error->code)) return false;
  credentials_->refused(*failed.credentials);
  ++counters_.renewals;
  return progress.credentials = true;
}

bool QueryService::correct_clock(const Attempt& failed) {
  const bool surely = is_one_of(kClockCodes, failed.error->code);
  if (!failed.date || (!surely && !is_one_of(kMaybeClockCodes, failed.error->code))) return false;
  const Duration measured = *failed.date - failed.answered;
  const Duration off = std::chrono::abs(measured - skew());
  if (off < (surely ? kWorthCorrecting : kSurelyMinded)) return false;
  skew_ = measured.count();
  ++counters_.skew_corrections;
  spdlog::warn(
      "the clock of this machine differs from that of {} by {}: requests are dated by the other; set the clock",
      options_.endpoint.host, to_words(std::chrono::abs(measured)));
  return true;
}

Duration QueryService::next_pause(int attempts) {
  std::lock_guard lock(random_mutex_);
  return backoff(options_.retry, attempts, random_);
}

}  // namespace holdfast::aws
