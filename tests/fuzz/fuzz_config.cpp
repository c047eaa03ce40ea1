// Any bytes as AWS's shared files (the config, a zero byte, the credentials), as a command line and as an endpoint.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/config_file.h"
#include "aws/endpoint.h"
#include "aws/words.h"
#include "base/check.h"
#include "base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  using namespace holdfast::aws;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(text.find('\0'), text.size());
  const auto shared = SharedConfig::from_text(text.substr(0, cut), text.substr(std::min(cut + 1, text.size())));
  if (!shared) {
    CHECK(shared.error().code == "ConfigFile" && is_utf8(shared.error().message));
    // "config:12: …": the line is there.
    CHECK(shared.error().message.starts_with("config:") || shared.error().message.starts_with("credentials:"));
  } else if (const Profile* profile = shared->find("default")) {
    Environment environment;
    if (auto region = choose_region(environment, *profile, {})) {
      for (const char* service : {"ec2", "sqs", "sts"})
        (void)choose_endpoint({environment, *shared, *profile}, service, *region);
    }
    (void)profile->has_static_keys();
  }
  if (auto words = split_words(text)) CHECK(words->size() <= text.size());
  if (auto endpoint = parse_endpoint(text, "r")) {
    // What was accepted has no characters that could end a request's line.
    CHECK(endpoint->url.find_first_of("\r\n \t@?#") == std::string::npos);
    CHECK(parse_endpoint(endpoint->url, "r")->url == endpoint->url);
  } else {
    CHECK(is_utf8(endpoint.error().message));
  }
  return 0;
}
