// A certificate with its key, as they lie in files: PEM. Read before they are used, so that a bad pair is told with
// words and the old one stays.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::http {

struct KeyPair {
  std::string certificate;  // PEM, the server's first, then those that it is signed by
  std::string key;          // PEM, without a password

  bool operator==(const KeyPair&) const = default;
};

// Until when the certificate is valid. invalid: one of the two cannot be read, or they do not belong together.
Result<Time> inspect(const KeyPair& pair);

}  // namespace holdfast::http
