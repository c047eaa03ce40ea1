// The policy as IAM would read it. That it is enough, and no more than enough, is tests/inprocess/policy_test's.
#include "aws/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "ec2/codec.h"

namespace holdfast::aws {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr size_t kMostActions = 40;

PolicyOptions everything() {
  PolicyOptions options;
  options.features = {Feature::import, Feature::first_spot, Feature::elastic_ip, Feature::instance_profile};
  options.region = "eu-central-1";
  options.account = "123456789012";
  options.queue = "holdfast-events";
  return options;
}

boost::json::array statements_of(const PolicyOptions& options) {
  auto text = policy(options);
  EXPECT_TRUE(text) << describe(text.error());
  if (!text) return {};
  return boost::json::parse(*text).as_object().at("Statement").as_array();
}

template <class Variant, size_t... I>
bool has_action(std::string_view action, std::index_sequence<I...>) {
  return ((std::variant_alternative_t<I, Variant>::kAction == action) || ...);
}
template <class Variant>
bool has_action(std::string_view action) {
  return has_action<Variant>(action, std::make_index_sequence<std::variant_size_v<Variant>>());
}

TEST(Policy, IsOneThatIamTakes) {
  const std::string text = policy(everything()).value();
  EXPECT_EQ(boost::json::parse(text).at("Version").as_string(), "2012-10-17");
  EXPECT_LE(policy_size(text), kMostOfAnInlinePolicy);
  for (Feature feature : everything().features) {
    PolicyOptions one = everything();
    one.features = {feature};
    EXPECT_LE(policy_size(policy(one).value()), kMostOfAManagedPolicy);
  }
  std::set<std::string> ids;
  for (const auto& statement : statements_of(everything())) {
    EXPECT_EQ(statement.at("Effect").as_string(), "Allow");
    EXPECT_TRUE(ids.insert(std::string(statement.at("Sid").as_string())).second) << statement;
  }
}

TEST(Policy, HasFewActionsAndOnlyKnownOnes) {
  const auto actions = policy_actions(everything());
  EXPECT_LE(actions.size(), kMostActions);
  for (const std::string& action : actions) {
    SCOPED_TRACE(action);
    EXPECT_EQ(action.find('*'), std::string::npos);
    if (!action.starts_with("ec2:")) {
      EXPECT_FALSE(reason_beyond_the_service(action).empty());
      continue;
    }
    const std::string name = action.substr(4);
    EXPECT_TRUE(has_action<ec2::Request>(name) || has_action<ec2::FurtherRequest>(name));
  }
}

// Without the import, nothing that exists can be changed or deleted unless it is ours, but for a tag that says so.
TEST(Policy, LimitsWhatChangesThingsToOurs) {
  PolicyOptions options = everything();
  options.features.erase(Feature::import);
  const std::set<std::string> from_theirs = {"LaunchFrom",         "MakeFrom",   "Register",
                                             "KeepWhatIsAttached", "ReadEvents", "MakeSpotRole",
                                             "AddressLook",        "Address",    "PassRole"};
  for (const auto& statement : statements_of(options)) {
    const std::string id(statement.at("Sid").as_string());
    if (id == "Look" || from_theirs.contains(id)) continue;
    const auto* condition = statement.as_object().if_contains("Condition");
    ASSERT_NE(condition, nullptr) << id;
    EXPECT_THAT(boost::json::serialize(*condition), HasSubstr("/holdfast:managed-instance\":\"smi-*\"")) << id;
  }
  EXPECT_THAT(policy_actions(options), Not(Contains("ec2:CreateSnapshots")));
}

TEST(Policy, NamesRegionAccountAndQueue) {
  const std::string text = policy(everything()).value();
  EXPECT_THAT(text, HasSubstr("arn:aws:ec2:eu-central-1:123456789012:instance/*"));
  EXPECT_THAT(text, HasSubstr("arn:aws:ec2:eu-central-1::image/*"));
  EXPECT_THAT(text, HasSubstr("arn:aws:sqs:eu-central-1:123456789012:holdfast-events"));
  PolicyOptions elsewhere = everything();
  elsewhere.region = "cn-north-1";
  EXPECT_THAT(policy(elsewhere).value(), HasSubstr("arn:aws-cn:ec2:cn-north-1:"));
  for (const char* queue :
       {"https://sqs.eu-west-1.amazonaws.com/210987654321/other", "arn:aws:sqs:eu-west-1:210987654321:other"}) {
    elsewhere.queue = queue;
    EXPECT_THAT(policy(elsewhere).value(), HasSubstr("arn:aws:sqs:eu-west-1:210987654321:other"));
  }
}

TEST(Policy, SaysNothingOfWhatIsNotUsed) {
  const std::string text = policy({}).value();
  for (const char* unused : {"sqs:", "iam:", "Import", "Address"}) EXPECT_THAT(text, Not(HasSubstr(unused)));
}

TEST(Policy, RefusesWhatIsNoRegionAccountQueueOrFeature) {
  const auto field_of = [](auto change) {
    PolicyOptions options = everything();
    change(options);
    auto refused = policy(options);
    return refused ? std::string("taken") : refused.error().field;
  };
  EXPECT_EQ(field_of([](auto& o) { o.region = "eu central"; }), "--region");
  EXPECT_EQ(field_of([](auto& o) { o.account = "12345"; }), "--account");
  EXPECT_EQ(field_of([](auto& o) { o.queue = "a\"b"; }), "--queue");
  EXPECT_EQ(field_of([](auto& o) { o.queue = "https://example.com/q"; }), "--queue");
  EXPECT_EQ(read_feature("imports").error().field, "--features");
  for (const std::string& name : feature_names()) EXPECT_TRUE(read_feature(name));
}

}  // namespace
}  // namespace holdfast::aws
