#include "aws/config_file.h"

#include <gtest/gtest.h>

#include "aws/words.h"

namespace holdfast::aws {
namespace {

std::string refusal(std::string_view text) {
  auto parsed = parse_config(text, "/home/a/.aws/config");
  return parsed ? "accepted" : parsed.error().message;
}

TEST(ConfigFile, ReadsSectionsValuesAndNestedOnes) {
  auto parsed = parse_config(
      "\xEF\xBB\xBF# comment\r\n[default]\r\nRegion = eu-central-1\n; another\n\n"
      "[profile \"my build\"]\naws_access_key_id:AK=1\ns3 =\n  max = 5\n  path=a=b\nregion=x # not a comment\n",
      "f");
  ASSERT_TRUE(parsed) << describe(parsed.error());
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ(parsed->at(0).values.at("region"), "eu-central-1");
  EXPECT_EQ(parsed->at(1).line, 6);
  EXPECT_EQ(parsed->at(1).values.at("aws_access_key_id"), "AK=1");
  EXPECT_EQ(parsed->at(1).nested.at("s3").at("path"), "a=b");
  EXPECT_EQ(parsed->at(1).values.at("region"), "x # not a comment");
}

TEST(ConfigFile, NamesFileAndLineOfWhatItRefusesAndNoSecret) {
  EXPECT_TRUE(refusal("key = 1\n").starts_with("/home/a/.aws/config:1: a line before the first section"))
      << refusal("key = 1\n");
  EXPECT_TRUE(
      refusal("[a]\nx=1\n\n[a]\n").starts_with("/home/a/.aws/config:4: section [a] is there already, in line 1"));
  EXPECT_TRUE(refusal("[a]\nx=1\nX = 2\n").starts_with("/home/a/.aws/config:3: key x is doubled"));
  EXPECT_TRUE(refusal("[a\nx=1\n").starts_with("/home/a/.aws/config:1: a section"));
  EXPECT_TRUE(refusal("[a]\nx=\n  y\n").starts_with("/home/a/.aws/config:3: below x ="));
  EXPECT_TRUE(refusal("[a]\n= 1\n").starts_with("/home/a/.aws/config:2: a value without a key"));
  EXPECT_TRUE(refusal("[a]\nx = \xff\n").starts_with("/home/a/.aws/config:2: this line is not UTF-8"));
  EXPECT_EQ(refusal("[a]\nwJalrXUtnFEMI\n").find("wJalr"), std::string::npos);
  EXPECT_NE(refusal(std::string(kLargestConfigFile + 1, '#')).find("larger than"), std::string::npos);
}

TEST(ConfigFile, ANullDeviceIsAnEmptyFile) {
  auto text = read_small_file("/dev/null", kLargestConfigFile);
  ASSERT_TRUE(text) << describe(text.error());
  EXPECT_EQ(*text, std::optional<std::string>(""));
  EXPECT_FALSE(read_small_file("/dev/zero", 1000));
  EXPECT_FALSE(read_small_file("/", 1000));
}

TEST(ConfigFile, TheCredentialsFileGoesFirstForTheSameProfile) {
  auto shared = SharedConfig::from_text(
      "[profile a]\naws_access_key_id=of-config\nregion=r\n[services s]\nec2=\n  endpoint_url=http://x\n",
      "[a]\naws_access_key_id=of-credentials\n");
  ASSERT_TRUE(shared) << describe(shared.error());
  const Profile* profile = shared->find("a");
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->get("aws_access_key_id"), "of-credentials");
  EXPECT_EQ(profile->get("region"), "r");
  EXPECT_EQ(profile->get("nothing"), std::nullopt);
  EXPECT_EQ(shared->service("s", "ec2")->at("endpoint_url"), "http://x");
  EXPECT_FALSE(shared->service("s", "sqs"));
  EXPECT_EQ(shared->find("profile a"), nullptr);
}

TEST(ConfigFile, AProfileThatIsNamedMustBeThere) {
  auto shared = SharedConfig::from_text("[default]\nregion=r\n", "");
  Environment environment;
  EXPECT_EQ(shared->chosen(environment)->get("region"), "r");
  environment.variables["AWS_PROFILE"] = "other";
  EXPECT_EQ(shared->chosen(environment).error().code, "ProfileNotFound");
  EXPECT_TRUE(SharedConfig::from_text("", "")->chosen(Environment()));
}

TEST(Words, AreCutAsAShellCutsThem) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(*split_words("a  'b c'\td\\ e \"f\\\"g\\h\" ''"), (Words{"a", "b c", "d e", "f\"g\\h", ""}));
  EXPECT_FALSE(split_words("a 'b"));
  EXPECT_FALSE(split_words("a \\"));
  EXPECT_TRUE(split_words("")->empty());
}

}  // namespace
}  // namespace holdfast::aws
