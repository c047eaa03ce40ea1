#include "ledger/connection.h"

#include <errno.h>
#include <fmt/core.h>
#include <poll.h>

#include <algorithm>

#include "base/text.h"

namespace holdfast::ledger {
namespace {

struct Cleared {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, Cleared>;

// True when the socket is ready, false when the time is over.
bool ready(int socket, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wanted{socket, events, 0};
    const int found = poll(&wanted, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (found > 0) return true;
    if (found == 0 && left <= 0) return false;
    if (found < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<Connection> Connection::open(const LedgerOptions& options) {
  const std::string target = fmt::format(
      "host={} port={} user={} dbname={} application_name=ledger sslmode=disable gssencmode=disable "
      "keepalives_idle=1 keepalives_interval=1 keepalives_count=2 tcp_user_timeout={}",
      options.host, options.port, options.user, options.database, options.statement_limit.count());
  Connection connection(PQconnectStart(target.c_str()));
  PQsetNoticeProcessor(
      connection.connection_.get(), [](void*, const char*) {}, nullptr);  // not our terminal's business
  const Clock::time_point now = Clock::now();
  HF_TRY_VOID(connection.finish_login(now + options.reach_limit, now + options.login_limit));
  if (PQsetnonblocking(connection.connection_.get(), 1) != 0) {
    return fail(ErrorKind::unavailable, "Connect", connection.message());
  }
  return connection;
}

Result<void> Connection::finish_login(Clock::time_point reach_by, Clock::time_point login_by) {
  PGconn* const it = connection_.get();
  if (it == nullptr || PQstatus(it) == CONNECTION_BAD) return fail(ErrorKind::unavailable, "Connect", message());
  PostgresPollingStatusType wants = PGRES_POLLING_WRITING;
  while (wants != PGRES_POLLING_OK) {
    if (wants == PGRES_POLLING_FAILED) return fail(ErrorKind::unavailable, "Connect", message());
    const bool reached = PQstatus(it) != CONNECTION_STARTED;
    if (!ready(PQsocket(it), wants == PGRES_POLLING_READING ? POLLIN : POLLOUT, reached ? login_by : reach_by)) {
      return fail(ErrorKind::unavailable, "Connect", reached ? "no answer to the login" : "not reachable");
    }
    wants = PQconnectPoll(it);
  }
  return {};
}

Result<void> Connection::send(const std::string& statements) {
  if (PQsendQuery(connection_.get(), statements.c_str()) != 1) {
    return fail(ErrorKind::unknown_outcome, "Send", message());
  }
  return {};
}

Result<void> Connection::wait_for_result(Clock::time_point until) {
  PGconn* const it = connection_.get();
  for (int unsent = 1; unsent != 0 || PQisBusy(it) != 0;) {
    unsent = PQflush(it);
    if (unsent < 0) return fail(ErrorKind::unknown_outcome, "Send", message());
    if (unsent == 0 && PQisBusy(it) == 0) break;
    if (!ready(PQsocket(it), unsent != 0 ? POLLIN | POLLOUT : POLLIN, until)) {
      return fail(ErrorKind::unknown_outcome, "NoAnswer", "no answer to the statement in time");
    }
    if (PQconsumeInput(it) != 1) return fail(ErrorKind::unknown_outcome, "Lost", message());
  }
  return {};
}

Result<void> Connection::run(const std::string& statements, Duration limit) {
  return rows(statements, limit, [](const PGresult&, int) {});
}

Result<void> Connection::rows(const std::string& query, Duration limit,
                              const std::function<void(const PGresult&, int)>& each) {
  HF_TRY_VOID(send(query));
  PQsetSingleRowMode(connection_.get());
  const Clock::time_point until = Clock::now() + limit;
  Result<void> outcome;
  while (true) {
    HF_TRY_VOID(wait_for_result(until));
    ResultPtr result(PQgetResult(connection_.get()));
    if (!result) return outcome;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) {
      for (int row = 0; row < PQntuples(result.get()); ++row) each(*result, row);
    } else if (status != PGRES_COMMAND_OK && outcome) {
      // An error while a COMMIT is under way (the server shuts down, the connection breaks) leaves it open whether it
      // took place.
      const char* text = PQresultErrorMessage(result.get());
      outcome = fail(ErrorKind::unknown_outcome, "Statement", std::string(trim(text == nullptr ? "" : text)));
    }
  }
}

std::string Connection::message() const {
  if (!connection_) return "out of memory";
  return std::string(trim(PQerrorMessage(connection_.get())));
}

}  // namespace holdfast::ledger
