#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "cli/difference.h"
#include "cli/json_view.h"
#include "cli/table.h"
#include "model/document.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Table, LinesItsColumnsUp) {
  Table table({"A", "NAME"});
  table.add({"1", "ü"});
  table.add({"12345", ""});
  EXPECT_EQ(table.text(0, false), "A      NAME\n1      ü\n12345  -\n");
}

TEST(Table, FitsTheTerminalByCuttingTheWidestColumn) {
  Table table({"A", "B"});
  table.add({"short", "a very long cell that does not fit"});
  EXPECT_EQ(table.text(20, false), "A      B\nshort  a very long …\n");
  EXPECT_NE(table.text(0, false).find("does not fit"), std::string::npos);
}

TEST(Table, LeavesTheLastColumnsOutOfATerminalTooNarrowForAll) {
  Table table({"ID", "NAME", "STATUS"});
  table.add({"smi-00000001", "postgres", "RECYCLING"});
  EXPECT_EQ(table.text(30, false), "ID            NAME     STATUS\nsmi-00000001  postgr…  RECYCL…\n");
  EXPECT_EQ(table.text(20, false), "ID            NAME\nsmi-00000001  postg…\n");
  EXPECT_EQ(table.text(3, false), "ID\nsmi-0…\n");
}

TEST(Table, ColoursStatesOnlyOnATerminal) {
  Table table({"STATUS", "X"});
  table.add({"ERROR", "y"});
  EXPECT_EQ(table.text(0, false).find('\033'), std::string::npos);
  EXPECT_THAT(table.text(0, true), HasSubstr("\033[31mERROR\033[0m   y"));
}

TEST(Table, KeepsControlCharactersOffTheTerminal) {
  Table table({"X"});
  table.add({"\033[2J\nx"});
  EXPECT_EQ(table.text(0, false), "X\n?[2J x\n");
}

TEST(Ago, IsReadAtOnce) {
  Time now = *from_iso("2026-11-24T04:00:00.000Z");
  EXPECT_EQ(ago("2026-11-24T03:57:00.000Z", now), "3 m ago");
  EXPECT_EQ(ago("2026-11-24T03:59:18.000Z", now), "42 s ago");
  EXPECT_EQ(ago("2026-11-28T04:00:00.000Z", now), "in 96 h");
  EXPECT_EQ(ago("2026-11-28T03:59:20.000Z", now), "in 96 h");
  EXPECT_EQ(ago("2026-11-27T05:00:00.000Z", now), "in 73 h");
  EXPECT_EQ(ago("2026-12-04T03:59:00.000Z", now), "in 10 d");
  EXPECT_EQ(ago("2026-11-24T06:10:00Z", now), "in 2 h");
  EXPECT_EQ(ago("2026-11-24T04:00:00.100Z", now), "just now");
  EXPECT_EQ(ago("", now), "-");
}

TEST(Yaml, IsReadable) {
  json::value value = json::parse(R"({"name":"db","on":true,"list":["a",{"x":1,"z":[2,3]},[4]],"empty":{},"none":[],
                                      "text":"0123","word":"yes","more":"two words","line":"a\nb"})");
  EXPECT_EQ(to_yaml(value),
            "name: db\n\"on\": true\nlist:\n  - a\n  - x: 1\n    z:\n      - 2\n      - 3\n  - \n    - 4\n"
            "empty: {}\nnone: []\ntext: \"0123\"\nword: \"yes\"\nmore: two words\nline: \"a\\nb\"\n");
}

json::value arbitrary(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 5)) {
    case 0:
      return *rc::gen::arbitrary<bool>();
    case 1:
      return *rc::gen::arbitrary<int64_t>();
    case 2:
      return nullptr;
    case 3: {
      std::string text = *rc::gen::string<std::string>();
      return json::value(is_utf8(text) ? text : base64_encode(text));
    }
    case 4:
      return json::value(*rc::gen::element<std::string>("no", "0x1f", "1e5", "~", "- a", "a: b", "#c", "", " x", "1.5",
                                                        "<<", "2026-11-24"));
    case 5: {
      json::array list;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.push_back(arbitrary(depth - 1));
      return list;
    }
    default: {
      json::object object;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        object[std::to_string(i) + (*rc::gen::element<std::string>("a", "null", "x y", "?"))] = arbitrary(depth - 1);
      return object;
    }
  }
}

RC_GTEST_PROP(Yaml, IsReadBackAsTheSameValue, ()) {
  json::object object;
  object["value"] = arbitrary(4);
  auto back = model::document_from_yaml(to_yaml(object));
  RC_ASSERT(back.has_value());
  RC_ASSERT(json::parse(*back) == json::value(object));
  RC_ASSERT(json::parse(pretty_json(object)) == json::value(object));
}

TEST(Yaml, ShowsUserDataOfADocumentAsText) {
  json::value document{{"userData", base64_encode("#!/bin/sh\n\n\techo hi  \n")}, {"name", "x"}};
  EXPECT_EQ(to_yaml_document(document), "userData: !base64 |\n  #!/bin/sh\n\n  \techo hi  \nname: x\n");
}

RC_GTEST_PROP(Yaml, OfADocumentBringsAnyUserDataBack, ()) {
  std::string data = *rc::gen::container<std::string>(
      rc::gen::element('a', ' ', '\n', '\t', '#', ':', '-', '|', '\r', '\xc3', '\xa9', '\0', '"'));
  json::value document{{"o", {{"userData", base64_encode(data)}, {"l", json::array{1}}}}};
  auto back = model::document_from_yaml(to_yaml_document(document));
  RC_ASSERT(back.has_value());
  RC_ASSERT(json::parse(*back) == document);
}

std::vector<std::string> told(const char* kept, const char* wanted) {
  std::vector<std::string> lines;
  for (const Change& one : changes_between(json::parse(kept).as_object(), json::parse(wanted).as_object())) {
    lines.push_back(one.path + ": " + one.before + " -> " + one.after);
  }
  return lines;
}

TEST(Difference, IsToldFieldByField) {
  EXPECT_THAT(told(R"({"a":1,"o":{"x":1,"y":{"z":2}},"gone":{"p":3,"q":"t"},"list":[1,2],"same":0})",
                   R"({"same":0,"a":1,"o":{"x":2,"n":null},"list":[1],"new":{"m":{"k":true}},"nil":null,"e":{}})"),
              ElementsAre("o.x: 1 -> 2", "o.y.z: 2 -> ", "gone.p: 3 -> ", "gone.q: \"t\" -> ", "list: [1,2] -> [1]",
                          "new.m.k:  -> true", "e:  -> {}"));
}

TEST(Difference, ShowsOnlyTheSizeOfWhatMayHoldSecrets) {
  EXPECT_THAT(told(R"({"l":{"userData":"c2VjcmV0"}})", R"({"l":{"userData":"cGFzc3dk"}})"),
              ElementsAre(R"-(l.userData: "(6 bytes)" -> "(other text of that size)")-"));
  EXPECT_THAT(told("{}", R"({"shutdownScript":"c2VjcmV0"})"), ElementsAre(R"-(shutdownScript:  -> "(6 bytes)")-"));
}

TEST(Difference, SetsWhatIsNewAndClearsWhatIsGone) {
  std::vector<std::string> changed;
  json::object update =
      update_for(json::parse(R"({"a":1,"o":{"x":1,"y":2},"gone":3,"list":[1,2]})").as_object(),
                 json::parse(R"({"a":1,"o":{"x":1,"z":3},"list":[1],"nil":null})").as_object(), changed);
  EXPECT_EQ(json::value(update), json::parse(R"({"gone":null,"o":{"y":null,"z":3},"list":[1]})"));
  EXPECT_THAT(changed, ElementsAre("gone", "o.y", "o.z", "list"));
}

RC_GTEST_PROP(Difference, MergedIntoTheKeptGivesTheWanted, ()) {
  json::value kept = arbitrary(4), wanted = arbitrary(4);
  if (!kept.is_object()) kept = json::object();
  if (!wanted.is_object()) wanted = json::object();
  // As the service keeps documents: without nulls outside of lists.
  auto without_nulls = [](const json::value& v) { return model::merge_document("{}", json::serialize(v)).value(); };
  json::value clean = json::parse(without_nulls(kept));
  std::vector<std::string> changed;
  json::object update = update_for(clean.as_object(), wanted.as_object(), changed);
  std::string merged = model::merge_document(json::serialize(clean), json::serialize(update)).value();
  RC_ASSERT(json::parse(merged) == json::parse(without_nulls(wanted)));
  RC_ASSERT(update.empty() == (clean == json::parse(merged)));
  RC_ASSERT(update.empty() == changes_between(clean.as_object(), wanted.as_object()).empty());
}

}  // namespace
}  // namespace holdfast::cli
