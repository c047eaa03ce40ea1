// Session tokens of the metadata service (IMDSv2): they carry their end and a keyed hash over it and the machine, so
// nothing has to be remembered, and they stay valid through a restart of the service.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

namespace holdfast::cloud::linux_ {

class TokenKey {
 public:
  // Kept in the file; made if it is not there.
  static Result<TokenKey> load(const std::string& path);
  explicit TokenKey(std::array<uint64_t, 2> key) : key_(key) {}

  std::string issue(const InstanceId& machine, Time end) const;
  bool valid(const std::string& token, const InstanceId& machine, Time now) const;

 private:
  std::string signature(std::string_view text) const;
  std::array<uint64_t, 2> key_;
};

// SipHash-2-4.
uint64_t keyed_hash(const std::array<uint64_t, 2>& key, std::string_view text);

}  // namespace holdfast::cloud::linux_
