#include "aws/endpoint.h"

#include <gtest/gtest.h>

namespace holdfast::aws {
namespace {

struct Given {
  Environment environment;
  std::string config;

  Result<Endpoint> choose(const std::string& service, const std::string& region) const {
    auto shared = SharedConfig::from_text(config, "").value();
    const Profile profile = shared.chosen(environment).value();
    return choose_endpoint({environment, shared, profile}, service, region);
  }
  std::string url(const std::string& service, const std::string& region) const {
    auto endpoint = choose(service, region);
    return endpoint ? endpoint->url : endpoint.error().code;
  }
};

TEST(Endpoint, IsThePartitionsOwn) {
  const Given given;
  EXPECT_EQ(given.url("ec2", "eu-central-1"), "https://ec2.eu-central-1.amazonaws.com/");
  EXPECT_EQ(given.url("sqs", "cn-north-1"), "https://sqs.cn-north-1.amazonaws.com.cn/");
  EXPECT_EQ(given.url("sts", "us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com/");
  EXPECT_EQ(given.url("sts", ""), "https://sts.amazonaws.com/");
  EXPECT_EQ(given.choose("sts", "")->signing_region, "us-east-1");
  EXPECT_EQ(given.url("ec2", "local"), "InvalidRegion");
  EXPECT_EQ(given.url("ec2", "evil.example/-1"), "InvalidRegion");
}

TEST(Endpoint, TheNearestSettingWins) {
  Given given;
  given.config =
      "[default]\nendpoint_url = http://of-profile\nservices = mine\n[services mine]\nsqs =\n  endpoint_url = "
      "http://of-services:9\n";
  EXPECT_EQ(given.url("ec2", "local"), "http://of-profile/");
  EXPECT_EQ(given.url("sqs", "local"), "http://of-services:9/");
  given.environment.variables["AWS_ENDPOINT_URL"] = "http://of-all";
  EXPECT_EQ(given.url("sqs", "local"), "http://of-all/");
  given.environment.variables["AWS_ENDPOINT_URL_SQS"] = "https://Of-SQS:443/a/b";
  EXPECT_EQ(given.url("sqs", "local"), "https://of-sqs/a/b");
  EXPECT_EQ(given.url("ec2", "local"), "http://of-all/");
  EXPECT_EQ(given.choose("ec2", "local")->signing_region, "local");
  given.environment.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(given.url("sqs", "us-east-1"), "https://sqs.us-east-1.amazonaws.com/");
}

TEST(Endpoint, AWishForFipsIsNotLeftUnheard) {
  Given given;
  given.environment.variables["AWS_USE_FIPS_ENDPOINT"] = "true";
  EXPECT_EQ(given.url("ec2", "us-east-1"), "UnsupportedEndpoint");
  given.environment.variables["AWS_USE_FIPS_ENDPOINT"] = "false";
  given.config = "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
  EXPECT_EQ(given.url("ec2", "us-east-1"), "UnsupportedEndpoint");
  given.environment.variables["AWS_ENDPOINT_URL"] = "https://ec2-fips.us-east-1.amazonaws.com";
  EXPECT_EQ(given.url("ec2", "us-east-1"), "https://ec2-fips.us-east-1.amazonaws.com/");
}

TEST(Endpoint, RefusesWhatIsNoUrlAndNamesTheSetting) {
  for (const char* url :
       {"localhost:8080", "ftp://x", "http://", "http://a b", "http://u:p@host", "http://h:0", "http://h:99999",
        "http://h?x=1", "http://h/#f", "http://[::1", "http://h:8x", "http://[]:1", "http://a\r\nb"}) {
    auto endpoint = parse_endpoint(url, "r", "AWS_ENDPOINT_URL");
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().field, "AWS_ENDPOINT_URL");
    EXPECT_EQ(endpoint.error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(parse_endpoint("http://u:secret@host", "r").error().message.find("secret"), std::string::npos);
  EXPECT_EQ(parse_endpoint("http://[::1]:8773/x/", "r")->host, "[::1]:8773");
}

TEST(Region, IsTheFirstThatIsSaid) {
  Environment environment;
  Profile profile;
  EXPECT_EQ(choose_region(environment, profile, {}).error().code, "NoRegion");
  EXPECT_EQ(*choose_region(environment, profile, [] { return std::optional<std::string>("of-metadata"); }),
            "of-metadata");
  profile.config["region"] = "of-profile";
  EXPECT_EQ(*choose_region(environment, profile, {}), "of-profile");
  environment.variables["AWS_DEFAULT_REGION"] = "of-default";
  EXPECT_EQ(*choose_region(environment, profile, {}), "of-default");
  environment.variables["AWS_REGION"] = "local";
  EXPECT_EQ(*choose_region(environment, profile, {}), "local");
  environment.variables["AWS_REGION"] = "EU Central";
  EXPECT_EQ(choose_region(environment, profile, {}).error().field, "AWS_REGION");
}

}  // namespace
}  // namespace holdfast::aws
