// The server on real sockets: what it answers, what it refuses, and that nothing a client does keeps it from going on
// or from stopping.
#include "http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kPatience = 10s;

class Client {
 public:
  explicit Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  explicit Client(int fd, bool) : fd_(fd), connected_(true) {}
  ~Client() { close(); }
  Client(const Client&) = delete;
  bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  bool send(const std::string& text) {
    size_t at = 0;
    while (at < text.size()) {
      ssize_t n = ::send(fd_, text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (n <= 0) return false;
      at += static_cast<size_t>(n);
    }
    return true;
  }
  // Until the text has come, the connection is closed, or patience is over. All that was read so far.
  std::string read_until(const std::string& text) {
    const auto end = SteadyClock::now() + kPatience;
    while (text.empty() || got_.find(text) == std::string::npos) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
      pollfd look{fd_, POLLIN, 0};
      if (left <= 0 || ::poll(&look, 1, static_cast<int>(left)) <= 0) break;
      char buffer[65536];
      ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) {
        closed_ = true;
        break;
      }
      got_.append(buffer, static_cast<size_t>(n));
    }
    return got_;
  }
  std::string read_all() { return read_until(""); }
  bool closed() const { return closed_; }
  void forget() { got_.clear(); }

 private:
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string got_;
};

std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}

std::string get_and_close(const std::string& target) {
  return get(target, "Connection: close\r\n");
}

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

Response echo(const Request& request) {
  Response response;
  response.body = request.method + " " + request.path;
  for (const auto& [name, value] : request.query) response.body += " [" + name + "=" + value + "]";
  response.body += " <" + request.body + "> " + request.peer;
  return response;
}

std::unique_ptr<Server> start(ServerOptions options, Handler handler = echo) {
  auto server = Server::start(std::move(options), std::move(handler));
  EXPECT_TRUE(server) << describe(server.error());
  return std::move(*server);
}

template <class Condition>
bool becomes_true(Condition condition) {
  for (auto end = SteadyClock::now() + kPatience; SteadyClock::now() < end; std::this_thread::sleep_for(5ms)) {
    if (condition()) return true;
  }
  return condition();
}

TEST(HttpServer, DecodesPathAndQueryAndGivesBodyAndPeer) {
  auto server = start({});
  Client client(server->port());
  client.send(post("/a%20b/c+d?x=1+2&y=%26&z&x=3", "hello"));
  auto answer = client.read_all();
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 200")) << answer;
  EXPECT_NE(answer.find("POST /a b/c+d [x=1 2] [y=&] [z=] [x=3] <hello> 127.0.0.1"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Content-Type: application/json"), std::string::npos) << answer;
}

TEST(HttpServer, AnswersManyRequestsOnOneConnection) {
  auto server = start({});
  Client client(server->port());
  for (int i = 0; i < 20; ++i) {
    client.forget();
    std::string mark = "/number/" + std::to_string(i) + " <>";
    ASSERT_TRUE(client.send(get("/number/" + std::to_string(i))));
    EXPECT_NE(client.read_until(mark).find(mark), std::string::npos);
  }
}

TEST(HttpServer, RefusesBrokenEscapesAndHiddenNuls) {
  auto server = start({});
  for (const char* target : {"/a%", "/a%4", "/a%zz", "/a%00b", "/a?x=%00", "/a?x=%f", "*", "a"}) {
    Client client(server->port());
    client.send(get_and_close(target));
    auto answer = client.read_all();
    EXPECT_TRUE(starts_with(answer, "HTTP/1.1 400")) << target << ": " << answer;
  }
}

TEST(HttpServer, SurvivesBytesThatAreNoRequest) {
  auto server = start({.idle_timeout = 300ms});
  for (std::string junk :
       {std::string("\x16\x03\x01\x02\x00\x01", 6), std::string("GET\r\n\r\n"), std::string(5000, 'x'),
        std::string("GET / HTTP/1.1\r\n\r\n"), std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n")}) {
    Client client(server->port());
    client.send(junk);
    auto answer = client.read_all();
    EXPECT_TRUE(client.closed()) << junk;
    EXPECT_EQ(answer.find(" 200 "), std::string::npos) << junk << "\n" << answer;
  }
  Client good(server->port());
  good.send(get_and_close("/"));
  EXPECT_TRUE(starts_with(good.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, AnswersABodyOverTheLimitWith413HoweverItIsSent) {
  std::atomic<int> handled = 0;
  auto server = start({.max_body = 1000}, [&](const Request&) {
    ++handled;
    return Response{};
  });
  for (size_t size : {1001, 5000, 100000}) {
    Client client(server->port());
    client.send(post("/", std::string(size, 'x')));
    EXPECT_TRUE(starts_with(client.read_all(), "HTTP/1.1 413")) << size;
  }
  Client chunked(server->port());
  chunked.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5dc\r\n" +
               std::string(1500, 'x') + "\r\n0\r\n\r\n");
  EXPECT_TRUE(starts_with(chunked.read_all(), "HTTP/1.1 413"));
  EXPECT_EQ(handled, 0);
  Client fits(server->port());
  fits.send(post("/", std::string(1000, 'x')));
  EXPECT_TRUE(starts_with(fits.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, ClosesAnEndlessChunkedBody) {
  auto server = start({.max_body = 1000});
  Client client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  bool refused = false;
  for (int i = 0; i < 10000 && !refused; ++i) refused = !client.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
  EXPECT_TRUE(refused);
}

TEST(HttpServer, AnswersHeadersOverTheLimitWith431) {
  auto server = start({.max_headers = 4096});
  Client a(server->port());
  a.send(get("/", "Connection: close\r\nX-Long: " + std::string(5000, 'x') + "\r\n"));
  EXPECT_TRUE(starts_with(a.read_all(), "HTTP/1.1 431"));
  Client b(server->port());
  b.send(get("/", "Connection: close\r\nX-Long: " + std::string(50000, 'x') + "\r\n"));
  auto answer = b.read_all();
  EXPECT_TRUE(answer.empty() || starts_with(answer, "HTTP/1.1 431")) << answer;
  Client fits(server->port());
  fits.send(get("/", "Connection: close\r\nX-Long: " + std::string(3000, 'x') + "\r\n"));
  EXPECT_TRUE(starts_with(fits.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, AnswersASlowSenderWith408AlthoughEveryByteComesInTime) {
  auto server = start({.idle_timeout = 400ms});
  Client client(server->port());
  client.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  const auto began = SteadyClock::now();
  std::jthread drip([&](std::stop_token stop) {
    while (!stop.stop_requested() && client.send("x")) std::this_thread::sleep_for(50ms);
  });
  auto answer = client.read_until("too long");
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 408")) << answer;
  EXPECT_LT(SteadyClock::now() - began, 3s);
}

TEST(HttpServer, ClosesAConnectionThatStaysSilentBetweenRequests) {
  auto server = start({.idle_timeout = 300ms});
  Client client(server->port());
  client.send(get("/one"));
  client.read_until("/one <>");
  client.forget();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, TurnsAnExceptionInTheHandlerIntoA500WithoutDetail) {
  auto server = start({}, [](const Request&) -> Response { throw std::runtime_error("the secret"); });
  Client client(server->port());
  client.send(get_and_close("/"));
  auto answer = client.read_all();
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 500"));
  EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST(HttpServer, HangsUpWithoutAWordWhereTheHandlerSaysSo) {
  auto server = start({}, [](const Request& request) {
    Response response;
    response.hang_up = request.path == "/lost";
    return response;
  });
  Client lost(server->port());
  ASSERT_TRUE(lost.send(post("/lost", "x")));
  EXPECT_EQ(lost.read_all(), "");
  EXPECT_TRUE(lost.closed());
  Client other(server->port());
  ASSERT_TRUE(other.send(get_and_close("/found")));
  EXPECT_TRUE(starts_with(other.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, NeverWritesAHeaderWithALineBreak) {
  auto server = start({}, [](const Request&) {
    Response response;
    response.headers.emplace_back("X-Echo", "a\r\nSet-Cookie: b");
    return response;
  });
  Client client(server->port());
  client.send(get_and_close("/"));
  EXPECT_EQ(client.read_all().find("Set-Cookie"), std::string::npos);
}

TEST(HttpServer, ShowsItsRefusalsInTheServicesOwnForm) {
  ServerOptions options;
  options.max_body = 10;
  options.refusal = [](int status, const std::string& why) {
    Response response;
    response.status = status;
    response.body = "mine: " + why;
    return response;
  };
  auto server = start(std::move(options));
  Client client(server->port());
  client.send(post("/", std::string(11, 'x')));
  EXPECT_NE(client.read_all().find("mine: The body is too large"), std::string::npos);
}

TEST(HttpServer, KeepsAnsweringWhileAHandlerIsSlow) {
  std::mutex mutex;
  std::condition_variable open;
  bool may_go = false;
  auto server = start({.threads = 2}, [&](const Request& request) {
    if (request.path == "/slow") {
      std::unique_lock lock(mutex);
      open.wait_for(lock, kPatience, [&] { return may_go; });
    }
    return echo(request);
  });
  Client slow(server->port()), fast(server->port());
  slow.send(get_and_close("/slow"));
  fast.send(get_and_close("/fast"));
  EXPECT_TRUE(starts_with(fast.read_all(), "HTTP/1.1 200"));
  {
    std::lock_guard lock(mutex);
    may_go = true;
  }
  open.notify_all();
  EXPECT_TRUE(starts_with(slow.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, ServesManyConnectionsAtOnce) {
  auto server = start({});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    ASSERT_TRUE(clients.back()->connected());
  }
  for (int i = 0; i < 300; ++i) clients[i]->send(get_and_close("/" + std::to_string(i)));
  for (int i = 0; i < 300; ++i) {
    EXPECT_NE(clients[i]->read_all().find("GET /" + std::to_string(i) + " <>"), std::string::npos);
  }
}

TEST(HttpServer, TakesMoreConnectionsAgainAfterItsLimitWasReached) {
  auto server = start({.idle_timeout = 500ms, .max_connections = 8});
  std::vector<std::unique_ptr<Client>> holders;
  for (int i = 0; i < 8; ++i) holders.push_back(std::make_unique<Client>(server->port()));
  Client late(server->port());  // waits until the silent ones are closed
  late.send(get_and_close("/late"));
  EXPECT_TRUE(starts_with(late.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, SilentConnectionsLockNobodyOut) {
  auto server = start({.max_connections = 8});  // they would be waited for for 30 s
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(std::make_unique<Client>(server->port()));
    if (i % 2 == 0) silent.back()->send("GET /half HTTP/1.1\r\nHost:");
  }
  const auto began = SteadyClock::now();
  for (int i = 0; i < 5; ++i) {
    Client good(server->port());
    good.send(get_and_close("/good"));
    EXPECT_TRUE(starts_with(good.read_all(), "HTTP/1.1 200"));
  }
  EXPECT_LT(SteadyClock::now() - began, 3s);
}

TEST(HttpServer, AConnectionThatHasBroughtRequestsStaysLongerThanOnesThatHaveNot) {
  auto server = start({.max_connections = 8});
  Client proven(server->port());
  proven.send(get("/one"));
  proven.read_until("/one <>");
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<Client>(server->port()));
  Client last(server->port());
  last.send(get_and_close("/last"));
  EXPECT_TRUE(starts_with(last.read_all(), "HTTP/1.1 200"));
  proven.send(get("/two"));
  EXPECT_NE(proven.read_until("/two <>").find("/two <>"), std::string::npos);
}

TEST(HttpServer, RequestsUnderWayAreNeverGivenUpForNewConnections) {
  std::mutex mutex;
  std::condition_variable open;
  bool may_go = false;
  auto server = start({.threads = 4, .max_connections = 6}, [&](const Request& request) {
    std::unique_lock lock(mutex);
    if (request.path == "/slow") open.wait_for(lock, kPatience, [&] { return may_go; });
    return echo(request);
  });
  std::vector<std::unique_ptr<Client>> slow, silent;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(std::make_unique<Client>(server->port()));
    slow.back()->send(get_and_close("/slow"));
  }
  for (int i = 0; i < 30; ++i) silent.push_back(std::make_unique<Client>(server->port()));
  Client good(server->port());
  good.send(get_and_close("/good"));
  EXPECT_TRUE(starts_with(good.read_all(), "HTTP/1.1 200"));
  {
    std::lock_guard lock(mutex);
    may_go = true;
  }
  open.notify_all();
  for (auto& client : slow) EXPECT_NE(client->read_all().find("/slow <>"), std::string::npos);
}

TEST(HttpServer, StreamsPiecesAsTheyComeAndEndsProperly) {
  std::atomic<int> allowed = 0;
  auto server = start({}, [&](const Request&) {
    Response response;
    response.headers.emplace_back("Content-Type", "text/event-stream");
    response.body = "first;";
    response.stream = [&, sent = 0]() mutable -> std::optional<std::string> {
      for (int i = 0; i < 50 && sent >= allowed; ++i) std::this_thread::sleep_for(5ms);
      if (sent >= allowed) return "";
      ++sent;
      if (sent == 4) return std::nullopt;
      return "piece " + std::to_string(sent) + ";";
    };
    return response;
  });
  Client client(server->port());
  client.send(get_and_close("/"));
  EXPECT_NE(client.read_until("first;").find("first;"), std::string::npos);
  for (int i = 1; i <= 3; ++i) {
    allowed = i;
    std::string piece = "piece " + std::to_string(i) + ";";
    EXPECT_NE(client.read_until(piece).find(piece), std::string::npos);
  }
  allowed = 4;
  auto all = client.read_all();
  EXPECT_NE(all.find("text/event-stream"), std::string::npos);
  EXPECT_NE(all.find("\r\n0\r\n\r\n"), std::string::npos) << all;
}

TEST(HttpServer, SendsALargeStreamWhole) {
  constexpr int kPieces = 200;
  auto server = start({}, [&](const Request&) {
    Response response;
    response.stream = [n = 0]() mutable -> std::optional<std::string> {
      if (n++ == kPieces) return std::nullopt;
      return std::string(50000, 'y');
    };
    return response;
  });
  Client client(server->port());
  client.send(get_and_close("/"));
  auto all = client.read_all();
  EXPECT_EQ(std::count(all.begin() + static_cast<ptrdiff_t>(all.find("\r\n\r\n")), all.end(), 'y'), kPieces * 50000);
}

TEST(HttpServer, BreaksAStreamWhoseSourceFailsInsteadOfEndingIt) {
  auto server = start({}, [](const Request&) {
    Response response;
    response.body = "some";
    response.stream = []() -> std::optional<std::string> { throw std::runtime_error("no more"); };
    return response;
  });
  Client client(server->port());
  client.send(get_and_close("/"));
  EXPECT_EQ(client.read_all().find("\r\n0\r\n\r\n"), std::string::npos);
}

TEST(HttpServer, LetsGoOfAStreamsSourceWhenTheClientGoesAwayThoughNothingIsSent) {
  std::weak_ptr<int> source;
  std::mutex mutex;
  auto server = start({}, [&](const Request&) {
    auto held = std::make_shared<int>(1);
    {
      std::lock_guard lock(mutex);
      source = held;
    }
    Response response;
    response.body = "hello";
    response.stream = [held]() -> std::optional<std::string> {
      std::this_thread::sleep_for(20ms);
      return "";
    };
    return response;
  });
  Client client(server->port());
  client.send(get("/"));
  client.read_until("hello");
  client.close();
  EXPECT_TRUE(becomes_true([&] {
    std::lock_guard lock(mutex);
    return source.expired();
  }));
}

TEST(HttpServer, BoundsTheNumberOfStreamsAndFreesTheirPlaces) {
  auto server = start({.max_streams = 2}, [&](const Request&) {
    Response response;
    response.body = "streaming";
    response.stream = []() -> std::optional<std::string> {
      std::this_thread::sleep_for(10ms);
      return "";
    };
    return response;
  });
  Client a(server->port()), b(server->port()), c(server->port());
  a.send(get("/"));
  a.read_until("streaming");
  b.send(get("/"));
  b.read_until("streaming");
  c.send(get_and_close("/"));
  EXPECT_TRUE(starts_with(c.read_all(), "HTTP/1.1 503"));
  a.close();
  EXPECT_TRUE(becomes_true([&] {
    Client d(server->port());
    d.send(get("/"));
    return starts_with(d.read_until("\r\n\r\n"), "HTTP/1.1 200");
  }));
}

TEST(HttpServer, StopsWhileStreamsRunAndEndsThemProperly) {
  auto server = start({}, [&](const Request&) {
    Response response;
    response.body = "streaming";
    response.stream = []() -> std::optional<std::string> {
      std::this_thread::sleep_for(50ms);
      return "";
    };
    return response;
  });
  Client reading(server->port()), asleep(server->port());
  reading.send(get("/"));
  asleep.send(get("/"));
  reading.read_until("streaming");
  asleep.read_until("streaming");
  const auto began = SteadyClock::now();
  server.reset();
  EXPECT_LT(SteadyClock::now() - began, 5s);
  EXPECT_NE(reading.read_all().find("\r\n0\r\n\r\n"), std::string::npos);
}

TEST(HttpServer, StopsWhileAClientDoesNotReadItsStream) {
  auto server = start({}, [&](const Request&) {
    Response response;
    response.stream = []() -> std::optional<std::string> { return std::string(100000, 'z'); };
    return response;
  });
  Client client(server->port());
  client.send(get("/"));
  client.read_until("zzz");
  const auto began = SteadyClock::now();
  server.reset();
  EXPECT_LT(SteadyClock::now() - began, 8s);
}

TEST(HttpServer, LetsARunningRequestEndBeforeItStops) {
  std::atomic<bool> inside = false;
  auto server = start({}, [&](const Request& request) {
    inside = true;
    std::this_thread::sleep_for(300ms);
    return echo(request);
  });
  Client client(server->port());
  client.send(get("/last"));
  ASSERT_TRUE(becomes_true([&] { return inside.load(); }));
  server.reset();
  EXPECT_NE(client.read_all().find("GET /last <>"), std::string::npos);
}

TEST(HttpServer, ForgetsRequestsWhoseClientsLeftInTheMiddle) {
  auto server = start({});
  auto descriptors = [] {
    auto folder = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(folder), end(folder));
  };
  const auto before = descriptors();
  for (int i = 0; i < 50; ++i) {
    Client(server->port()).send("GET /half HTTP/1.1\r\nHost:");
    Client(server->port()).send("POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    Client(server->port()).send(get("/whole"));
  }
  EXPECT_TRUE(becomes_true([&] { return descriptors() == before; }));
  Client good(server->port());
  good.send(get_and_close("/"));
  EXPECT_TRUE(starts_with(good.read_all(), "HTTP/1.1 200"));
}

TEST(HttpServer, ServesAdoptedConnectionsUnderTheirTagWithoutListening) {
  auto server = start({.listen = false});
  EXPECT_EQ(server->port(), 0);
  for (int i = 0; i < 3; ++i) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    Client client(ends[1], true);
    std::string tag = "i-" + std::to_string(i);
    ASSERT_TRUE(server->adopt_connection(ends[0], tag));
    client.send(get_and_close("/latest/meta-data"));
    EXPECT_NE(client.read_all().find("GET /latest/meta-data <> " + tag), std::string::npos);
  }
}

TEST(HttpServer, ClosesAnAdoptedConnectionWhoseTagIsTooLong) {
  auto server = start({.listen = false});
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Client client(ends[1], true);
  EXPECT_FALSE(server->adopt_connection(ends[0], std::string(101, 'x')));
  client.read_all();
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, SaysWhatIsWrongWithItsAddressOrPort) {
  auto nonsense = Server::start({.address = "nowhere"}, echo);
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().kind, ErrorKind::invalid);
  EXPECT_EQ(nonsense.error().field, "address");
  auto first = start({});
  auto second = Server::start({.port = first->port()}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(second.error().field, "port");
}

}  // namespace
}  // namespace holdfast::http
