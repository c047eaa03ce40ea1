// What sign signs verify accepts, and nothing else. That the signature is AWS's own is checked against botocore in
// tests/aws.
#include "ec2/sigv4.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace holdfast::ec2::sigv4 {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow = from_millis(1'764'000'000'000);
const Key kKey = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
const Scope kScope = {"eu-central-1", "ec2"};

class Sigv4 : public testing::Test {
 protected:
  Message signed_message(const Key& key = kKey, Time at = kNow) {
    Message message{"POST", "/", {}, {{"Host", "ec2.local:8773"}, {"Content-Type", "text/plain"}}, body_};
    for (auto& header : sign(message, key, kScope, at)) message.headers.push_back(header);
    return message;
  }
  Result<Verified> check(const Message& message, Expected expected = {"ec2", "eu-central-1"}) {
    return verify(
        message,
        [this](std::string_view name) -> std::optional<Key> {
          if (name == known_.access_key) return known_;
          return std::nullopt;
        },
        expected, kNow);
  }
  std::string code(const Message& message, Expected expected = {"ec2", "eu-central-1"}) {
    auto outcome = check(message, expected);
    return outcome ? "accepted" : outcome.error().code;
  }

  std::string body_ = "Action=DescribeInstances&Version=2016-11-15";
  Key known_ = kKey;
};

TEST_F(Sigv4, AcceptsWhatItSigned) {
  auto verified = check(signed_message());
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->access_key, "AKIDEXAMPLE");
  EXPECT_EQ(verified->scope.region, "eu-central-1");
}

TEST_F(Sigv4, RefusesAChangeOfAnyPart) {
  const Message good = signed_message();
  Message changed = good;
  changed.body = "Action=TerminateInstances";
  EXPECT_EQ(code(changed), "SignatureDoesNotMatch");
  changed = good;
  changed.method = "GET";
  EXPECT_EQ(code(changed), "SignatureDoesNotMatch");
  changed = good;
  changed.path = "/other";
  EXPECT_EQ(code(changed), "SignatureDoesNotMatch");
  changed = good;
  changed.query = {{"Action", "X"}};
  EXPECT_EQ(code(changed), "SignatureDoesNotMatch");
  changed = good;
  changed.headers[0].second = "elsewhere";
  EXPECT_EQ(code(changed), "SignatureDoesNotMatch");
  changed = good;
  changed.headers.emplace_back("Content-Type", "doubled");
  EXPECT_EQ(code(changed), "SignatureDoesNotMatch");
}

TEST_F(Sigv4, RefusesAWrongSecretAnUnknownKeyAndAnotherScope) {
  Key wrong = kKey;
  wrong.secret_key += "x";
  EXPECT_EQ(code(signed_message(wrong)), "SignatureDoesNotMatch");
  Key stranger = kKey;
  stranger.access_key = "AKIDOTHER";
  EXPECT_EQ(code(signed_message(stranger)), "InvalidClientTokenId");
  EXPECT_EQ(code(signed_message(), {"sqs", ""}), "SignatureDoesNotMatch");
  EXPECT_EQ(code(signed_message(), {"ec2", "us-east-1"}), "SignatureDoesNotMatch");
  EXPECT_EQ(code(signed_message(), {"ec2", ""}), "accepted");
}

TEST_F(Sigv4, WantsTheSessionTokenOfTheKeyAndNoOther) {
  known_.session_token = "token/+=";
  EXPECT_EQ(code(signed_message()), "InvalidClientTokenId");
  Key other = known_;
  other.session_token = "another";
  EXPECT_EQ(code(signed_message(other)), "InvalidClientTokenId");
  EXPECT_EQ(code(signed_message(known_)), "accepted");
}

TEST_F(Sigv4, ReportsTheSkewAndRefusesTooMuchOfIt) {
  auto verified = check(signed_message(kKey, kNow + minutes(4)));
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->skew, minutes(4));
  EXPECT_EQ(code(signed_message(kKey, kNow + minutes(5) + seconds(1))), "RequestExpired");
  EXPECT_EQ(code(signed_message(kKey, kNow - minutes(6))), "RequestExpired");
  EXPECT_EQ(skew_of(signed_message(kKey, kNow - minutes(6)), kNow), -minutes(6));
}

TEST_F(Sigv4, RefusesWhatIsIncomplete) {
  Message message = signed_message();
  message.headers.pop_back();
  EXPECT_EQ(code(message), "MissingAuthenticationToken");
  for (const char* header :
       {"", "Basic x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=1",
        "AWS4-HMAC-SHA256 Credential=k/20251124/r/s/aws4_request, Credential=k, SignedHeaders=host, Signature=1"}) {
    Message broken = message;
    broken.headers.emplace_back("Authorization", header);
    EXPECT_EQ(code(broken), "IncompleteSignature") << header;
  }
}

TEST_F(Sigv4, InsistsOnASignedHost) {
  Message message = signed_message();
  std::string& header = message.headers.back().second;
  header.replace(header.find("host;"), 5, "");
  EXPECT_EQ(code(message), "IncompleteSignature");
}

TEST_F(Sigv4, NeverPutsASecretIntoAnError) {
  Key wrong = kKey;
  wrong.secret_key = "another-secret";
  auto outcome = check(signed_message(wrong));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(describe(outcome.error()).find(kKey.secret_key), std::string::npos);
}

TEST(HostHeader, IsInLowerCaseWithoutTheSchemesOwnPort) {
  EXPECT_EQ(host_header("https", "EC2.Amazonaws.com", 443), "ec2.amazonaws.com");
  EXPECT_EQ(host_header("https", "h", 80), "h:80");
  EXPECT_EQ(host_header("http", "h", std::nullopt), "h");
  EXPECT_EQ(host_header("http", "[::1]", 8773), "[::1]:8773");
}

}  // namespace
}  // namespace holdfast::ec2::sigv4
