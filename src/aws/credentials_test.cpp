// Keys are renewed by one while the others go on with the old ones.
#include "aws/credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "aws/credentials_json.h"

namespace holdfast::aws {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Time kStart = from_millis(1'700'000'000'000);

Credentials keys(const std::string& name, std::optional<Time> expires) {
  return {{name, "secret", "token-" + name}, expires, "test"};
}

std::string name_of(const Result<Credentials>& credentials) {
  return credentials ? credentials->key.access_key : credentials.error().code;
}

class Refreshing : public testing::Test {
 protected:
  RefreshingCredentials make() {
    return RefreshingCredentials([this](std::stop_token) { return fetch(); }, [this] { return now_.load(); });
  }
  Result<Credentials> fetch() {
    ++fetched_;
    if (entered_) entered_->release();
    if (gate_) gate_->acquire();
    return next_;
  }

  std::atomic<Time> now_ = kStart;
  std::atomic<int> fetched_ = 0;
  std::counting_semaphore<>* gate_ = nullptr;     // a fetch waits here, if there is one
  std::counting_semaphore<>* entered_ = nullptr;  // and says here that it began
  Result<Credentials> next_ = keys("A", kStart + minutes(60));
};

TEST_F(Refreshing, AreFetchedOnceAndRenewedBeforeTheyExpire) {
  auto provider = make();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(name_of(provider.get({})), "A");
  EXPECT_EQ(fetched_, 1);
  next_ = keys("B", kStart + minutes(120));
  now_ = kStart + minutes(54);
  EXPECT_EQ(name_of(provider.get({})), "A");
  now_ = kStart + minutes(55);
  EXPECT_EQ(name_of(provider.get({})), "B");
  EXPECT_EQ(fetched_, 2);
}

TEST_F(Refreshing, LongLivedOnesAreKept) {
  next_ = keys("A", std::nullopt);
  auto provider = make();
  provider.get({});
  now_ = kStart + std::chrono::hours(10'000);
  EXPECT_EQ(name_of(provider.get({})), "A");
  EXPECT_EQ(fetched_, 1);
}

TEST_F(Refreshing, OneRenewsWhileOthersGoOnWithTheOldOnes) {
  auto provider = make();
  provider.get({});
  std::counting_semaphore<> gate(0), entered(0);
  gate_ = &gate;
  entered_ = &entered;
  next_ = keys("B", kStart + minutes(120));
  now_ = kStart + minutes(56);
  auto renewing = std::async(std::launch::async, [&] { return provider.get({}); });
  entered.acquire();
  EXPECT_EQ(name_of(provider.get({})), "A");
  EXPECT_EQ(fetched_, 2);
  gate.release();
  EXPECT_EQ(name_of(renewing.get()), "B");
}

TEST_F(Refreshing, WithoutUsableOnesAllWaitForTheOneThatFetches) {
  auto provider = make();
  std::counting_semaphore<> gate(0), entered(0);
  gate_ = &gate;
  entered_ = &entered;
  auto first = std::async(std::launch::async, [&] { return provider.get({}); });
  entered.acquire();
  std::vector<std::future<Result<Credentials>>> others;
  for (int i = 0; i < 4; ++i) others.push_back(std::async(std::launch::async, [&] { return provider.get({}); }));
  std::stop_source stop;
  auto impatient = std::async(std::launch::async, [&] { return provider.get(stop.get_token()); });
  stop.request_stop();
  EXPECT_FALSE(impatient.get());
  gate.release();
  EXPECT_EQ(name_of(first.get()), "A");
  for (auto& other : others) EXPECT_EQ(name_of(other.get()), "A");
  EXPECT_EQ(fetched_, 1);
}

TEST_F(Refreshing, AFailedRenewalLeavesTheOldOnesInUseUntilTheirEnd) {
  auto provider = make();
  provider.get({});
  next_ = fail(ErrorKind::unavailable, "Down", "the source is down");
  now_ = kStart + minutes(56);
  EXPECT_EQ(name_of(provider.get({})), "A");
  EXPECT_EQ(name_of(provider.get({})), "A");
  EXPECT_EQ(fetched_, 2);  // not with each call
  now_ = kStart + minutes(56) + seconds(11);
  EXPECT_EQ(name_of(provider.get({})), "A");
  EXPECT_EQ(fetched_, 3);
  now_ = kStart + minutes(60);
  EXPECT_EQ(name_of(provider.get({})), "Down");
  EXPECT_EQ(name_of(provider.get({})), "Down");
  EXPECT_EQ(fetched_, 4);
  now_ = kStart + minutes(61);
  next_ = keys("C", kStart + minutes(120));
  EXPECT_EQ(name_of(provider.get({})), "C");
}

TEST_F(Refreshing, RefusedOnesAreReplacedAndLateRefusalsChangeNothing) {
  auto provider = make();
  const Credentials first = *provider.get({});
  next_ = keys("B", kStart + minutes(60));
  provider.refused(first);
  EXPECT_EQ(name_of(provider.get({})), "B");
  provider.refused(first);
  EXPECT_EQ(name_of(provider.get({})), "B");
  EXPECT_EQ(fetched_, 2);
}

TEST(CredentialsJson, ReadsBothForms) {
  auto process = read_credentials_json(
      R"({"Version":1,"AccessKeyId":"AK","SecretAccessKey":"SK","Expiration":"2026-01-31T14:00:00+02:00"})",
      CredentialsForm::process, "p");
  ASSERT_TRUE(process) << describe(process.error());
  EXPECT_EQ(process->key.session_token, "");
  EXPECT_EQ(to_iso(*process->expires), "2026-01-31T12:00:00.000Z");
  auto endpoint = read_credentials_json(R"({"Code":"Success","AccessKeyId":"AK","SecretAccessKey":"SK","Token":"T"})",
                                        CredentialsForm::endpoint, "e");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->key.session_token, "T");
}

TEST(CredentialsJson, SaysWhatIsMissingButNoValue) {
  for (const char* text : {"", "[]", "{\"Version\":1", R"({"Version":2,"AccessKeyId":"AK","SecretAccessKey":"hidden"})",
                           R"({"Version":1,"AccessKeyId":"","SecretAccessKey":"hidden"})",
                           R"({"Version":1,"AccessKeyId":"AK","SecretAccessKey":7})",
                           R"({"Version":1,"AccessKeyId":"AK","SecretAccessKey":"hidden","Expiration":"soon"})"}) {
    auto read = read_credentials_json(text, CredentialsForm::process, "p");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "MalformedCredentials");
    EXPECT_EQ(read.error().message.find("hidden"), std::string::npos);
  }
  EXPECT_FALSE(read_credentials_json(R"({"Code":"AssumeRoleUnauthorizedAccess"})", CredentialsForm::endpoint, "e"));
}

}  // namespace
}  // namespace holdfast::aws
