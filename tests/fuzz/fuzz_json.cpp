// Any bytes as an event of a queue and as keys in JSON.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/credentials_json.h"
#include "aws/event_json.h"
#include "base/check.h"
#include "base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  using namespace holdfast::aws;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto events = read_event(text)) {
    for (const auto& event : *events) CHECK(event.resource.find('-') != std::string::npos && is_utf8(event.state));
  } else {
    CHECK(events.error().code == "MalformedEvent");
  }
  for (auto form : {CredentialsForm::process, CredentialsForm::endpoint}) {
    auto credentials = read_credentials_json(text, form, "fuzzer");
    CHECK(!credentials || (!credentials->key.access_key.empty() && !credentials->key.secret_key.empty()));
  }
  (void)read_expiration(text);
  return 0;
}
