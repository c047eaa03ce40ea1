// A PostgreSQL 15 on the bare host, on a free port of the loopback: the yardstick of the benchmark, and what the
// ledger's own tests run against. The same settings as examples/postgres.yaml, so that only the machine differs.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "support/child.h"

namespace holdfast::support {

inline constexpr char kPostgresBin[] = "/usr/lib/postgresql/15/bin";

class HostPostgres {
 public:
  // `data`: the cluster's folder; made by initdb if it is not there yet. Does not start it. As root it runs as the user
  // postgres, who must be able to reach the folder.
  static Result<HostPostgres> open(const std::string& data, const std::string& log);
  HostPostgres(HostPostgres&&) noexcept = default;
  ~HostPostgres();  // crash()

  Result<void> start();  // returns at once: the server may still be recovering
  // SIGKILL to the whole server, and waits until no process of it is left.
  Result<void> crash();
  uint16_t port() const { return port_; }

 private:
  HostPostgres(std::string data, std::string log, uint16_t port)
      : data_(std::move(data)), log_(std::move(log)), port_(port) {}
  std::string data_;
  std::string log_;
  uint16_t port_ = 0;
  std::optional<Child> server_;
};

// A TCP port of 127.0.0.1 that was free a moment ago.
Result<uint16_t> free_port();

}  // namespace holdfast::support
