#include "cli/client_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace holdfast::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ClientSettings : public testing::Test {
 protected:
  ClientSettings() {
    for (const char* name : kNames) unsetenv(name);
  }
  ~ClientSettings() override {
    for (const char* name : kNames) unsetenv(name);
  }
  static constexpr const char* kNames[] = {"HOLDFAST_URL", "HOLDFAST_TOKEN", "HOLDFAST_TOKEN_FILE", "HOLDFAST_DATA_DIR",
                                           "HOLDFAST_CA_FILE"};
  std::string text() {
    std::istringstream in;
    std::ostringstream out;
    return settings_text(client_settings(options), options, Terminal{in, out, out});
  }
  Options options;
};

TEST_F(ClientSettings, AFlagBeatsTheEnvironmentWhichBeatsTheDefault) {
  EXPECT_EQ(url_of(options).from, "default");
  EXPECT_EQ(url_of(options).value, kDefaultUrl);
  setenv("HOLDFAST_URL", "http://there", 1);
  EXPECT_EQ(url_of(options).from, "environment HOLDFAST_URL");
  options.url = "http://here";
  EXPECT_EQ(url_of(options).from, "flag --url");
  EXPECT_EQ(url_of(options).value, "http://here");
}

TEST_F(ClientSettings, TheAuthoritiesFileIsTheFlagsOrTheEnvironments) {
  EXPECT_EQ(ca_file_of(options).value, "");
  setenv("HOLDFAST_CA_FILE", "/etc/ca.pem", 1);
  EXPECT_EQ(ca_file_of(options).value, "/etc/ca.pem");
  options.ca_file = "/srv/ca.pem";
  EXPECT_EQ(ca_file_of(options).from, "flag --ca-file");
}

TEST_F(ClientSettings, TheTokenIsTakenFromTheFirstPlaceThatIsNamed) {
  EXPECT_EQ(token_place(options).from, "default");
  setenv("HOLDFAST_DATA_DIR", "/srv/data", 1);
  EXPECT_EQ(token_place(options).file, "/srv/data/token");
  EXPECT_FALSE(token_place(options).must);
  setenv("HOLDFAST_TOKEN_FILE", "/srv/token", 1);
  EXPECT_EQ(token_place(options).file, "/srv/token");
  EXPECT_TRUE(token_place(options).must);
  setenv("HOLDFAST_TOKEN", "hush", 1);
  EXPECT_EQ(token_place(options).token, "hush");
  options.token_file = "/srv/given";
  EXPECT_EQ(token_place(options).token, "");
  EXPECT_EQ(token_place(options).from, "flag --token-file");
}

TEST_F(ClientSettings, TheTokenItselfIsNeverShown) {
  setenv("HOLDFAST_TOKEN", "hush", 1);
  EXPECT_THAT(text(), AllOf(HasSubstr("client.token"), HasSubstr("(hidden)"), HasSubstr("environment HOLDFAST_TOKEN"),
                            Not(HasSubstr("hush"))));
  options.format = "json";
  EXPECT_THAT(text(), AllOf(HasSubstr("\"(hidden)\""), Not(HasSubstr("hush"))));
  options.token_file = testing::TempDir() + "holdfast-cli-token";
  std::ofstream(options.token_file) << "hush\n";
  EXPECT_THAT(text(), AllOf(HasSubstr(options.token_file), Not(HasSubstr("hush"))));
  options.token_file = "/nowhere/token";
  EXPECT_THAT(text(), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace holdfast::cli
