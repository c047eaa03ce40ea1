// What the HTTP client says of a request that failed must be true: "not sent" only when nobody can have acted.
#include "aws/http_client.h"

#include <gtest/gtest.h>

#include <future>

#include "aws/local_server.h"

namespace holdfast::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

HttpRequest post(const std::string& url, std::string body = "Action=X") {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Content-Type", "text/plain"}};
  request.body = std::move(body);
  request.proxy = Proxy::none;
  return request;
}

class Http : public testing::Test {
 protected:
  std::unique_ptr<HttpClient> client_ = HttpClient::start({}).value();
};

TEST_F(Http, BringsStatusHeadersAndBody) {
  LocalServer server([](int, const Seen&) { return answer(404, "gone", "X-Thing:  a b \r\n"); });
  auto response = client_->perform(post(server.url("/a/../b?c=d")));
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "gone");
  ASSERT_NE(response->header("x-thing"), nullptr);
  EXPECT_EQ(*response->header("x-thing"), "a b");
  EXPECT_TRUE(server.seen()[0].head.starts_with("POST /a/../b?c=d HTTP/1.1"));
  EXPECT_EQ(server.seen()[0].body, "Action=X");
  EXPECT_FALSE(server.seen()[0].has("Expect"));
}

TEST_F(Http, UsesAConnectionAgain) {
  LocalServer server([](int, const Seen&) { return answer(200, "ok"); });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client_->perform(post(server.url("/"))));
  EXPECT_EQ(client_->connections_opened(), 1u);
}

TEST_F(Http, FollowsNoRedirect) {
  LocalServer server([](int, const Seen&) { return answer(302, "", "Location: http://127.0.0.1:1/\r\n"); });
  auto response = client_->perform(post(server.url("/")));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
}

TEST_F(Http, ARefusedConnectionAndAnUnknownHostAreNotSent) {
  int port;
  {
    port = LocalServer([](int, const Seen&) { return answer(200, ""); }).port();
  }
  for (const std::string& url : {"http://127.0.0.1:" + std::to_string(port), std::string("http://nowhere.invalid/")}) {
    auto response = client_->perform(post(url));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::unavailable) << describe(response.error());
  }
}

TEST_F(Http, SilenceAfterTheRequestIsAnUnknownOutcome) {
  LocalServer server([](int, const Seen&) { return Reply{"", false, true}; });
  HttpRequest request = post(server.url("/"));
  request.total_timeout = milliseconds(200);
  auto response = client_->perform(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unknown_outcome) << describe(response.error());
}

TEST_F(Http, AServerThatNeverTookTheWholeBodyCannotHaveActed) {
  // A listener that accepts nothing: the kernel takes the first bytes, then the window is full.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(listener, 4), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  HttpRequest large = post(url, std::string(64 << 20, 'x'));
  large.total_timeout = milliseconds(500);
  auto response = client_->perform(large);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable) << describe(response.error());
  HttpRequest small = post(url);
  small.total_timeout = milliseconds(300);
  auto unanswered = client_->perform(small);
  ASSERT_FALSE(unanswered);
  EXPECT_EQ(unanswered.error().kind, ErrorKind::unknown_outcome) << describe(unanswered.error());
  close(listener);
}

TEST_F(Http, BrokenAndTooLargeAnswersAreUnknownOutcomes) {
  for (const char* bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Le", "nonsense\r\n\r\n"}) {
    LocalServer server([&](int, const Seen&) { return Reply{bytes, true, false}; });
    auto response = client_->perform(post(server.url("/")));
    ASSERT_FALSE(response) << bytes;
    EXPECT_EQ(response.error().kind, ErrorKind::unknown_outcome) << describe(response.error());
  }
  LocalServer server([&](int, const Seen&) { return answer(200, std::string(1000, 'x')); });
  HttpRequest request = post(server.url("/"));
  request.max_answer = 999;
  auto response = client_->perform(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "AnswerTooLarge");
}

TEST_F(Http, IsNotSentAgainWhenAKeptConnectionDiesUnderIt) {
  LocalServer server([](int number, const Seen&) { return number == 1 ? answer(200, "ok") : Reply{"", true, false}; });
  ASSERT_TRUE(client_->perform(post(server.url("/"))));
  auto response = client_->perform(post(server.url("/")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unknown_outcome) << describe(response.error());
  EXPECT_EQ(server.seen().size(), 2u);
}

TEST_F(Http, ATlsHandshakeThatFailsIsNotSent) {
  LocalServer server([](int, const Seen&) { return answer(200, ""); });
  auto response = client_->perform(post("https://127.0.0.1:" + std::to_string(server.port()) + "/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable) << describe(response.error());
}

TEST_F(Http, RefusesHeadersThatBreakTheLineAndStrangeUrls) {
  HttpRequest request = post("http://127.0.0.1:1/");
  request.headers.emplace_back("X-Token", "a\r\nX-Other: b");
  EXPECT_EQ(client_->perform(request).error().kind, ErrorKind::invalid);
  EXPECT_EQ(client_->perform(post("file:///etc/passwd")).error().kind, ErrorKind::invalid);
  EXPECT_EQ(client_->perform(post("")).error().kind, ErrorKind::invalid);
}

TEST_F(Http, ACallerCanCallItOff) {
  LocalServer server([](int, const Seen&) { return Reply{"", false, true}; });
  std::stop_source stop;
  auto call = std::async(std::launch::async, [&] { return client_->perform(post(server.url("/")), stop.get_token()); });
  while (server.seen().empty()) std::this_thread::yield();
  stop.request_stop();
  auto response = call.get();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(client_->perform(post(server.url("/")), stop.get_token()).error().kind, ErrorKind::unavailable);
}

TEST_F(Http, ClosingEndsWhatIsUnderWay) {
  LocalServer server([](int, const Seen&) { return Reply{"", false, true}; });
  auto call = std::async(std::launch::async, [&] { return client_->perform(post(server.url("/"))); });
  while (server.seen().empty()) std::this_thread::yield();
  client_.reset();
  EXPECT_EQ(call.get().error().kind, ErrorKind::unknown_outcome);
}

TEST(HttpLimits, MoreThanAllowedWaitForTheirTurn) {
  HttpClientOptions options;
  options.max_in_flight = 2;
  auto client = HttpClient::start(options).value();
  std::atomic<int> now = 0, most = 0;
  LocalServer server([&](int, const Seen&) {
    const int here = ++now;
    for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
    }
    std::this_thread::yield();
    --now;
    return answer(200, "");
  });
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < 20; ++i)
    calls.push_back(std::async(std::launch::async, [&] { return client->perform(post(server.url("/"))).has_value(); }));
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace holdfast::aws
