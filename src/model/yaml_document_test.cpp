#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "model/document.h"

namespace holdfast::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string yaml(std::string_view text) {
  Result<std::string> document = document_from_yaml(text);
  return document ? *document : describe(document.error());
}

TEST(YamlDocument, ReadsScalarsByTheCoreSchema) {
  EXPECT_EQ(
      yaml("a: 1\nb: -2\nc: 0x1f\nd: 0o17\ne: true\nf: ~\ng:\nh: 'true'\ni: \"12\"\nj: yes\nk: 1.5\nl: text\n"),
      R"({"a":1,"b":-2,"c":31,"d":15,"e":true,"f":null,"g":null,"h":"true","i":"12","j":"yes","k":1.5E0,"l":"text"})");
}

TEST(YamlDocument, EncodesWhatIsTaggedBase64) {
  EXPECT_EQ(yaml("userData: !base64 |\n  #!/bin/sh\n  echo hi\n"),
            R"({"userData":")" + base64_encode("#!/bin/sh\necho hi\n") + R"("})");
}

TEST(YamlDocument, TakesTheManagedInstanceAtTheTopOrBelowItsName) {
  EXPECT_EQ(yaml("managedInstance:\n  name: db\n"), R"({"name":"db"})");
  EXPECT_EQ(yaml(R"({"managedInstance": {"name": "db"}})"), R"({"name":"db"})");
  EXPECT_EQ(yaml("{name: db}"), R"({"name":"db"})");
  EXPECT_THAT(yaml("managedInstance:\n  name: db\nother: 1\n"), HasSubstr("beside"));
}

TEST(YamlDocument, RefusesDoubledKeysWithTheirPlace) {
  EXPECT_THAT(yaml("a: 1\nb:\n  c: 1\n  c: 2\n"),
              AllOf(HasSubstr("line 4, column 3"), HasSubstr("'c' is given twice")));
  EXPECT_THAT(yaml("{\"a\": 1, \"a\": 2}"), HasSubstr("twice"));
}

TEST(YamlDocument, RefusesWhatReadersDisagreeAbout) {
  EXPECT_THAT(yaml("a: 0123"), AllOf(HasSubstr("line 1, column 4"), HasSubstr("octal")));
  EXPECT_THAT(yaml("x: &x {a: 1}\ny:\n  <<: *x\n"), HasSubstr("'<<'"));
  EXPECT_THAT(yaml("a: .nan"), HasSubstr("cannot be used"));
  EXPECT_THAT(yaml("a: 99999999999999999999"), HasSubstr("too large"));
  EXPECT_THAT(yaml("a: !money 3"), HasSubstr("!money"));
  EXPECT_THAT(yaml("? [a, b]\n: 1\n"), HasSubstr("name must be"));
}

TEST(YamlDocument, RefusesBrokenTextWithItsPlace) {
  EXPECT_THAT(yaml("a: [1, 2\nb: 3\n"), HasSubstr("line 2"));
  EXPECT_THAT(yaml("name: db\n\tx: 1\n"), HasSubstr("line 2"));
  EXPECT_THAT(yaml("a: *nowhere"), HasSubstr("line 1"));
  EXPECT_THAT(yaml(""), HasSubstr("empty"));
  EXPECT_THAT(yaml("just words"), HasSubstr("must hold fields"));
  EXPECT_THAT(yaml("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
}

TEST(YamlDocument, BoundsWhatASmallFileCanGrowTo) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    bomb += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}]\n", c, char(c - 1));
  }
  EXPECT_THAT(yaml(bomb), HasSubstr("more than 20000 values"));
  EXPECT_THAT(yaml("a: " + std::string(400, '[') + std::string(400, ']')), HasSubstr("32 levels"));
  EXPECT_THAT(yaml("a: " + std::string(100'000, '[')), HasSubstr("line"));
}

}  // namespace
}  // namespace holdfast::model
