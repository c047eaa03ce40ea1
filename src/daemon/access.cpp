#include "daemon/access.h"

#include <spdlog/spdlog.h>

#include <optional>

#include "access/audit_log.h"
#include "access/tokens.h"
#include "store/access_sqlite_store.h"

namespace holdfast::daemon {
namespace {

Time now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

struct Access::Parts {
  std::unique_ptr<store::AccessSqliteStore> store;
  std::unique_ptr<access::Tokens> tokens;
  std::unique_ptr<access::AuditLog> audit;
  std::optional<api::Gate> gate;
};

Access::Access(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Access::~Access() = default;

api::Gate& Access::gate() {
  return *parts_->gate;
}

Result<std::unique_ptr<Access>> Access::open(const Settings& settings, const std::string& token) {
  auto parts = std::make_unique<Parts>();
  HF_TRY(parts->store, store::AccessSqliteStore::open(settings.data_dir + "/" + kAccessFile));
  HF_TRY(parts->tokens, access::Tokens::open(*parts->store, token, now));
  HF_TRY(parts->audit, access::AuditLog::open(*parts->store, now()));
  const access::AuditEnd end = parts->audit->end();
  // So that the service's own log, which goes elsewhere, tells of an end that was cut off.
  if (end.sequence > 0) spdlog::info("the audit log ends at {}:{}", end.sequence, end.hash);
  parts->gate.emplace(*parts->store, *parts->tokens, *parts->audit,
                      api::GateOptions{settings.account_id, settings.requests_per_second, settings.request_burst});
  return std::unique_ptr<Access>(new Access(std::move(parts)));
}

}  // namespace holdfast::daemon
