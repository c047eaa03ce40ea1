// Each source of keys against a server or a program in its place, and what is said when one is set up wrongly.
#include "aws/credentials_chain.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "aws/instance_metadata.h"
#include "aws/local_server.h"
#include "ec2/codec.h"
#include "ec2/query.h"

namespace holdfast::aws {
namespace {

const Time kNow = from_iso("2026-11-24T12:00:00Z").value();

std::string keys_json(const std::string& access) {
  return fmt::format(
      R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"s3cr3t","Token":"tok","Expiration":"2026-11-24T13:00:00Z"}})",
      access);
}

// A server of everything: STS under POST, the metadata service, a container's agent. Keys of STS are named after the
// role and who asked: "admin<BASE".
Reply cloud(const Seen& seen) {
  const auto line = seen.head.substr(0, seen.head.find("\r\n"));
  if (line.starts_with("POST /sts")) {
    auto form = ec2::Form::parse(seen.body).value();
    const std::string action = *form.root().text("Action");
    const size_t at = seen.head.find("Credential=");
    std::string who = at == std::string::npos ? "web:" + form.root().text("WebIdentityToken").value_or("?")
                                              : seen.head.substr(at + 11, seen.head.find('/', at) - at - 11);
    std::string role = form.root().text("RoleArn").value_or("?");
    role = role.substr(role.rfind('/') + 1);
    if (role == "forbidden")
      return answer(403,
                    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</"
                    "RequestId></ErrorResponse>");
    return answer(
        200,
        fmt::format("<{0}Response "
                    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result><Credentials><AccessKeyId>{1}-{2}"
                    "</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"
                    "2026-11-24T13:00:00Z</Expiration></Credentials></{0}Result></{0}Response>",
                    action, role, who));
  }
  if (line.starts_with("PUT /latest/api/token")) return answer(200, "imds-token");
  if (line.starts_with("GET /latest/") && !seen.has("x-aws-ec2-metadata-token: imds-token") &&
      !seen.has("X-aws-ec2-metadata-token: imds-token"))
    return answer(401, "");
  if (line.starts_with("GET /latest/meta-data/iam/security-credentials/ ")) return answer(200, "the-role");
  if (line.starts_with("GET /latest/meta-data/iam/security-credentials/the-role "))
    return answer(200, keys_json("INSTANCE"));
  if (line.starts_with("GET /latest/meta-data/placement/region ")) return answer(200, "eu-central-1");
  if (line.starts_with("GET /container?id=7 "))
    return seen.has("Authorization: pass") ? answer(200, keys_json("CONTAINER")) : answer(401, "{}");
  return answer(404, "");
}

class Chain : public testing::Test {
 protected:
  Chain() {
    char pattern[] = "/tmp/holdfast-chain-XXXXXX";
    home_ = mkdtemp(pattern);
    std::filesystem::create_directory(home_ / ".aws");
    environment_.variables = {{"HOME", home_.string()},
                              {"PATH", "/usr/bin:/bin"},
                              {"AWS_REGION", "local"},
                              {"AWS_ENDPOINT_URL_STS", server_.url("/sts")},
                              {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~Chain() override { std::filesystem::remove_all(home_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(home_ / name) << text; }
  void config(const std::string& text) { write(".aws/config", text); }
  void set(const std::string& name, const std::string& value) { environment_.variables[name] = value; }
  void use_metadata() {
    environment_.variables.erase("AWS_EC2_METADATA_DISABLED");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_.url("/"));
  }
  Result<Credentials> find(std::stop_token stop = {}) {
    CredentialsChain::Options options;
    options.environment = environment_;
    options.container_host = server_.url();
    options.retry.base = std::chrono::milliseconds(1);
    return CredentialsChain(options, *http_, [] { return kNow; }).find(stop);
  }
  std::string found() {
    auto credentials = find();
    return credentials ? credentials->key.access_key : credentials.error().code + ": " + credentials.error().message;
  }

  LocalServer server_{[](int, const Seen& seen) { return cloud(seen); }};
  std::unique_ptr<HttpClient> http_ = HttpClient::start({}).value();
  std::filesystem::path home_;
  Environment environment_;
};

TEST_F(Chain, TheEnvironmentGoesFirstAndNeedsBothKeys) {
  set("AWS_ACCESS_KEY_ID", "ENV");
  EXPECT_TRUE(found().starts_with("PartialCredentials")) << found();
  set("AWS_SECRET_ACCESS_KEY", "s3cr3t");
  set("AWS_PROFILE", "nowhere");
  config("[broken");
  EXPECT_EQ(found(), "ENV");
  set("AWS_SECRET_ACCESS_KEY", "s3cr3t\nX-Evil: 1");
  EXPECT_TRUE(found().starts_with("InvalidCredentials")) << found();
  EXPECT_EQ(found().find("s3cr3t"), std::string::npos);
}

TEST_F(Chain, ProfilesOfBothFiles) {
  write(".aws/credentials",
        "[default]\naws_access_key_id = CRED\naws_secret_access_key = s\naws_session_token = "
        "t\n[half]\naws_access_key_id = A\n");
  config(
      "[default]\naws_access_key_id = CONF\naws_secret_access_key = s\n[profile other]\naws_access_key_id = "
      "OTHER\naws_secret_access_key = s\n");
  EXPECT_EQ(found(), "CRED");
  EXPECT_EQ(find()->key.session_token, "t");
  EXPECT_EQ(find()->expires, std::nullopt);
  set("AWS_PROFILE", "other");
  EXPECT_EQ(found(), "OTHER");
  set("AWS_PROFILE", "half");
  EXPECT_TRUE(found().starts_with("PartialCredentials")) << found();
  set("AWS_PROFILE", "nowhere");
  EXPECT_TRUE(found().starts_with("ProfileNotFound")) << found();
}

TEST_F(Chain, ARoleByWayOfOtherProfiles) {
  config(
      "[profile a]\nrole_arn = arn:aws:iam::1:role/ra\nsource_profile = b\nexternal_id = ext\nduration_seconds = 1800\n"
      "role_session_name = me\n[profile b]\nrole_arn = arn:aws:iam::1:role/rb\nsource_profile = c\n");
  write(".aws/credentials", "[c]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  set("AWS_PROFILE", "a");
  EXPECT_EQ(found(), "ra-rb-BASE");
  EXPECT_EQ(to_iso(*find()->expires), "2026-11-24T13:00:00.000Z");
  const Seen last = server_.seen().at(1);
  EXPECT_TRUE(last.has("ExternalId=ext"));
  EXPECT_TRUE(last.has("DurationSeconds=1800"));
  EXPECT_TRUE(last.has("RoleSessionName=me"));
  EXPECT_TRUE(last.has("/local/sts/aws4_request"));
}

TEST_F(Chain, AProfileMayAskWithItsOwnKeysButCirclesAreRefused) {
  config(
      "[profile self]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = self\naws_access_key_id = "
      "OWN\naws_secret_access_key = s\n"
      "[profile x]\nrole_arn = a/x\nsource_profile = y\n[profile y]\nrole_arn = a/y\nsource_profile = x\n"
      "[profile z]\nrole_arn = a/z\nsource_profile = z\n[profile lost]\nrole_arn = a/l\nsource_profile = nobody\n");
  set("AWS_PROFILE", "self");
  EXPECT_EQ(found(), "r-OWN");
  set("AWS_PROFILE", "x");
  EXPECT_EQ(found(), "InvalidProfile: profile 'y': source_profile leads in a circle: x -> y -> x");
  set("AWS_PROFILE", "z");
  EXPECT_TRUE(found().starts_with("InvalidProfile: profile 'z': source_profile leads in a circle")) << found();
  set("AWS_PROFILE", "lost");
  EXPECT_TRUE(found().starts_with("InvalidProfile: profile 'nobody'")) << found();
}

TEST_F(Chain, ACredentialSourceIsOneOfThree) {
  config(
      "[profile e]\nrole_arn = a/e\ncredential_source = Environment\n[profile m]\nrole_arn = a/m\ncredential_source = "
      "Ec2InstanceMetadata\n"
      "[profile c]\nrole_arn = a/c\ncredential_source = EcsContainer\n[profile q]\nrole_arn = a/q\ncredential_source = "
      "Moon\n"
      "[profile two]\nrole_arn = a/t\ncredential_source = Environment\nsource_profile = e\n[profile none]\nrole_arn = "
      "a/n\n");
  set("AWS_PROFILE", "e");
  EXPECT_TRUE(found().find("credential_source Environment has no credentials") != std::string::npos) << found();
  use_metadata();
  set("AWS_PROFILE", "m");
  EXPECT_EQ(found(), "m-INSTANCE");
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/container?id=7");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "pass");
  set("AWS_PROFILE", "c");
  EXPECT_EQ(found(), "c-CONTAINER");
  for (const char* name : {"q", "two", "none"}) {
    set("AWS_PROFILE", name);
    EXPECT_TRUE(found().starts_with("InvalidProfile")) << found();
  }
}

TEST_F(Chain, WhatNeedsAPersonSaysSo) {
  config(
      "[profile s]\nsso_session = corp\nsso_account_id = 1\n[profile m]\nrole_arn = a/m\nsource_profile = "
      "s\nmfa_serial = arn:mfa\n"
      "[profile r]\nrole_arn = a/r\nsource_profile = s\n");
  set("AWS_PROFILE", "s");
  EXPECT_NE(found().find("SSO"), std::string::npos) << found();
  EXPECT_NE(found().find("export-credentials --profile s"), std::string::npos) << found();
  set("AWS_PROFILE", "r");
  EXPECT_NE(found().find("SSO"), std::string::npos) << found();
  set("AWS_PROFILE", "m");
  EXPECT_NE(found().find("mfa_serial"), std::string::npos) << found();
}

TEST_F(Chain, AWebIdentityIsReadAnewEachTimeAndNotSigned) {
  write("token", "jwt-1\n");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", (home_ / "token").string());
  EXPECT_TRUE(found().starts_with("InvalidProfile")) << found();
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod");
  EXPECT_EQ(found(), "pod-web:jwt-1");
  write("token", "jwt-2");
  EXPECT_EQ(found(), "pod-web:jwt-2");
  EXPECT_FALSE(server_.seen().back().has("Authorization"));
  std::filesystem::remove(home_ / "token");
  EXPECT_TRUE(found().starts_with("NoWebIdentityToken")) << found();
}

TEST_F(Chain, AWebIdentityOfAProfileMayBeASource) {
  write("token", "jwt");
  config(fmt::format(
      "[profile w]\nrole_arn = a/w\nweb_identity_token_file = {}\n[profile a]\nrole_arn = a/top\nsource_profile = w\n",
      (home_ / "token").string()));
  set("AWS_PROFILE", "a");
  EXPECT_EQ(found(), "top-w-web:jwt");
}

TEST_F(Chain, ADeniedRoleIsTheAnswer) {
  use_metadata();
  config("[default]\nrole_arn = a/forbidden\ncredential_source = Ec2InstanceMetadata\n");
  auto credentials = find();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::denied);
  EXPECT_EQ(credentials.error().message, "AssumeRole: no (request id r)");
}

TEST_F(Chain, AProcessIsRunWithoutAShellAndItsOutputStaysUnsaid) {
  write("keys", R"({"Version":1,"AccessKeyId":"PROC","SecretAccessKey":"s3cr3t"})");
  config(fmt::format("[default]\ncredential_process = /bin/cat \"{}\"\n", (home_ / "keys").string()));
  EXPECT_EQ(found(), "PROC");
  for (const char* line :
       {"/bin/false", "/nonexistent/program x", "/bin/echo s3cr3t", "/bin/sh -c 'kill -9 $$'", "'open"}) {
    config(fmt::format("[default]\ncredential_process = {}\n", line));
    auto credentials = find();
    ASSERT_FALSE(credentials) << line;
    EXPECT_EQ(credentials.error().message.find("s3cr3t"), std::string::npos);
  }
  config("[default]\ncredential_process = /bin/sh -c 'yes | head -c 1000000'\n");
  EXPECT_NE(found().find("more than credentials"), std::string::npos) << found();
}

TEST_F(Chain, AProcessThatDoesNotEndIsEnded) {
  write("hang", "#!/bin/sh\necho $$ > " + (home_ / "pid").string() + "\nsleep 1000\n");
  chmod((home_ / "hang").c_str(), 0755);
  config(fmt::format("[default]\ncredential_process = {}\n", (home_ / "hang").string()));
  std::stop_source stop;
  std::thread ender([&] {
    while (!std::filesystem::exists(home_ / "pid")) std::this_thread::yield();
    stop.request_stop();
  });
  auto credentials = find(stop.get_token());
  ender.join();
  ASSERT_FALSE(credentials);
  EXPECT_NE(credentials.error().message.find("did not end in time"), std::string::npos)
      << describe(credentials.error());
}

TEST_F(Chain, AContainersTokenGoesOnlyWhereItMay) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server_.url("/container?id=7"));
  EXPECT_TRUE(found().starts_with("ContainerRefused")) << found();
  write("token", "pass\n");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", (home_ / "token").string());
  EXPECT_EQ(found(), "CONTAINER");
  for (const char* url :
       {"http://example.com/x", "http://127.evil.example/x", "http://169.254.170.2.example/", "nonsense"}) {
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_TRUE(found().starts_with("InvalidEndpoint")) << found();
  }
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/");
  EXPECT_TRUE(found().starts_with("InvalidEndpoint")) << found();
}

TEST_F(Chain, TheInstancesRoleIsTheLast) {
  EXPECT_TRUE(found().starts_with("NoCredentials")) << found();
  use_metadata();
  EXPECT_EQ(found(), "INSTANCE");
  auto metadata = InstanceMetadata::open(*http_, environment_, Profile());
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->region({}), "eu-central-1");
  EXPECT_EQ(metadata->get("meta-data/nothing", {}).error().kind, ErrorKind::not_found);
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
  EXPECT_TRUE(found().starts_with("NoCredentials")) << found();
}

TEST(Metadata, ATokenThatExpiredIsFetchedAnewAndExpiredKeysLiveOn) {
  int tokens = 0;
  LocalServer server([&](int, const Seen& seen) {
    if (seen.head.starts_with("PUT")) return answer(200, "t" + std::to_string(++tokens));
    if (seen.has("token: t1") && seen.has("second")) return answer(401, "");
    if (seen.has("security-credentials/ ")) return answer(200, "role");
    return answer(200,
                  R"({"AccessKeyId":"OLD","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-24T11:59:00Z"})");
  });
  auto http = HttpClient::start({}).value();
  Environment environment;
  environment.variables = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}};
  auto metadata = InstanceMetadata::open(*http, environment, Profile()).value();
  ASSERT_TRUE(metadata.get("first", {}));
  ASSERT_TRUE(metadata.get("second", {}));
  EXPECT_EQ(tokens, 2);
  auto credentials = metadata.credentials([] { return kNow; }, {});
  ASSERT_TRUE(credentials && *credentials);
  EXPECT_GT(*(*credentials)->expires, kNow);
  environment.variables["AWS_METADATA_SERVICE_TIMEOUT"] = "never";
  EXPECT_EQ(InstanceMetadata::open(*http, environment, Profile()).error().field, "AWS_METADATA_SERVICE_TIMEOUT");
}

}  // namespace
}  // namespace holdfast::aws
