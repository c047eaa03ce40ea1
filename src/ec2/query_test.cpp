// The form of the Query protocol: what is written is read back, and what is wrong is refused with the parameter's name.
#include "ec2/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace holdfast::ec2 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Query, WritesDottedNamesAndNumberedLists) {
  FormWriter form;
  form.put("Action", "RunInstances");
  form.put_list("SecurityGroupId", {"sg-1", "sg-2"});
  FormWriter ebs = form.item("BlockDeviceMapping", 1).child("Ebs");
  ebs.put("VolumeSize", 8);
  ebs.put("DeleteOnTermination", false);
  EXPECT_EQ(encode_pairs(form.pairs()),
            "Action=RunInstances&SecurityGroupId.1=sg-1&SecurityGroupId.2=sg-2&BlockDeviceMapping.1.Ebs.VolumeSize=8&"
            "BlockDeviceMapping.1.Ebs.DeleteOnTermination=false");
}

TEST(Query, ReadsBackWhatItWrote) {
  auto form = Form::parse("A.1.B=x+y&A.10.B=%26&A.2.B=&T.1=p&T.2=q&N=5&Flag=true&When=2026-01-02T03:04:05Z");
  ASSERT_TRUE(form) << describe(form.error());
  const FormReader root = form->root();
  std::vector<std::string> seen;
  for (const FormReader& item : root.items("A")) seen.push_back(item.path() + ":" + *item.text("B"));
  EXPECT_THAT(seen, ElementsAre("A.1:x y", "A.2:", "A.10:&"));
  EXPECT_THAT(root.texts("T"), ElementsAre("p", "q"));
  EXPECT_EQ(**root.integer("N"), 5);
  EXPECT_TRUE(**root.boolean("Flag"));
  EXPECT_EQ(to_iso(**root.time("When")), "2026-01-02T03:04:05.000Z");
  EXPECT_FALSE(*root.integer("Missing"));
  EXPECT_TRUE(root.has("A"));
  EXPECT_FALSE(root.has("B"));
}

TEST(Query, NamesTheParametersThatNobodyRead) {
  auto form = Form::parse("Action=X&Filter.1.Name=a&Filtr.1.Name=b");
  ASSERT_TRUE(form);
  form->root().text("Action");
  form->root().items("Filter")[0].text("Name");
  EXPECT_THAT(form->unread(), ElementsAre("Filtr.1.Name"));
}

TEST(Query, RefusesADoubledParameterByName) {
  auto form = Form::parse("ImageId=a&ImageId=a");
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().code, "InvalidParameterCombination");
  EXPECT_EQ(form.error().field, "ImageId");
}

TEST(Query, RefusesWhatIsBroken) {
  for (const char* text : {"a=%", "a=%2", "a=%zz", "=x", "a..b=1", ".a=1", "a.=1", "a.0=1", "a.01=1",
                           "a.99999999999999999999=1", "a=%ff", "%ff=a", "a.10001=1"}) {
    auto form = Form::parse(text);
    EXPECT_FALSE(form) << text;
    if (!form) {
      EXPECT_EQ(form.error().kind, ErrorKind::invalid);
    }
  }
}

TEST(Query, KeepsToItsLimits) {
  FormLimits limits{.max_bytes = 64, .max_parameters = 3, .max_name = 8, .max_depth = 3, .max_index = 5};
  EXPECT_TRUE(Form::parse("a=1&b=2&c=3", limits));
  EXPECT_FALSE(Form::parse("a=1&b=2&c=3&d=4", limits));
  EXPECT_FALSE(Form::parse("abcdefghi=1", limits));
  EXPECT_FALSE(Form::parse("a.b.c.d=1", limits));
  EXPECT_FALSE(Form::parse("a.6=1", limits));
  EXPECT_FALSE(Form::parse(std::string(65, 'a'), limits));
}

TEST(Query, RefusesAWrongValueWithTheFullNameOfTheParameter) {
  auto form = Form::parse("X.1.Size=8GB&Y=maybe&Z=today");
  ASSERT_TRUE(form);
  auto size = form->root().items("X")[0].integer("Size");
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().field, "X.1.Size");
  EXPECT_THAT(size.error().message, HasSubstr("8GB"));
  EXPECT_FALSE(form->root().boolean("Y"));
  EXPECT_FALSE(form->root().time("Z"));
}

TEST(Query, AnyPairsSurviveTheWayThere) {
  EXPECT_TRUE(rc::check("form", [](const std::map<int, std::string>& values) {
    Pairs pairs;
    for (const auto& [number, value] : values) {
      std::string text;
      for (char c : value) text += static_cast<char>(c & 0x7f);
      pairs.emplace_back("N" + std::to_string(number) + " &=%+", text);
    }
    auto form = Form::parse(encode_pairs(pairs));
    RC_ASSERT(form.has_value());
    RC_ASSERT(form->size() == pairs.size());
    for (const auto& [name, value] : pairs) RC_ASSERT(form->root().text(name) == value);
  }));
}

TEST(Uri, EncodesAllButTheUnreserved) {
  EXPECT_EQ(uri_encode("aZ09-_.~ +/%é"), "aZ09-_.~%20%2B%2F%25%C3%A9");
  EXPECT_EQ(uri_encode("a/b c", Slash::kept), "a/b%20c");
  EXPECT_EQ(uri_decode("a+b%2b", Plus::as_space), "a b+");
  EXPECT_EQ(uri_decode("a+b", Plus::as_plus), "a+b");
}

}  // namespace
}  // namespace holdfast::ec2
