// Tokens, the audit log and TLS of the service as a process, with the program as its client. On simulated machines:
// what is tested here has nothing to do with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "support/child.h"
#include "support/fixture.h"
#include "support/http_client.h"

namespace holdfast::support {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AccessProcessTest : public ServiceTest {
 protected:
  ServiceOptions options() override {
    ServiceOptions it = ServiceTest::options();
    it.substrate = "null";
    return it;
  }
  bool needs_machines() const override { return false; }

  // In a shell, so that it stands as a user would type it: $H is the program, $U its connection, $D the data directory.
  Ended shell(const std::string& line) {
    auto ended =
        run({"/bin/bash", "-c",
             "set -o pipefail; H=" + holdfast_binary() + "; D=" + service_->data_dir() + "; U='--url " + url() +
                 " --token-file " + service_->data_dir() + "/token'; cd " + scratch_->path() + "; " + line});
    EXPECT_TRUE(ended) << ended.error().message;
    return ended.value_or(Ended{});
  }
  virtual std::string url() const { return service_->url(); }
};

TEST_F(AccessProcessTest, TokensOutliveAKillAndRevocationsToo) {
  ASSERT_EQ(shell("$H token create ci --role viewer --expires 1h $U >ci.token && "
                  "$H token create gone --role admin $U >gone.token && $H token revoke gone $U")
                .status,
            0);
  service_->kill();
  ASSERT_TRUE(service_->start());
  EXPECT_THAT(shell("$H token list $U").output, AllOf(HasSubstr("ci"), HasSubstr("viewer"), Not(HasSubstr("gone"))));
  EXPECT_EQ(shell("$H get --url " + url() + " --token-file ci.token").status, 0);
  Ended refused = shell("$H cloud interrupt i-0123456789abcdef0 --url " + url() + " --token-file ci.token");
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.output, HasSubstr("role 'operator'")) << "the local cloud's controls obey roles too";
  EXPECT_EQ(shell("$H cloud instances --url " + url() + " --token-file ci.token").status, 0);
  EXPECT_EQ(shell("$H get --url " + url() + " --token-file gone.token").status, 4);
  EXPECT_EQ(shell("grep -rl \"$(cat ci.token)\" $D").status, 1) << "the secret is kept nowhere";
}

TEST_F(AccessProcessTest, TheAuditLogTellsOfChangesAndOfWhoeverChangedIt) {
  ASSERT_EQ(shell("$H cloud interrupt i-0123456789abcdef0 $U").status, 3);
  ASSERT_EQ(shell("$H token create ci --role viewer $U >ci.token").status, 0);
  EXPECT_THAT(shell("$H audit $U").output, AllOf(HasSubstr("POST /token"), HasSubstr("bootstrap"), HasSubstr("404"),
                                                 HasSubstr("127.0.0.1"), HasSubstr("/interrupt")));
  Ended whole = shell("$H audit verify $U");
  EXPECT_EQ(whole.status, 0) << whole.output;
  EXPECT_EQ(shell("$H audit verify --data-dir $D").output, whole.output) << "also beside the running service";
  const std::string end = std::string(trim(whole.output.substr(whole.output.rfind(' '))));

  service_->kill();
  ASSERT_EQ(
      shell("sqlite3 $D/access.db \"DROP TRIGGER audit_is_final; UPDATE audit SET "
            "body = replace(body, '192.0.2.1', 'x') || ' ' WHERE sequence = 2\" 2>&1 || python3 -c \"import sqlite3; "
            "c = sqlite3.connect('$D/access.db'); c.execute('DROP TRIGGER audit_is_final'); "
            "c.execute('UPDATE audit SET body = body || char(32) WHERE sequence = 2'); c.commit()\"")
          .status,
      0);
  Ended broken = shell("$H audit verify --data-dir $D");
  EXPECT_EQ(broken.status, 1);
  EXPECT_THAT(broken.output, HasSubstr("entry 2 was changed"));
  EXPECT_EQ(shell("$H audit verify --data-dir $D --end 99:" + end.substr(end.find(':') + 1)).status, 1);
  EXPECT_EQ(shell("$H audit verify --data-dir /nowhere").status, 3);
}

// Not ServiceTest's own start: it asks over plain HTTP.
class TlsProcessTest : public AccessProcessTest {
 protected:
  void SetUp() override {
    if (run({"/bin/sh", "-c", "command -v openssl"})->status != 0) GTEST_SKIP() << "openssl is not installed";
    scratch_.emplace(Scratch::make("holdfast-test").value());
    folder_ = scratch_->path();
    make_pair("first");
    ServiceOptions it = AccessProcessTest::options();
    it.more = {"--tls-certificate", folder_ + "/cert.pem", "--tls-key", folder_ + "/key.pem"};
    service_.emplace(std::move(it));
    ASSERT_TRUE(service_->launch());
    ASSERT_TRUE(wait_until(60s, [&] { return get("first").status == 0; })) << service_->log();
  }
  std::string url() const override { return "https://127.0.0.1:" + std::to_string(service_->port()); }
  // Into place as certbot does it: the key after the certificate, so that for a moment they do not belong together.
  void make_pair(const std::string& name) {
    auto made = run({"/bin/sh", "-c",
                     "cd " + folder_ +
                         " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
                         "-subj /CN=" +
                         name + " -addext subjectAltName=IP:127.0.0.1 -keyout " + name + ".key -out " + name +
                         ".pem 2>&1 && cp " + name + ".pem cert.pem && cp " + name + ".key key.pem"});
    ASSERT_TRUE(made && made->status == 0) << made->output;
  }
  Ended get(const std::string& authority) { return shell("$H get $U --ca-file " + folder_ + "/" + authority + ".pem"); }
  std::string folder_;
};

TEST_F(TlsProcessTest, ServesHttpsAndTakesANewCertificateWithoutARestart) {
  EXPECT_EQ(get("first").status, 0);
  Ended strange = shell("$H get $U");
  EXPECT_EQ(strange.status, 5);
  EXPECT_THAT(strange.output, HasSubstr("--ca-file"));
  EXPECT_NE(shell("$H get --token-file $D/token --url http://127.0.0.1:" + std::to_string(service_->port())).status, 0)
      << "plain HTTP is not answered there";
  const pid_t pid = service_->pid();
  make_pair("second");
  ::kill(pid, SIGHUP);
  EXPECT_TRUE(wait_until(20s, [&] { return get("second").status == 0; })) << service_->log();
  EXPECT_EQ(get("first").status, 5);

  std::ofstream(folder_ + "/key.pem") << "nonsense";
  ::kill(pid, SIGHUP);
  EXPECT_TRUE(
      wait_until(20s, [&] { return service_->log().find("the former ones stay in use") != std::string::npos; }));
  EXPECT_EQ(get("second").status, 0);
  make_pair("third");  // nobody says anything: it looks by itself
  EXPECT_TRUE(wait_until(30s, [&] { return get("third").status == 0; }));
  EXPECT_EQ(service_->pid(), pid);
  EXPECT_TRUE(service_->running());
}

TEST_F(TlsProcessTest, DoesNotStartWithACertificateThatIsNone) {
  ASSERT_TRUE(service_->stop(20s));
  std::ofstream(folder_ + "/cert.pem") << "nonsense";
  ASSERT_TRUE(service_->launch());
  EXPECT_EQ(service_->wait(20s), 1);
  EXPECT_THAT(service_->log(), AllOf(HasSubstr("cert.pem"), HasSubstr("certificate cannot be read")));
}

}  // namespace
}  // namespace holdfast::support
