// Settings from a file, the environment and flags: what beats what, and that nothing is taken in silence.
#include "daemon/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "daemon/substrate_choice.h"

namespace holdfast::daemon {
namespace {

using testing::HasSubstr;

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-settings-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& text) {
    std::ofstream(folder_ + "/config.yaml") << text;
    return folder_ + "/config.yaml";
  }
  static std::string faults(const model::Checked<Settings>& settings) {
    if (settings) return "";
    std::string text;
    for (const Error& error : settings.error().errors) text += error.field + " " + error.message + "\n";
    return text;
  }
  std::string folder_;
};

TEST_F(SettingsTest, TakesAFlagBeforeTheEnvironmentBeforeTheFile) {
  SettingSources sources;
  sources.file =
      file("listen: {port: 1001}\nlog: {level: debug}\ncloud:\n  outside: true\nsweep_interval_seconds: 5\n");
  sources.environment = {{"HOLDFAST_PORT", "1002"}, {"HOLDFAST_LOG_LEVEL", "warn"}};
  sources.flags = {{"--port", "1003"}};
  auto settings = read_settings(sources);
  ASSERT_TRUE(settings) << faults(settings);
  EXPECT_EQ(settings->port, 1003);
  EXPECT_EQ(settings->log_level, "warn");
  EXPECT_TRUE(settings->outside);
  EXPECT_EQ(settings->sweep_interval, std::chrono::seconds(5));
}

TEST_F(SettingsTest, TellsOfEachWhatItIsAndWhereItComesFrom) {
  SettingSources sources;
  sources.file =
      file("listen: {port: 1001}\ncloud: {secret_key: hush, access_key: AK}\ndeallocation_retention_hours: 5\n");
  sources.environment = {{"HOLDFAST_LOG_LEVEL", "warn"}, {"HOLDFAST_PORT", "1002"}};
  sources.flags = {{"--outside", "true"}};
  auto settings = effective_settings(sources);
  ASSERT_TRUE(settings);
  std::map<std::string, std::string> told;
  for (const Effective& one : *settings) told[one.path] = one.value + " by " + one.from;
  EXPECT_EQ(told["listen.port"], "1002 by environment HOLDFAST_PORT");
  EXPECT_EQ(told["log.level"], "warn by environment HOLDFAST_LOG_LEVEL");
  EXPECT_EQ(told["cloud.outside"], "true by flag --outside");
  EXPECT_EQ(told["cloud.ec2_port"], "1003 by default");
  EXPECT_EQ(told["cloud.secret_key"], "(hidden) by file " + *sources.file);
  EXPECT_EQ(told["cloud.access_key"], "AK by file " + *sources.file);
  EXPECT_EQ(told["deallocation_retention_hours"], "5 by file " + *sources.file);
  EXPECT_EQ(told["sweep_interval_seconds"], "60 by default");
  EXPECT_EQ(told.count("aws.region"), 0u) << "it has no meaning with the local cloud";
  sources.flags = {{"--port", "x"}};
  EXPECT_FALSE(effective_settings(sources));
}

TEST_F(SettingsTest, ACertificateAndItsKeyAreGivenTogether) {
  SettingSources sources;
  sources.flags = {{"--tls-certificate", "cert.pem"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("listen.tls_key is missing"));
  sources.flags = {{"--tls-key", "key.pem"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("listen.tls_certificate is missing"));
  sources.flags = {{"--tls-certificate", "cert.pem"}, {"--tls-key", "key.pem"}};
  EXPECT_EQ(read_settings(sources)->tls_key, std::filesystem::absolute("key.pem").string());
  sources.flags = {{"--tls-key", ""}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("is empty"));
}

TEST_F(SettingsTest, TheAccountIsTheLocalCloudsOrWhatIsSaid) {
  SettingSources sources;
  EXPECT_EQ(read_settings(sources)->account_id, "000000000000");
  sources.flags = {{"--provider", "aws"}};
  EXPECT_EQ(read_settings(sources)->account_id, "");
  sources.flags = {{"--account-id", "act-1234abcd"}};
  EXPECT_EQ(read_settings(sources)->account_id, "act-1234abcd");
  sources.flags = {{"--account-id", "a b"}};
  EXPECT_FALSE(read_settings(sources));
}

// The block of a first start is written down for good, so a bad one must be refused before that.
TEST_F(SettingsTest, ABlockThatTheHostUsesIsRefusedBeforeAFirstStartWritesItDown) {
  Settings settings;
  settings.data_dir = folder_;
  settings.substrate = "linux";
  settings.cidr = "127.0.0.0/16";
  auto refused = choose_cidr(settings);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidSubnet.Conflict");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  std::ofstream(folder_ + "/cloud.sqlite") << "";
  EXPECT_TRUE(choose_cidr(settings)) << "one that is there is held to what it has";
}

// What the cloud keeps free in its pool does not fit into one GiB: not even the image would.
TEST_F(SettingsTest, RefusesAPoolTooSmallForAnyMachine) {
  SettingSources sources;
  sources.flags = {{"--pool-size-gib", "1"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("whole number from 2"));
  sources.flags = {{"--pool-size-gib", "2"}};
  EXPECT_EQ(faults(read_settings(sources)), "");
}

TEST_F(SettingsTest, KnowsTheAccountsQuotaOfSnapshotsUnderWay) {
  SettingSources sources;
  sources.flags = {{"--provider", "aws"}};
  EXPECT_EQ(read_settings(sources)->snapshots_at_once, 100);
  sources.flags = {{"--provider", "aws"}, {"--snapshots-at-once", "250"}};
  EXPECT_EQ(read_settings(sources)->snapshots_at_once, 250);
  sources.flags = {{"--provider", "aws"}, {"--snapshots-at-once", "0"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("whole number from 1"));
  sources.flags = {{"--snapshots-at-once", "250"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("has no meaning with provider 'local'"));
}

TEST_F(SettingsTest, TellsEveryFaultAtOnceWithTheNearestKnownName) {
  SettingSources sources;
  sources.file = file("cloud: {substrat: linux, cidr: 10.31.0.1/16}\nlisten: {port: 70000}\n");
  sources.environment = {{"HOLDFAST_PROT", "1"}};
  sources.flags = {{"--log-format", "xml"}};
  auto text = faults(read_settings(sources));
  EXPECT_THAT(text, HasSubstr("did you mean 'cloud.substrate'"));
  EXPECT_THAT(text, HasSubstr("10.31.0.1/16"));
  EXPECT_THAT(text, HasSubstr("70000"));
  EXPECT_THAT(text, HasSubstr("did you mean 'HOLDFAST_PORT'"));
  EXPECT_THAT(text, HasSubstr("xml"));
}

TEST_F(SettingsTest, RefusesWhatHasNoMeaningWithTheOtherProvider) {
  SettingSources sources;
  sources.flags = {{"--provider", "aws"}, {"--substrate", "null"}, {"--region", "eu-central-1"}};
  EXPECT_EQ(faults(read_settings(sources)), "--substrate has no meaning with provider 'aws': leave it out.\n");
  sources.flags = {{"--region", "eu-central-1"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("--region has no meaning with provider 'local'"));
}

TEST_F(SettingsTest, PutsTheEndpointNextToTheApiUnlessToldOtherwise) {
  SettingSources sources;
  sources.flags = {{"--port", "9000"}};
  EXPECT_EQ(read_settings(sources)->ec2_port, 9001);
  sources.flags = {{"--port", "9000"}, {"--ec2-port", "0"}};
  EXPECT_EQ(read_settings(sources)->ec2_port, 0);
  sources.flags = {{"--port", "0"}};
  EXPECT_EQ(read_settings(sources)->ec2_port, 0);
}

TEST_F(SettingsTest, LeavesOtherProgramsVariablesAlone) {
  SettingSources sources;
  sources.environment = {{"HOLDFAST_TOKEN", "x"}, {"HOLDFAST_URL", "y"}, {"HOLDFAST_CRASH_KILLS", "50"}, {"PORT", "?"}};
  EXPECT_EQ(faults(read_settings(sources)), "");
}

TEST_F(SettingsTest, WantsBothKeysOfTheEndpointOrNone) {
  SettingSources sources;
  sources.environment = {{"HOLDFAST_SECRET_KEY", "a secret key of mine"}};
  EXPECT_THAT(faults(read_settings(sources)), HasSubstr("cloud.access_key is missing"));
  sources.environment["HOLDFAST_ACCESS_KEY"] = "MYKEY";
  EXPECT_EQ(faults(read_settings(sources)), "");
}

TEST_F(SettingsTest, HasNoProfileUnlessAskedFor) {
  SettingSources sources;
  auto usual = read_settings(sources);
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->latency, "none");
  EXPECT_FALSE(usual->throttling);
  EXPECT_EQ(usual->consistency_lag, Duration(0));
  sources.flags = {{"--latency", "mars"}, {"--throttling", "perhaps"}, {"--consistency-lag-milliseconds", "-1"}};
  EXPECT_THAT(faults(read_settings(sources)), testing::AllOf(HasSubstr("mars"), HasSubstr("perhaps"), HasSubstr("-1")));
}

TEST_F(SettingsTest, RefusesBrokenFilesWithTheLine) {
  for (auto [text, words] :
       std::vector<std::pair<std::string, std::string>>{{"listen: {port: 1\n", "line"},
                                                        {"data_dir: /a\ndata_dir: /b\n", "given twice"},
                                                        {"listen: [1, 2]\n", "line 1"},
                                                        {"- a\n", "name: value"}}) {
    SettingSources sources;
    sources.file = file(text);
    EXPECT_THAT(faults(read_settings(sources)), HasSubstr(words)) << text;
  }
  SettingSources missing;
  missing.file = folder_ + "/nothing.yaml";
  EXPECT_THAT(faults(read_settings(missing)), HasSubstr("nothing.yaml"));
}

TEST_F(SettingsTest, TakesEverySettingInTheFileUnderItsName) {
  for (const SettingName& name : setting_names()) {
    std::string text = name.path;
    if (size_t dot = text.find('.'); dot != std::string::npos)
      text = text.substr(0, dot) + ": {" + text.substr(dot + 1);
    text += ": [1]" + std::string(text.find('{') == std::string::npos ? "" : "}");
    SettingSources sources;
    sources.file = file(text + "\n");
    EXPECT_THAT(faults(read_settings(sources)), HasSubstr(name.path)) << text;  // known, and its value refused
  }
}

TEST(UsualDataDir, IsRootsOwnOrBelowTheUsersState) {
  EXPECT_EQ(usual_data_dir({{"HOME", "/home/a"}}, true), "/var/lib/holdfast");
  EXPECT_EQ(usual_data_dir({{"HOME", "/home/a"}}, false), "/home/a/.local/state/holdfast");
  EXPECT_EQ(usual_data_dir({{"HOME", "/home/a"}, {"XDG_STATE_HOME", "/state"}}, false), "/state/holdfast");
}

}  // namespace
}  // namespace holdfast::daemon
