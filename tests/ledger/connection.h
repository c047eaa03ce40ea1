// One connection to a PostgreSQL that may stop answering at any moment: every step has a time limit of its own, which
// libpq's blocking calls do not offer below two seconds. Used by ledger.cpp and by the benchmark of the first query.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "ledger/ledger.h"

namespace holdfast::ledger {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  // Connects within the limits. unavailable: nobody answers, or not yet ("the database system is starting up").
  static Result<Connection> open(const LedgerOptions& options);

  // Runs statements without parameters. unknown_outcome if no answer came within `limit`: the connection is of no use
  // then.
  Result<void> run(const std::string& statements, Duration limit);
  // The same for one query, whose rows are handed out as they come.
  Result<void> rows(const std::string& query, Duration limit,
                    const std::function<void(const PGresult&, int row)>& each);

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit Connection(PGconn* connection) : connection_(connection) {}
  Result<void> finish_login(Clock::time_point reach_by, Clock::time_point login_by);
  Result<void> send(const std::string& statements);
  // Waits until a result can be had without blocking.
  Result<void> wait_for_result(Clock::time_point until);
  std::string message() const;

  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace holdfast::ledger
