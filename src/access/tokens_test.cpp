// Tokens on a store that may refuse to write. (Here, because `access` may not know `store`.)
#include "access/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/fake_store_test.h"
#include "access/secret.h"

namespace holdfast::access {
namespace {

using testing::HasSubstr;
using testing::Not;

struct TokensTest : testing::Test {
  void open() {
    tokens = Tokens::open(store, "the-service's-own", [this] { return now; }).value();
  }
  TokensTest() { open(); }
  std::string make(const std::string& name, Role role = Role::viewer, std::optional<Duration> lifetime = {}) {
    auto made = tokens->create({name, role, lifetime}, kBootstrap);
    EXPECT_TRUE(made) << describe(made.error());
    return made ? made->secret : "";
  }
  FakeStore store;
  Time now = from_millis(1'800'000'000'000);
  std::unique_ptr<Tokens> tokens;
};

TEST_F(TokensTest, TheServicesOwnIsAnAdmin) {
  auto who = tokens->who("the-service's-own");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->role, Role::admin);
  EXPECT_EQ(who->token, kBootstrap);
  EXPECT_FALSE(tokens->who("the-service's-ow"));
  EXPECT_FALSE(tokens->who(""));
}

TEST_F(TokensTest, OneThatWasMadeIsKnownByItsSecretAlsoAfterARestart) {
  const std::string secret = make("ci", Role::operator_);
  EXPECT_EQ(secret.size(), 4u + 64u);
  for (int i = 0; i < 2; ++i) {
    auto who = tokens->who(secret);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->token, "ci");
    EXPECT_EQ(who->role, Role::operator_);
    open();
  }
  EXPECT_NE(make("other"), secret);
}

TEST_F(TokensTest, TheSecretIsKeptNowhere) {
  const std::string secret = make("ci");
  ASSERT_EQ(store.tokens_.size(), 1u);
  EXPECT_EQ(store.tokens_.at("ci").hash, sha256_hex(secret));
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(TokensTest, ARevokedOneIsRefusedAtOnceAndAfterARestart) {
  const std::string secret = make("ci");
  ASSERT_TRUE(tokens->revoke("ci"));
  EXPECT_FALSE(tokens->who(secret));
  EXPECT_FALSE(tokens->still(secret));
  open();
  EXPECT_FALSE(tokens->who(secret));
  EXPECT_EQ(tokens->revoke("ci").error().kind, ErrorKind::not_found);
}

TEST_F(TokensTest, AnExpiredOneIsRefusedFromThatMomentOn) {
  const std::string secret = make("short", Role::viewer, std::chrono::seconds(10));
  now += std::chrono::milliseconds(9999);
  EXPECT_TRUE(tokens->who(secret));
  now += std::chrono::milliseconds(1);
  EXPECT_FALSE(tokens->who(secret));
  EXPECT_FALSE(tokens->still(secret));
  EXPECT_EQ(tokens->all().size(), 1u) << "it is shown until it is revoked";
}

TEST_F(TokensTest, WhatCannotBeStoredDoesNotCount) {
  const std::string secret = make("ci");
  store.refuses_ = true;
  EXPECT_EQ(tokens->create({"new", Role::viewer, {}}, kBootstrap).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(tokens->revoke("ci").error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(tokens->who(secret)) << "the revocation was answered with an error";
  EXPECT_EQ(tokens->all().size(), 1u);
}

TEST_F(TokensTest, RefusesNamesThatAreTakenOrNone) {
  make("ci");
  EXPECT_EQ(tokens->create({"ci", Role::viewer, {}}, kBootstrap).error().kind, ErrorKind::conflict);
  for (const std::string& name : {std::string(), std::string("-a"), std::string("a b"), std::string("ä"),
                                  std::string(65, 'x'), std::string(kBootstrap), std::string("a/b")}) {
    auto refused = tokens->create({name, Role::viewer, {}}, kBootstrap);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().field, "token.name");
  }
  EXPECT_EQ(tokens->create({"b", Role::viewer, Duration(-1)}, kBootstrap).error().field, "token.expiresInSeconds");
  EXPECT_TRUE(tokens->create({"Team.ci-2_x", Role::viewer, {}}, kBootstrap));
}

TEST_F(TokensTest, ShowsTheLastUseAndStoresItNowAndThenOnly) {
  const std::string secret = make("ci");
  EXPECT_FALSE(tokens->all().front().last_used_at);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(tokens->who(secret));
    now += std::chrono::seconds(1);
  }
  EXPECT_EQ(tokens->all().front().last_used_at, now - std::chrono::seconds(1));
  EXPECT_EQ(store.uses_stored_, 1);
  now += std::chrono::minutes(5);
  tokens->who(secret);
  EXPECT_EQ(store.uses_stored_, 2);
  open();
  EXPECT_EQ(tokens->all().front().last_used_at, now);
}

}  // namespace
}  // namespace holdfast::access
