// Any valid document: it is taken, a merge with nothing or with itself changes nothing, in parts it merges to the same,
// and what a null clears is gone. So what was sent is what is read back.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "model/document.h"

namespace holdfast::model {
namespace {

namespace json = boost::json;

bool maybe() {
  return *rc::gen::arbitrary<bool>();
}
int number(int least, int most) {
  return *rc::gen::inRange(least, most + 1);
}
std::string word() {
  return *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', static_cast<char>('z' + 1))));
}
template <class... Words>
std::string one_of(Words... words) {
  return *rc::gen::element(std::string(words)...);
}
std::string id(const std::string& prefix) {
  std::string text = prefix;
  for (int i = maybe() ? 8 : 17; i > 0; --i) text += "0123456789abcdef"[number(0, 15)];
  return text;
}

template <class F>
void perhaps(json::object& into, const char* name, F&& make) {
  if (maybe()) into[name] = make();
}

json::value volume(bool persisted) {
  json::object ebs{{"volumeSize", number(4, 1024)}};
  perhaps(ebs, "volumeType", [] { return json::value(one_of("gp2", "gp3")); });
  perhaps(ebs, "encrypted", [] { return json::value(maybe()); });
  if (!persisted) perhaps(ebs, "deleteOnTermination", [] { return json::value(maybe()); });
  return ebs;
}

json::array mappings(bool persisted) {
  json::array all;
  for (char letter = 'f'; letter < 'f' + number(0, 4); ++letter) {
    all.push_back({{"deviceName", std::string("/dev/sd") + letter}, {"ebs", volume(persisted)}});
  }
  return all;
}

json::array tags() {
  json::array all;
  for (int i = number(0, 3); i > 0; --i) all.push_back({{"tagKey", "key" + std::to_string(i)}, {"tagValue", word()}});
  return all;
}

json::object launch_specification(bool persists_data) {
  json::object launch{{"imageId", id("ami-")}};
  json::array types = {"t3.nano"};
  if (maybe()) types.emplace_back("m5.large");
  launch["instanceTypes"] = {{"types", std::move(types)}};
  if (maybe()) launch["instanceTypes"].as_object()["preferredType"] = "t3.nano";
  launch["securityGroupIds"] = json::array{json::value(id("sg-"))};
  perhaps(launch, "userData", [] { return json::value("IyEvYmluL3NoCg=="); });
  perhaps(launch, "tags", [] { return json::value(tags()); });
  perhaps(launch, "blockDeviceMappings", [&] { return json::value(mappings(persists_data)); });
  perhaps(launch, "metadataOptions", [] { return json::value{{"httpTokens", one_of("optional", "required")}}; });
  return launch;
}

json::object document() {
  json::object whole{{"name", word()}};
  perhaps(whole, "description", [] { return json::value(word()); });
  perhaps(whole, "strategy", [] {
    json::object strategy{{"lifeCycle", one_of("spot", "on_demand")}};
    perhaps(strategy, "fallbackToOd", [] { return json::value(maybe()); });
    return json::value(strategy);
  });
  const bool data = maybe();
  json::object persistence{{"persistRootDevice", true}};
  if (data) persistence["persistBlockDevices"] = true;
  if (data) perhaps(persistence, "blockDevicesMode", [] { return json::value(one_of("reattach", "onLaunch")); });
  perhaps(persistence, "persistPrivateIp", [] { return json::value(maybe()); });
  perhaps(persistence, "snapshotInterval", [] { return json::value(number(15, 86400)); });
  perhaps(persistence, "rootGenerations", [] { return json::value(number(1, 100)); });
  whole["persistence"] = std::move(persistence);
  perhaps(whole, "healthCheck", [] {
    json::object health{{"type", "EC2"}};
    perhaps(health, "gracePeriod", [] { return json::value(number(1, 86400)); });
    perhaps(health, "autoHealing", [] { return json::value(maybe()); });
    return json::value(health);
  });
  json::object compute{{"product", "Linux/UNIX"}};
  compute["subnetIds"] = json::array{json::value(id("subnet-"))};
  compute["launchSpecification"] = launch_specification(data);
  whole["compute"] = std::move(compute);
  return whole;
}

json::value merged(const json::value& kept, const json::value& update) {
  auto text = merge_document(json::serialize(kept), json::serialize(update));
  RC_ASSERT(text.has_value());
  return json::parse(*text);
}

RC_GTEST_PROP(RoundTrip, AValidDocumentIsTakenAndIsWhatIsReadBack, ()) {
  const json::value whole = document();
  auto spec = read_spec(json::serialize(whole));
  if (!spec) RC_FAIL(describe(spec.error().errors.front()) + "\n" + json::serialize(whole));
  RC_ASSERT(merged(whole, json::object()) == whole);
  RC_ASSERT(merged(whole, whole) == whole);
}

RC_GTEST_PROP(RoundTrip, PartsMergeToTheWhole, ()) {
  const json::object whole = document();
  json::object first, second;
  for (const auto& member : whole) (maybe() ? first : second)[member.key()] = member.value();
  RC_ASSERT(merged(first, second) == json::value(whole));
  RC_ASSERT(merged(second, first) == json::value(whole));
}

RC_GTEST_PROP(RoundTrip, WhatANullClearsIsGoneAndNothingElse, ()) {
  json::object whole = document();
  std::vector<std::string> names;
  for (const auto& member : whole) names.emplace_back(member.key());
  const std::string name = *rc::gen::elementOf(names);
  const json::value cleared = merged(whole, json::object{{name, nullptr}});
  whole.erase(name);
  RC_ASSERT(cleared == json::value(whole));
}

}  // namespace
}  // namespace holdfast::model
