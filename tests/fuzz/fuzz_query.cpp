// Any bytes as a Query request, as the local cloud's server takes them: refused or understood, and what is understood
// can be written and read again without change.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "ec2/budgeted.h"
#include "ec2/codec.h"

namespace {

using namespace holdfast;
using namespace holdfast::ec2;

void keeps_its_meaning(const std::string& written, bool further) {
  auto form = Form::parse(written);
  CHECK(form.has_value());
  if (further) {
    bool dry_run = false;
    auto again = decode_further_request(*form, &dry_run);
    CHECK(again.has_value());
    CHECK(encode_request(*again, dry_run) == written);
  } else {
    bool dry_run = false;
    auto again = decode_request(*form, &dry_run);
    CHECK(again.has_value());
    CHECK(encode_request(*again, dry_run) == written);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto form = Form::parse(text);
  if (!form) {
    CHECK(is_utf8(form.error().message));
    return 0;
  }
  bool dry_run = false;
  if (auto request = decode_request(*form, &dry_run)) {
    api_call_of(*request);
    keeps_its_meaning(encode_request(*request, dry_run), false);
  } else {
    CHECK(!request.error().code.empty() && is_utf8(request.error().message) && is_utf8(request.error().field));
  }
  const auto fresh = Form::parse(text);
  if (auto request = decode_further_request(*fresh, &dry_run)) {
    api_call_of(*request);
    keeps_its_meaning(encode_request(*request, dry_run), true);
  }
  return 0;
}
