// The schema against the checks it was made of: at every field, what the schema excludes is refused there, and what it
// allows is not refused for its form.
#include "model/schema.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "model/document.h"

namespace holdfast::model {
namespace {

namespace json = boost::json;

// A place in the document: names, and "[]" for the only item of a list.
using Path = std::vector<std::string>;

struct Leaf {
  Path path;
  json::object schema;
};

bool is_of(const json::object& schema, std::string_view type) {
  const json::value* types = schema.if_contains("type");
  if (types == nullptr) return false;
  if (types->is_string()) return types->get_string() == type;
  const json::array& list = types->get_array();
  return std::find(list.begin(), list.end(), json::value(type)) != list.end();
}

void collect(const json::object& schema, const Path& path, std::vector<Leaf>& all) {
  all.push_back({path, schema});
  if (const json::value* members = schema.if_contains("properties")) {
    for (const auto& member : members->get_object()) {
      Path below = path;
      below.emplace_back(member.key());
      collect(member.value().get_object(), below, all);
    }
  }
  if (const json::value* items = schema.if_contains("items")) {
    Path below = path;
    below.emplace_back("[]");
    collect(items->get_object(), below, all);
  }
}

std::vector<Leaf> leaves() {
  std::vector<Leaf> all;
  collect(schema_of_document(), {}, all);
  return all;
}

json::value wrapped(const Path& path, json::value value) {
  for (auto name = path.rbegin(); name != path.rend(); ++name) {
    if (*name == "[]") {
      value = json::array{std::move(value)};
    } else {
      json::object outer;
      outer[*name] = std::move(value);
      value = std::move(outer);
    }
  }
  return value;
}

std::string dotted(const Path& path) {
  std::string text;
  for (const std::string& name : path) text += name == "[]" ? "[0]" : (text.empty() ? "" : ".") + name;
  return text;
}

// Codes of the faults at this very field.
std::set<std::string> codes_at(const Path& path, const json::value& value) {
  auto read = read_spec(json::serialize(wrapped(path, value)));
  std::set<std::string> codes;
  if (read) return codes;
  for (const Error& error : read.error().errors) {
    if (error.field == dotted(path)) codes.insert(error.code);
  }
  return codes;
}

bool refused_for_form(const std::set<std::string>& codes) {
  return codes.contains("InvalidType") || codes.contains("UnknownField") || codes.contains("NotHonouredYet");
}

TEST(Schema, HasEveryFieldOfADocumentInUse) {
  std::set<std::string> fields;
  for (const Leaf& leaf : leaves()) fields.insert(dotted(leaf.path));
  for (const char* field :
       {"name", "strategy.lifeCycle", "persistence.blockDevicesMode", "compute.subnetIds",
        "compute.launchSpecification.imageId", "compute.launchSpecification.blockDeviceMappings[0].ebs.volumeSize",
        "compute.launchSpecification.tags[0].tagKey", "compute.launchSpecification.userData",
        "compute.launchSpecification.resourceTagSpecification.volumes.shouldTag", "healthCheck.gracePeriod"}) {
    EXPECT_TRUE(fields.contains(field)) << field;
  }
  EXPECT_GT(fields.size(), 40u);
}

TEST(Schema, NamesWhatIsRequired) {
  const json::object schema = schema_of_document();
  auto required = [](const json::object& of) { return json::serialize(of.at("required")); };
  EXPECT_THAT(required(schema), testing::HasSubstr("\"name\""));
  EXPECT_THAT(required(schema), testing::HasSubstr("\"compute\""));
  const json::object& compute = schema.at("properties").at("compute").get_object();
  EXPECT_THAT(required(compute), testing::HasSubstr("\"subnetIds\""));
}

TEST(Schema, AnotherTypeIsRefusedAtEveryField) {
  const json::value samples[] = {true, 7, 1.5, "text", json::object{}, json::array{}};
  const char* types[] = {"boolean", "integer", "number", "string", "object", "array"};
  for (const Leaf& leaf : leaves()) {
    if (leaf.path.empty()) continue;
    for (size_t i = 0; i < std::size(samples); ++i) {
      if (is_of(leaf.schema, types[i])) {
        EXPECT_FALSE(codes_at(leaf.path, samples[i]).contains("InvalidType")) << dotted(leaf.path) << " " << types[i];
      } else {
        EXPECT_FALSE(codes_at(leaf.path, samples[i]).empty()) << dotted(leaf.path) << " takes a " << types[i];
      }
    }
  }
}

TEST(Schema, UnknownMembersAreRefusedInEveryObject) {
  for (const Leaf& leaf : leaves()) {
    if (!is_of(leaf.schema, "object")) continue;
    EXPECT_EQ(leaf.schema.at("additionalProperties"), false) << dotted(leaf.path);
    Path unknown = leaf.path;
    unknown.emplace_back("zzzUnknown");
    EXPECT_TRUE(codes_at(unknown, 1).contains("UnknownField")) << dotted(unknown);
  }
}

TEST(Schema, BoundsAreTheChecksOwn) {
  for (const Leaf& leaf : leaves()) {
    if (is_of(leaf.schema, "integer")) {
      const int64_t least = leaf.schema.at("minimum").to_number<int64_t>();
      const int64_t most = leaf.schema.at("maximum").to_number<int64_t>();
      EXPECT_TRUE(codes_at(leaf.path, least - 1).contains("InvalidValue")) << dotted(leaf.path);
      EXPECT_TRUE(codes_at(leaf.path, most + 1).contains("InvalidValue")) << dotted(leaf.path);
      EXPECT_FALSE(refused_for_form(codes_at(leaf.path, least))) << dotted(leaf.path);
    }
    if (leaf.schema.contains("maxLength")) {
      const auto most = leaf.schema.at("maxLength").to_number<size_t>();
      EXPECT_TRUE(codes_at(leaf.path, json::value(std::string(most + 1, 'a'))).contains("InvalidValue"))
          << dotted(leaf.path);
    }
    if (leaf.schema.contains("minLength")) {
      EXPECT_TRUE(codes_at(leaf.path, "").contains("InvalidValue")) << dotted(leaf.path);
    }
    if (leaf.schema.contains("maxItems")) {
      const auto most = leaf.schema.at("maxItems").to_number<size_t>();
      EXPECT_TRUE(codes_at(leaf.path, json::array(most + 1)).contains("InvalidValue")) << dotted(leaf.path);
    }
  }
}

TEST(Schema, WordsAreTakenAndNoOthers) {
  int with_words = 0;
  for (const Leaf& leaf : leaves()) {
    const json::value* words = leaf.schema.if_contains("enum");
    if (words == nullptr) continue;
    ++with_words;
    for (const json::value& word : words->get_array()) {
      auto codes = codes_at(leaf.path, word);
      EXPECT_FALSE(codes.contains("InvalidValue") || codes.contains("NotHonouredYet"))
          << dotted(leaf.path) << " " << json::serialize(word);
    }
    EXPECT_FALSE(codes_at(leaf.path, "zzz").empty()) << dotted(leaf.path);
  }
  EXPECT_GE(with_words, 4);
}

}  // namespace
}  // namespace holdfast::model
