// One Query service against a server that refuses, stays silent or has another clock.
#include "aws/query_service.h"

#include <gtest/gtest.h>

#include <future>

#include "aws/local_server.h"
#include "ec2/codec.h"
#include "ec2/sigv4.h"
#include "ec2/uri.h"

namespace holdfast::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

const Time kNow = from_iso("2026-11-24T12:00:00Z").value();
constexpr char kDate[] = "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n";
constexpr char kLaterDate[] = "Date: Tue, 24 Nov 2026 12:20:00 GMT\r\n";

Reply refusal(int status, const std::string& code, const std::string& headers = kDate) {
  return answer(status, ec2::encode_error(code, "a reason", "req-1"), headers);
}

// Hands out A, then B after A was refused, …
class Lettered : public CredentialsProvider {
 public:
  Result<Credentials> get(std::stop_token) override {
    return Credentials{{std::string(1, letter_), "secret", "tok"}, {}, "test"};
  }
  void refused(const Credentials& credentials) override {
    if (credentials.key.access_key[0] == letter_) ++letter_;
  }

 private:
  std::atomic<char> letter_ = 'A';
};

class Query : public testing::Test {
 protected:
  QueryService make(const LocalServer& server, CredentialsProvider* credentials) {
    ServiceOptions options;
    options.service = "ec2";
    options.endpoint = parse_endpoint(server.url("/"), "eu-central-1").value();
    options.retry.base = milliseconds(1);
    options.retry.max_attempts = 4;
    options.retry.repeats_throttled = repeats_throttled_;
    options.attempt_timeout = attempt_timeout_;
    options.total_timeout = total_timeout_;
    options.change_timeout = change_timeout_;
    return QueryService(std::move(options), *http_, credentials, [this] { return now_; });
  }
  ServiceCall call(bool mutates) {
    ServiceCall call;
    call.action = mutates ? "CreateVolume" : "DescribeVolumes";
    call.body = "Action=X&Version=1";
    call.mutates = mutates;
    call.read = [this](const std::string& body) -> Result<void> {
      if (body == "broken") return fail(ErrorKind::unknown_outcome, "MalformedAnswer", "broken");
      body_ = body;
      return {};
    };
    return call;
  }
  // Of a server that always answers so: the error and how often it was asked.
  std::pair<Error, size_t> against(const Reply& reply, bool mutates) {
    LocalServer server([&](int, const Seen&) { return reply; });
    auto service = make(server, &keys_);
    auto result = service.call(call(mutates));
    return {result ? Error{} : result.error(), server.seen().size()};
  }

  Time now_ = kNow;
  bool repeats_throttled_ = true;
  Duration attempt_timeout_ = std::chrono::seconds(10), total_timeout_ = std::chrono::seconds(20),
           change_timeout_ = std::chrono::seconds(20);
  std::unique_ptr<HttpClient> http_ = HttpClient::start({}).value();
  Lettered keys_;
  std::string body_;
};

std::string header(const Seen& seen, const std::string& name) {
  const size_t at = seen.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t start = at + name.size() + 4;
  return seen.head.substr(start, seen.head.find("\r\n", start) - start);
}

Result<ec2::sigv4::Verified> verified(const Seen& seen, Time now) {
  ec2::Pairs headers;
  for (const char* name : {"Host", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "Authorization"})
    headers.emplace_back(name, header(seen, name));
  const ec2::sigv4::Message message{"POST", "/", {}, headers, seen.body};
  const auto lookup = [](std::string_view name) {
    return std::optional(ec2::sigv4::Key{std::string(name), "secret", "tok"});
  };
  ec2::sigv4::Expected expected;
  expected.service = "ec2";
  expected.region = "eu-central-1";
  return ec2::sigv4::verify(message, lookup, expected, now);
}

TEST_F(Query, SignsWhatItSendsSessionTokenIncluded) {
  LocalServer server([](int, const Seen&) { return answer(200, "good"); });
  auto service = make(server, &keys_);
  auto done = service.call(call(true));
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(body_, "good");
  const Seen seen = server.seen().at(0);
  auto checked = verified(seen, kNow);
  EXPECT_TRUE(checked) << describe(checked.error());
  EXPECT_EQ(header(seen, "Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen.body, "Action=X&Version=1");
}

TEST_F(Query, WithoutCredentialsNothingIsSigned) {
  LocalServer server([](int, const Seen&) { return answer(200, "good"); });
  ASSERT_TRUE(make(server, nullptr).call(call(false)));
  EXPECT_FALSE(server.seen().at(0).has("Authorization"));
}

TEST_F(Query, AnErrorCarriesCodeKindActionAndRequestId) {
  auto [error, asked] = against(refusal(400, "InvalidVolume.NotFound"), false);
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_EQ(error.code, "InvalidVolume.NotFound");
  EXPECT_EQ(error.message, "DescribeVolumes: a reason (request id req-1)");
  EXPECT_EQ(asked, 1u);
}

TEST_F(Query, ThrottledCallsAreTriedAgainWhateverTheyDo) {
  for (bool mutates : {false, true}) {
    auto [error, asked] = against(refusal(503, "RequestLimitExceeded"), mutates);
    EXPECT_EQ(error.kind, ErrorKind::throttled);
    EXPECT_EQ(asked, 4u);
  }
}

TEST_F(Query, BehindABudgetThrottledCallsAreLeftToIt) {
  repeats_throttled_ = false;
  EXPECT_EQ(against(refusal(503, "RequestLimitExceeded"), false).second, 1u);
  EXPECT_EQ(against(refusal(503, "ServiceUnavailable"), false).second, 4u);
}

TEST_F(Query, AMutatingCallOfUnknownOutcomeIsNeverSentAgain) {
  const Reply replies[] = {
      refusal(500, "InternalError"),    refusal(503, "ServiceUnavailable"),
      answer(502, "<html>bad gateway"), answer(200, "broken"),
      Reply{"", true, false},           Reply{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", true, false}};
  for (const Reply& reply : replies) {
    auto [error, asked] = against(reply, true);
    EXPECT_EQ(error.kind, ErrorKind::unknown_outcome) << describe(error);
    EXPECT_EQ(asked, 1u) << reply.bytes;
    EXPECT_EQ(against(reply, false).second, 4u) << reply.bytes;
  }
}

TEST_F(Query, AnswersThatTryingAgainCannotMendAreFinal) {
  for (const Reply& reply :
       {refusal(403, "UnauthorizedOperation"), refusal(400, "InvalidParameterValue"),
        refusal(500, "InsufficientInstanceCapacity"), answer(404, ""), answer(302, "", "Location: /x\r\n")}) {
    EXPECT_EQ(against(reply, false).second, 1u) << reply.bytes;
  }
  EXPECT_EQ(against(answer(302, ""), false).first.code, "Redirected");
  EXPECT_EQ(against(answer(401, ""), true).first.kind, ErrorKind::denied);
}

TEST_F(Query, ASuccessAfterTroubleIsASuccess) {
  LocalServer server(
      [](int number, const Seen&) { return number < 3 ? refusal(503, "RequestLimitExceeded") : answer(200, "good"); });
  auto service = make(server, &keys_);
  EXPECT_TRUE(service.call(call(true)));
  EXPECT_EQ(service.counters().retries, 2u);
  EXPECT_EQ(service.counters().throttled, 2u);
}

TEST_F(Query, TheRetryBudgetEndsAStorm) {
  LocalServer server([](int, const Seen&) { return refusal(503, "RequestLimitExceeded"); });
  auto service = make(server, &keys_);
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(service.call(call(false)));
  EXPECT_EQ(server.seen().size(), 40u + 500 / 5);
}

TEST_F(Query, AWrongClockIsNoticedCorrectedOnceAndRemembered) {
  for (const char* code : {"RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "AuthFailure"}) {
    LocalServer server([&](int, const Seen& seen) {
      return header(seen, "X-Amz-Date").starts_with("20261124T1220") ? answer(200, "good")
                                                                     : refusal(403, code, kLaterDate);
    });
    auto service = make(server, &keys_);
    auto done = service.call(call(true));
    ASSERT_TRUE(done) << code << " " << describe(done.error());
    EXPECT_EQ(server.seen().size(), 2u);
    EXPECT_EQ(service.skew(), minutes(20));
    EXPECT_TRUE(verified(server.seen().at(1), kNow + minutes(20)));
    ASSERT_TRUE(service.call(call(true)));
    EXPECT_EQ(server.seen().size(), 3u);
  }
}

TEST_F(Query, AWrongKeyIsNotTakenForAWrongClock) {
  EXPECT_EQ(against(refusal(401, "AuthFailure"), true).second, 1u);
  EXPECT_EQ(against(refusal(403, "SignatureDoesNotMatch"), true).second, 1u);
  EXPECT_EQ(against(refusal(403, "SignatureDoesNotMatch", ""), true).second, 1u);
  // A server that is never content: corrected once, then given up.
  EXPECT_EQ(against(refusal(403, "RequestTimeTooSkewed", kLaterDate), true).second, 2u);
}

TEST_F(Query, ExpiredCredentialsAreRenewedOnce) {
  for (const char* code : {"ExpiredToken", "RequestExpired"}) {
    Lettered keys;
    LocalServer server(
        [&](int, const Seen& seen) { return seen.has("Credential=B/") ? answer(200, "good") : refusal(400, code); });
    auto service = make(server, &keys);
    auto done = service.call(call(true));
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(server.seen().size(), 2u);
    EXPECT_EQ(service.counters().renewals, 1u);
  }
  auto [error, asked] = against(refusal(400, "ExpiredToken"), true);
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_EQ(asked, 2u);
}

class Keyless : public CredentialsProvider {
 public:
  explicit Keyless(ErrorKind kind) : kind_(kind) {}
  Result<Credentials> get(std::stop_token) override { return fail(kind_, "StsTrouble", "the source is in trouble"); }
  void refused(const Credentials&) override {}

 private:
  const ErrorKind kind_;
};

TEST_F(Query, ACallThatCannotBeSignedWasNotSentWhateverItsKeysSourceSays) {
  LocalServer server([](int, const Seen&) { return answer(200, "good"); });
  const std::pair<ErrorKind, ErrorKind> kinds[] = {
      {ErrorKind::unknown_outcome, ErrorKind::unavailable},
      {ErrorKind::throttled, ErrorKind::unavailable},
      {ErrorKind::not_found, ErrorKind::unavailable},
      {ErrorKind::invalid, ErrorKind::denied},
      {ErrorKind::denied, ErrorKind::denied},
  };
  for (const auto& [of_source, of_call] : kinds) {
    Keyless keyless(of_source);
    auto service = make(server, &keyless);
    auto result = service.call(call(true));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, of_call) << describe(result.error());
    EXPECT_EQ(result.error().code, "StsTrouble");
  }
  EXPECT_TRUE(server.seen().empty());
}

TEST_F(Query, EndsWithinItsTotalTime) {
  attempt_timeout_ = milliseconds(100);
  total_timeout_ = milliseconds(250);
  const auto start = std::chrono::steady_clock::now();
  auto [error, asked] = against(Reply{"", false, true}, false);
  EXPECT_EQ(error.kind, ErrorKind::unknown_outcome);
  EXPECT_LE(asked, 3u);
  EXPECT_GE(asked, 2u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(against(Reply{"", false, true}, true).second, 1u);
}

TEST_F(Query, AChangeEndsWithinItsOwnShorterTime) {
  change_timeout_ = milliseconds(200);
  const auto start = std::chrono::steady_clock::now();
  auto [error, asked] = against(Reply{"", false, true}, true);
  EXPECT_EQ(error.kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(asked, 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Query, AServerThatIsNotThereIsUnavailable) {
  auto server = std::make_unique<LocalServer>([](int, const Seen&) { return answer(200, ""); });
  auto service = make(*server, &keys_);
  server.reset();
  auto result = service.call(call(true));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(service.counters().attempts, 4u);
}

TEST_F(Query, CanBeCalledOff) {
  LocalServer server([](int, const Seen&) { return Reply{"", false, true}; });
  auto service = make(server, &keys_);
  std::stop_source stop;
  auto running = std::async(std::launch::async, [&] { return service.call(call(true), stop.get_token()); });
  while (server.seen().empty()) std::this_thread::yield();
  stop.request_stop();
  EXPECT_EQ(running.get().error().kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(service.call(call(true), stop.get_token()).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace holdfast::aws
