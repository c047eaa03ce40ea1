#include "cloud/linux/network/network.h"

#include <gtest/gtest.h>

#include "cloud/linux/network/addresses.h"
#include "cloud/linux/network/packet_filter.h"

namespace holdfast::cloud::linux_ {
namespace {

TEST(Network, NamesFitTheKernelAndTellCloudsApart) {
  const CloudNames one("/var/lib/one");
  const CloudNames two("/var/lib/two");
  EXPECT_EQ(one.bridge(SubnetId("subnet-1")).size(), 15u);
  EXPECT_EQ(one.link(InterfaceId("eni-1")).size(), 15u);
  EXPECT_NE(one.key(), two.key());
  EXPECT_NE(one.bridge(SubnetId("subnet-1")), one.bridge(SubnetId("subnet-2")));
  EXPECT_EQ(one.bridge(SubnetId("subnet-1")), CloudNames("/var/lib/one").bridge(SubnetId("subnet-1")));
  EXPECT_TRUE(one.bridge(SubnetId("subnet-1")).starts_with(one.bridge_prefix()));
}

TEST(Network, KnowsItsAddresses) {
  const auto block = parse_block("10.31.16.0/20");
  ASSERT_TRUE(block.has_value());
  EXPECT_EQ(address_text(block->first_host()), "10.31.16.1");
  EXPECT_TRUE(block->contains(*parse_address("10.31.31.255")));
  EXPECT_FALSE(block->contains(*parse_address("10.31.32.0")));
  EXPECT_TRUE(block->overlaps(*parse_block("10.0.0.0/8")));
  for (const char* bad : {"10.31.0.0", "10.31.0.0/33", "10.31.0/20", "a/20", "10.31.0.0/-1", ""}) {
    EXPECT_FALSE(parse_block(bad).has_value()) << bad;
  }
  EXPECT_FALSE(parse_mac("06:00:00:00:00").has_value());
  EXPECT_FALSE(parse_mac("06:00:00:00:00:0g").has_value());
  EXPECT_TRUE(parse_mac(mac_of_name("anything")).has_value());
}

TEST(Network, FilterLetsOutOnlySubnetsThatMay) {
  FilterRules rules{"holdfast_abcde", "hfabcdeb", {}, {}};
  EXPECT_EQ(filter_text(rules).find("masquerade"), std::string::npos);
  rules.outside = {{"hfabcdeb1234567", "10.31.0.0/20"}};
  rules.guarded_uplink = "eth0";
  const std::string text = filter_text(rules);
  EXPECT_NE(text.find("ip saddr 10.31.0.0/20 oifname != \"hf*\" masquerade"), std::string::npos) << text;
  EXPECT_NE(text.find("iifname \"hfabcdeb1234567\" accept"), std::string::npos) << text;
  EXPECT_NE(text.find("iifname \"eth0\" oifname != \"hf*\" drop"), std::string::npos) << text;
}

}  // namespace
}  // namespace holdfast::cloud::linux_
