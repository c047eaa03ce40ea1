// TLS on real sockets: who gets which certificate, and that bad pairs change nothing.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "http/certificates_test.h"
#include "http/server.h"

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class TlsClient {
 public:
  explicit TlsClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    gnutls_certificate_allocate_credentials(&credentials_);
    gnutls_init(&session_, GNUTLS_CLIENT);
    gnutls_set_default_priority(session_);
    gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, credentials_);
    gnutls_transport_set_int(session_, fd_);
  }
  ~TlsClient() {
    gnutls_deinit(session_);
    gnutls_certificate_free_credentials(credentials_);
    ::close(fd_);
  }
  TlsClient(const TlsClient&) = delete;
  bool shake_hands() {
    int code;
    while ((code = gnutls_handshake(session_)) < 0 && gnutls_error_is_fatal(code) == 0) continue;
    return code == 0;
  }
  // The common name of the certificate that was shown.
  std::string shown() {
    unsigned count = 0;
    const gnutls_datum_t* chain = gnutls_certificate_get_peers(session_, &count);
    if (!chain) return "";
    gnutls_x509_crt_t crt;
    gnutls_x509_crt_init(&crt);
    gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
    char name[64];
    size_t size = sizeof name;
    gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size);
    gnutls_x509_crt_deinit(crt);
    return std::string(name, size);
  }
  std::string get(const std::string& target, const std::string& until) {
    const std::string text = "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
    if (gnutls_record_send(session_, text.data(), text.size()) < 0) return "not sent";
    std::string got;
    char buffer[4096];
    while (got.find(until) == std::string::npos) {
      const ssize_t size = gnutls_record_recv(session_, buffer, sizeof buffer);
      if (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED) continue;
      if (size <= 0) break;
      got.append(buffer, static_cast<size_t>(size));
    }
    return got;
  }

 private:
  int fd_;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_session_t session_ = nullptr;
};

std::string shown_by(const Server& server) {
  TlsClient client(server.port());
  EXPECT_TRUE(client.shake_hands());
  return client.shown();
}

std::unique_ptr<Server> start(ServerOptions options) {
  return Server::start(std::move(options),
                       [](const Request& request) {
                         Response response;
                         response.body = "<" + request.path + " " + request.peer + ">";
                         if (request.path == "/stream") {
                           response.stream = [n = 0]() mutable -> std::optional<std::string> {
                             if (n++ == 100) return std::nullopt;
                             return std::string(10'000, 'x') + (n == 100 ? "<end>" : "");
                           };
                         }
                         return response;
                       })
      .value();
}

TEST(Tls, AnswersManyRequestsAndStreamsOnOneConnection) {
  auto server = start({.tls = make_pair_for_test("first")});
  TlsClient client(server->port());
  ASSERT_TRUE(client.shake_hands());
  for (int i = 0; i < 5; ++i) EXPECT_THAT(client.get("/a", ">"), HasSubstr("</a 127.0.0.1>"));
  EXPECT_GT(client.get("/stream", "\r\n0\r\n\r\n").size(), 1'000'000u);
}

TEST(Tls, NewConnectionsGetANewPairAndOpenOnesGoOn) {
  auto server = start({.tls = make_pair_for_test("first")});
  TlsClient old(server->port());
  ASSERT_TRUE(old.shake_hands());
  ASSERT_TRUE(server->use_key_pair(make_pair_for_test("second")));
  EXPECT_EQ(shown_by(*server), "second");
  EXPECT_THAT(old.get("/a", ">"), HasSubstr("</a"));
  EXPECT_EQ(old.shown(), "first");
}

TEST(Tls, APairThatIsNoneIsToldAndTheFormerStays) {
  const KeyPair good = make_pair_for_test("good"), other = make_pair_for_test("other");
  auto server = start({.tls = good});
  auto why = [&](const KeyPair& pair) {
    auto taken = server->use_key_pair(pair);
    EXPECT_FALSE(taken);
    return taken ? "" : taken.error().message;
  };
  EXPECT_THAT(why({good.certificate, other.key}), HasSubstr("not the certificate's"));
  EXPECT_THAT(why({"", good.key}), HasSubstr("certificate cannot be read"));
  EXPECT_THAT(why({"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", good.key}),
              HasSubstr("certificate cannot be read"));
  EXPECT_THAT(why({good.certificate, "nonsense"}), HasSubstr("key cannot be read"));
  EXPECT_EQ(shown_by(*server), "good");
}

TEST(Tls, AServerDoesNotStartWithABadPair) {
  auto refused = Server::start({.tls = KeyPair{"a", "b"}}, [](const Request&) { return Response(); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
}

TEST(Tls, TellsUntilWhenACertificateIsValid) {
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  EXPECT_GT(inspect(make_pair_for_test("a", 30)).value(), now + 29 * 24h);
  EXPECT_LT(inspect(make_pair_for_test("a", -1)).value(), now);
}

TEST(Tls, TwoServersShowTheirOwn) {
  auto first = start({.tls = make_pair_for_test("first")});
  auto second = start({.tls = make_pair_for_test("second")});
  EXPECT_EQ(shown_by(*first), "first");
  EXPECT_EQ(shown_by(*second), "second");
}

TEST(Tls, PlainBytesAndSilenceGetNothingAndHarmNobody) {
  auto server = start({.idle_timeout = 300ms, .tls = make_pair_for_test("first")});
  std::vector<int> descriptors;
  for (const char* text : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""}) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    ASSERT_EQ(::send(fd, text, std::strlen(text), MSG_NOSIGNAL), static_cast<ssize_t>(std::strlen(text)));
    std::string got;
    char buffer[512];
    ssize_t size;
    while ((size = ::recv(fd, buffer, sizeof buffer, 0)) > 0) got.append(buffer, static_cast<size_t>(size));
    EXPECT_THAT(got, Not(HasSubstr("HTTP/1.1")));
    ::close(fd);
  }
  EXPECT_EQ(shown_by(*server), "first");
}

}  // namespace
}  // namespace holdfast::http
