// Rows found by a value of theirs: as of the last commit, whatever was changed, taken back or removed since.
#include "cloud/table.h"

#include <gtest/gtest.h>

namespace holdfast::cloud {
namespace {

struct Row {
  std::string colour;
};

struct TableIndex : testing::Test {
  TableIndex() {
    table.put("a", {"red"});
    table.put("b", {"red"});
    table.put("c", {"blue"});
    table.commit();
  }
  std::vector<std::string> with(const std::string& colour) {
    const auto* keys = table.with("colour", colour, [](const Row& row) { return std::vector{row.colour}; });
    return keys == nullptr ? std::vector<std::string>() : std::vector<std::string>(keys->begin(), keys->end());
  }
  using Keys = std::vector<std::string>;
  Table<std::string, Row> table;
};

TEST_F(TableIndex, FollowsWhatIsPutChangedAndErased) {
  EXPECT_EQ(with("red"), (Keys{"a", "b"}));
  EXPECT_EQ(with("green"), Keys());
  table.edit("a").colour = "green";
  table.erase("b");
  table.put("d", {"green"});
  EXPECT_EQ(with("red"), (Keys{"a", "b"})) << "nothing is committed yet";
  table.commit();
  EXPECT_EQ(with("red"), Keys());
  EXPECT_EQ(with("green"), (Keys{"a", "d"}));
  EXPECT_EQ(with("blue"), Keys{"c"});
}

TEST_F(TableIndex, KnowsNothingOfWhatWasRolledBack) {
  EXPECT_EQ(with("red"), (Keys{"a", "b"}));
  table.edit("a").colour = "green";
  table.put("d", {"red"});
  table.rollback();
  table.commit();
  EXPECT_EQ(with("red"), (Keys{"a", "b"}));
  EXPECT_EQ(with("green"), Keys());
}

TEST_F(TableIndex, FirstAskedForWithinATransactionItIsOfWhatWasCommitted) {
  table.edit("a").colour = "green";
  table.erase("b");
  table.put("d", {"red"});
  EXPECT_EQ(with("red"), (Keys{"a", "b"}));
  table.commit();
  EXPECT_EQ(with("red"), Keys{"d"});
}

}  // namespace
}  // namespace holdfast::cloud
