#include "cli/usual.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace holdfast::cli {
namespace {

namespace json = boost::json;

json::value replaced(int64_t saving) {
  return json::parse(R"({"phases":[{"phase":"saving","durationMilliseconds":)" + std::to_string(saving) + "}]}");
}

TEST(UsualTimes, AreTheMedianOfEnough) {
  json::array history = {replaced(100), replaced(9000)};
  EXPECT_EQ(UsualTimes(history).of("saving"), std::nullopt) << "two are no habit";
  history.push_back(replaced(300));
  EXPECT_EQ(UsualTimes(history).of("saving"), Duration(300));
  EXPECT_EQ(UsualTimes(history).of("launching"), std::nullopt);
}

TEST(UsualTimes, OfOddAnswersAreNone) {
  EXPECT_EQ(
      UsualTimes(json::array{json::value(nullptr), json::parse(R"({"phases":[7,{"phase":"saving"}]})")}).of("saving"),
      std::nullopt);
  EXPECT_EQ(UsualTimes().of("saving"), std::nullopt);
}

}  // namespace
}  // namespace holdfast::cli
