// Any bytes as an answer of the cloud: an error, or a document whose every text is UTF-8. The first byte chooses the
// action it is read as the answer of.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "ec2/codec.h"
#include "ec2/xml.h"

namespace {

using namespace holdfast;
using namespace holdfast::ec2;

constexpr std::array<std::string_view, 12> kActions = {
    "RunInstances",   "DescribeInstances",        "DescribeInstanceStatus",    "DescribeVolumes",
    "DescribeImages", "DescribeSnapshots",        "DescribeNetworkInterfaces", "DescribeInstanceTypes",
    "CreateVolume",   "DescribeSpotPriceHistory", "GetConsoleOutput",          "TerminateInstances"};
constexpr std::array<std::string_view, 8> kFurther = {"StopInstances",     "CreateSnapshots",
                                                      "DescribeAddresses", "RequestSpotInstances",
                                                      "DescribeTags",      "DescribeVolumesModifications",
                                                      "CreateImage",       "GetSpotPlacementScores"};

void walk(const XmlDocument& document) {
  std::vector<XmlElement> left = {document.root()};
  while (!left.empty()) {
    const XmlElement element = left.back();
    left.pop_back();
    CHECK(is_utf8(element.text()) && is_utf8(element.name()));
    (void)element.integer("code");
    (void)element.boolean("encrypted");
    (void)element.time("createTime");
    for (const XmlElement& child : element.children()) left.push_back(child);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (auto document = XmlDocument::parse(text)) walk(*document);
  (void)decode_response(kActions[data[0] % kActions.size()], text);
  (void)decode_further_response(kFurther[data[0] % kFurther.size()], text);
  (void)request_id_of(text);
  CHECK(!decode_error(text, 400).code.empty());
  // What is escaped can stand in a document and comes back as it was, but for what XML cannot carry.
  const std::string escaped = xml_escape(text);
  const auto wrapped = XmlDocument::parse("<a b=\"" + escaped + "\">x" + escaped + "</a>");
  CHECK(wrapped.has_value());
  CHECK(wrapped->root().children().empty());
  return 0;
}
