// XML: answers as EC2 writes them are read; DTDs, entities, depth and size are refused; what is written reads back.
#include "ec2/xml.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace holdfast::ec2 {
namespace {

TEST(Xml, ReadsAnAnswerOfEc2) {
  auto document = XmlDocument::parse(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r:DescribeVolumesResponse xmlns:r=\"http://ec2\">\n "
      "<requestId>1</requestId>\n"
      " <volumeSet><item><size>8</size><encrypted>false</encrypted><createTime>2026-01-02T03:04:05.678Z</createTime>"
      "<tagSet/></item><item><size>9</size></item></volumeSet></r:DescribeVolumesResponse>");
  ASSERT_TRUE(document) << describe(document.error());
  EXPECT_EQ(document->root().name(), "DescribeVolumesResponse");
  EXPECT_EQ(document->root().text("requestId"), "1");
  auto items = document->root().child("volumeSet").children("item");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(**items[0].integer("size"), 8);
  EXPECT_FALSE(**items[0].boolean("encrypted"));
  EXPECT_EQ(to_iso(**items[0].time("createTime")), "2026-01-02T03:04:05.678Z");
  EXPECT_TRUE(items[0].child("tagSet"));
  EXPECT_FALSE(items[1].child("tagSet"));
  EXPECT_TRUE(items[1].child("tagSet").child("deeper").children().empty());
  EXPECT_FALSE(items[1].text("none"));
}

TEST(Xml, KeepsTextAcrossCommentsCdataAndCharacterReferences) {
  auto document = XmlDocument::parse("<a><b>1&amp;<!-- & -->2<![CDATA[<&>]]>&#x33;&#52;</b><c> </c></a>");
  ASSERT_TRUE(document) << describe(document.error());
  EXPECT_EQ(document->root().text("b"), "1&2<&>34");
  EXPECT_EQ(document->root().text("c"), " ");
}

TEST(Xml, RefusesTypesEntitiesAndBrokenDocuments) {
  for (const char* text :
       {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a>&x;</a>", "<a>&#0;</a>", "<a>&#xFFFE;</a>", "<a>& b</a>", "",
        " ", "<a>", "<a></b>", "<a/><b/>", "text", "<a>\x01</a>", "<a>\xff</a>", "<a b=\"<!--\"/>", "<a><!-- </a>",
        "<a><![CDATA[x</a>", "<a b='&x;'/>", "<a>&#99999999;</a>"}) {
    auto document = XmlDocument::parse(text);
    EXPECT_FALSE(document) << text;
    if (!document) {
      EXPECT_EQ(document.error().code, "MalformedXml");
    }
  }
}

TEST(Xml, RefusesDepthAndSizeBeyondTheLimits) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  for (int i = 0; i < 200'000; ++i) deep += "</a>";
  EXPECT_FALSE(XmlDocument::parse(deep));
  EXPECT_FALSE(XmlDocument::parse("<a>12345</a>", {.max_bytes = 10}));
  EXPECT_TRUE(XmlDocument::parse("<a><b>text</b><b><c/></b></a>", {.max_depth = 3}));
  EXPECT_FALSE(XmlDocument::parse("<a><b>text</b><b><c><d/></c></b></a>", {.max_depth = 3}));
  EXPECT_FALSE(XmlDocument::parse("<a><b><c><d/></c></b></a>", {.max_depth = 3}));
}

TEST(Xml, RefusesAValueOfTheWrongSortByName) {
  auto document = XmlDocument::parse("<a><n>8GB</n><b>yes</b><t>now</t><e/></a>");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().integer("n").error().field, "n");
  EXPECT_FALSE(document->root().boolean("b"));
  EXPECT_FALSE(document->root().time("t"));
  EXPECT_FALSE(*document->root().integer("e"));
}

TEST(Xml, WhatIsWrittenReadsBack) {
  EXPECT_TRUE(rc::check("xml", [](const std::string& bytes) {
    std::string text;
    for (char c : bytes) {
      char plain = static_cast<char>(c & 0x7f);
      if (plain >= ' ' || plain == '\t' || plain == '\n' || plain == '\r') text += plain;
    }
    text += "é]]>€😀";
    XmlWriter writer;
    writer.open("a", " xmlns=\"http://x\"");
    writer.put("b", std::string_view(text));
    writer.close();
    const std::string written = writer.take();
    auto document = XmlDocument::parse(written);
    RC_ASSERT(document.has_value());
    RC_ASSERT(document->root().text("b") == text);
  }));
}

TEST(Xml, WritesAReplacementForWhatXmlCannotCarry) {
  EXPECT_EQ(xml_escape("a\x01"
                       "b\xff"
                       "c\xc3"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd"
            "c\xef\xbf\xbd");
  EXPECT_EQ(xml_escape("\xef\xbf\xbf"), "\xef\xbf\xbd");
  EXPECT_EQ(xml_escape("<a b=\"c\" & 'd'>"), "&lt;a b=&quot;c&quot; &amp; &#39;d&#39;&gt;");
}

}  // namespace
}  // namespace holdfast::ec2
