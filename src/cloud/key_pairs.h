// Keys for EC2's key pairs: making one, and reading a public one that is imported. Threads: any.
#pragma once

#include <string>

#include "base/error.h"

namespace holdfast::cloud {

struct KeyMaterial {
  std::string type;         // rsa ed25519
  std::string private_key;  // PEM; empty for an imported key
  std::string public_key;   // OpenSSH's line
  std::string fingerprint;  // as EC2 computes it: see key_pairs.cpp
};

// `type` empty: rsa (2048 bits). Error: `invalid` for another type.
Result<KeyMaterial> make_key(const std::string& type);
// OpenSSH's one-line format. Error: InvalidKey.Format.
Result<KeyMaterial> read_public_key(const std::string& text);

}  // namespace holdfast::cloud
