// The check against endpoints that are not EC2: nothing with an effect is sent to one that does not know dry runs.
#include "aws/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "aws/local_server.h"
#include "ec2/query.h"

namespace holdfast::aws {
namespace {

constexpr char kWho[] =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn><Account>1</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>";

struct Request {
  std::string action;
  bool dry_run = false;
};

Request request_of(const Seen& seen) {
  if (seen.has("X-Amz-Target: ServiceQuotasV20190624.GetServiceQuota")) return {"GetServiceQuota", false};
  const auto form = ec2::Form::parse(seen.body).value();
  return {form.root().text("Action").value_or(""), form.root().text("DryRun") == "true"};
}

bool reads(const std::string& action) {
  return action.starts_with("Describe") || action.starts_with("Get");
}

Examination examine_at(const LocalServer& server) {
  SessionOptions options;
  options.environment.variables = {{"HOME", "/nonexistent"}};
  options.region = "local";
  options.endpoint_url = server.url("/");
  options.credentials = Credentials{{"AK", "secret", ""}, {}, "test"};
  options.retry.max_attempts = 1;
  auto session = Session::open(std::move(options)).value();
  CheckOptions check;
  check.features = {Feature::import, Feature::first_spot, Feature::elastic_ip, Feature::instance_profile};
  return examine(*session, check);
}

const Finding* find(const Examination& seen, const std::string& about) {
  auto found =
      std::find_if(seen.findings.begin(), seen.findings.end(), [&](const auto& one) { return one.about == about; });
  return found == seen.findings.end() ? nullptr : &*found;
}

std::string empty_answer(const std::string& action) {
  return "<" + action + "Response/>";
}

TEST(Check, SendsNothingWithAnEffectToWhoDoesNotKnowDryRuns) {
  LocalServer server([](int, const Seen& seen) {
    const Request request = request_of(seen);
    return request.action == "GetCallerIdentity" ? answer(200, kWho) : answer(200, empty_answer(request.action));
  });
  const Examination seen = examine_at(server);
  for (const Seen& one : server.seen()) EXPECT_TRUE(reads(request_of(one).action)) << request_of(one).action;
  ASSERT_NE(find(seen, "ec2:RunInstances"), nullptr);
  EXPECT_EQ(find(seen, "ec2:RunInstances")->verdict, Verdict::unsure);
  EXPECT_THAT(find(seen, "ec2:RunInstances")->detail, testing::HasSubstr("does not know dry runs"));
}

TEST(Check, StopsAtTheFirstEffectThatADryRunWasToHaveKeptAway) {
  LocalServer server([](int, const Seen& seen) {
    const Request request = request_of(seen);
    if (request.action == "GetCallerIdentity") return answer(200, kWho);
    if (request.dry_run && reads(request.action)) return answer(412, ec2::encode_error("DryRunOperation", "x", "r"));
    return answer(200, empty_answer(request.action));
  });
  const Examination seen = examine_at(server);
  const auto all = server.seen();
  const auto effects =
      std::count_if(all.begin(), all.end(), [](const Seen& one) { return !reads(request_of(one).action); });
  EXPECT_EQ(effects, 1);
  EXPECT_FALSE(seen.complete());
}

TEST(Check, AsksForEveryActionOfThePolicyAndForEffectsByDryRunsOnly) {
  LocalServer server([](int, const Seen& seen) {
    const Request request = request_of(seen);
    if (request.action == "GetCallerIdentity") return answer(200, kWho);
    if (request.dry_run) return answer(412, ec2::encode_error("DryRunOperation", "x", "r"));
    return answer(200, empty_answer(request.action));
  });
  const Examination seen = examine_at(server);
  for (const Seen& one : server.seen()) {
    const Request request = request_of(one);
    EXPECT_TRUE(request.dry_run || reads(request.action)) << request.action;
  }
  PolicyOptions policy;
  policy.features = {Feature::import, Feature::first_spot, Feature::elastic_ip, Feature::instance_profile};
  for (const std::string& action : policy_actions(policy)) EXPECT_NE(find(seen, action), nullptr) << action;
  EXPECT_EQ(find(seen, "ec2:TerminateInstances")->verdict, Verdict::ok);
}

TEST(Check, NamesTheRoleThatAnAccountWithoutSpotInstancesLacks) {
  LocalServer server([](int, const Seen& seen) {
    const Request request = request_of(seen);
    if (request.action == "GetCallerIdentity") return answer(200, kWho);
    const bool spot = request.action == "RunInstances";
    const std::string code = spot ? "AuthFailure.ServiceLinkedRoleCreationNotPermitted" : "DryRunOperation";
    if (request.dry_run) return answer(spot ? 403 : 412, ec2::encode_error(code, "x", "r"));
    return answer(200, empty_answer(request.action));
  });
  const Examination seen = examine_at(server);
  EXPECT_EQ(find(seen, "ec2:RunInstances")->verdict, Verdict::missing);
  EXPECT_THAT(find(seen, "ec2:RunInstances")->remedy, testing::HasSubstr("create-service-linked-role"));
}

// Under the policy itself EC2 refuses what is not ours: no reason to call it missing.
TEST(Check, ARefusalOverAThingThatIsNotThereProvesNothing) {
  LocalServer server([](int, const Seen& seen) {
    const Request request = request_of(seen);
    if (request.action == "GetCallerIdentity") return answer(200, kWho);
    if (request.dry_run) return answer(403, ec2::encode_error("UnauthorizedOperation", "x", "r"));
    return answer(200, empty_answer(request.action));
  });
  const Examination seen = examine_at(server);
  EXPECT_EQ(find(seen, "ec2:TerminateInstances")->verdict, Verdict::unsure);
  EXPECT_EQ(find(seen, "ec2:RunInstances")->verdict, Verdict::missing);
  EXPECT_EQ(find(seen, "ec2:DescribeInstances")->verdict, Verdict::missing);
  EXPECT_EQ(find(seen, "subnets")->verdict, Verdict::missing);
}

TEST(Check, TellsHowManyMachinesTheAccountMayHave) {
  LocalServer server([](int, const Seen& seen) {
    const Request request = request_of(seen);
    if (request.action == "GetCallerIdentity") return answer(200, kWho);
    if (request.action == "GetServiceQuota") {
      EXPECT_TRUE(seen.has("application/x-amz-json-1.1") && seen.has("/servicequotas/aws4_request")) << seen.head;
      EXPECT_TRUE(seen.has(R"("ServiceCode":"ec2")")) << seen.body;
      return answer(200, seen.has("L-34B43A08") ? R"({"Quota":{"Value":0.0}})" : R"({"Quota":{"Value":256.0}})");
    }
    if (request.dry_run) return answer(412, ec2::encode_error("DryRunOperation", "x", "r"));
    return answer(200, empty_answer(request.action));
  });
  const Examination seen = examine_at(server);
  EXPECT_EQ(find(seen, "spot quota")->verdict, Verdict::missing);
  EXPECT_THAT(find(seen, "spot quota")->remedy, testing::HasSubstr("request-service-quota-increase"));
  EXPECT_EQ(find(seen, "on-demand quota")->verdict, Verdict::ok);
  EXPECT_THAT(find(seen, "on-demand quota")->detail, testing::HasSubstr("256 vCPUs"));
}

// Whatever it answers, it is no reason to call anything missing.
TEST(Check, AQuotaThatCannotBeLearnedIsUnsure) {
  for (const char* said : {"", "{", "[]", R"({"Quota":[]})", R"({"Quota":{"Value":"many"}})"}) {
    LocalServer server([said](int, const Seen& seen) {
      const Request request = request_of(seen);
      if (request.action == "GetCallerIdentity") return answer(200, kWho);
      if (request.action == "GetServiceQuota") return answer(200, said);
      if (request.dry_run) return answer(412, ec2::encode_error("DryRunOperation", "x", "r"));
      return answer(200, empty_answer(request.action));
    });
    EXPECT_EQ(find(examine_at(server), "spot quota")->verdict, Verdict::unsure) << said;
  }
}

}  // namespace
}  // namespace holdfast::aws
