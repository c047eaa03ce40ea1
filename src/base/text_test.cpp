#include "base/text.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Quoted, IsCutBetweenCharactersAndFitToBeShown) {
  EXPECT_EQ(quoted("plain ü"), "plain ü");
  EXPECT_EQ(quoted("12345678", 5), "12345…");
  EXPECT_EQ(quoted("abcdü", 5), "abcd…");  // two bytes, cut in the middle
  EXPECT_EQ(quoted("abcü", 5), "abcü");
  EXPECT_EQ(quoted("a中b", 3), "a…");
  EXPECT_EQ(quoted("a\x1b[2J\n"), "a?[2J?");
  EXPECT_EQ(quoted("a\xff\xc3"), "a??");
  EXPECT_EQ(quoted("", 0), "");
  for (size_t most = 0; most < 20; ++most) EXPECT_TRUE(is_utf8(quoted("é中😀\xf0\x9f\x98é中😀", most)));
}

}  // namespace
}  // namespace holdfast
