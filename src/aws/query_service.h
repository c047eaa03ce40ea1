// One AWS service that speaks the Query protocol, called over HTTP: signed, tried again where that is right, with the
// clock's error and expired credentials put right on the way. Used by query_client (EC2), sts and sqs.
//
// What holds always: a call that may have changed something is never sent again while its outcome is unknown; every
// call ends within its total time; a call that could not be signed is `denied` or `unavailable`, never of unknown
// outcome; an error carries the service's code, the kind that says what to do, and the request
// id for AWS's support.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/http_client.h"
#include "aws/retry.h"

namespace holdfast::aws {

struct ServiceOptions {
  std::string service;  // as it is signed: "ec2"
  Endpoint endpoint;
  Proxy proxy = Proxy::by_environment;
  RetryOptions retry;
  Duration attempt_timeout = std::chrono::seconds(30);
  Duration total_timeout = std::chrono::seconds(90);  // with all attempts and pauses
  // The same of a call that changes something: it must end before the caller's right to make it does
  // (engine/tenure.h: a minute, with its turn in the API budget).
  Duration change_timeout = std::chrono::seconds(35);
};

struct ServiceCall {
  std::string_view action;  // for errors and logs
  std::string body;         // the form
  bool mutates = false;
  std::string path;            // empty: the endpoint's; a queue has its own
  Duration attempt_timeout{};  // zero: the service's
  std::string json_target;     // the body is JSON for this operation (AWS's JSON protocol 1.1); empty: a form
  // Takes the answer in. An error is the call's: of kind unknown_outcome it may be tried again where nothing can have
  // changed.
  std::function<Result<void>(const std::string& body)> read;
};

// Since the start.
struct ServiceCounters {
  std::atomic<uint64_t> calls = 0, attempts = 0, retries = 0, throttled = 0, skew_corrections = 0, renewals = 0;
};

class QueryService {
 public:
  // `credentials` nullptr: not signed (AssumeRoleWithWebIdentity). Both references must outlive it.
  QueryService(ServiceOptions options, HttpClient& http, CredentialsProvider* credentials, Now now);

  // Blocks. From any thread.
  Result<void> call(const ServiceCall& call, std::stop_token stop = {});

  // The service's clock minus ours, as far as it had to be corrected.
  Duration skew() const { return Duration(skew_.load()); }
  const ServiceCounters& counters() const { return counters_; }
  const Endpoint& endpoint() const { return options_.endpoint; }

 private:
  struct Attempt;
  struct Progress;
  Attempt attempt(const ServiceCall& call, Duration time_left, std::stop_token stop);
  HttpRequest make_request(const ServiceCall& call, const Credentials* credentials, Time signed_at) const;
  bool put_right(const Attempt& failed, Progress& progress);
  bool correct_clock(const Attempt& failed);
  Duration next_pause(int attempts);

  const ServiceOptions options_;
  HttpClient& http_;
  CredentialsProvider* const credentials_;
  const Now now_;
  RetryBudget budget_;
  std::atomic<int64_t> skew_ = 0;  // milliseconds
  std::mutex random_mutex_;
  Random random_;
  ServiceCounters counters_;
};

}  // namespace holdfast::aws
