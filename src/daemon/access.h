// Tokens, the audit log and the gate before everything that the service answers, opened on the data directory. Made by
// serve and `cloud serve`, before their servers; outlives them.
#pragma once

#include <memory>
#include <string>

#include "api/gate.h"
#include "base/error.h"
#include "daemon/settings.h"

namespace holdfast::daemon {

inline constexpr char kAccessFile[] = "access.db";

class Access {
 public:
  // `token` is the service's own (data_dir.h), whose directory the caller holds.
  static Result<std::unique_ptr<Access>> open(const Settings& settings, const std::string& token);
  ~Access();
  api::Gate& gate();

 private:
  struct Parts;
  explicit Access(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::daemon
