#include "ledger/ledger.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

#include "ledger/books.h"
#include "ledger/connection.h"

namespace holdfast::ledger {
namespace {

constexpr char kMakeTable[] =
    "CREATE TABLE IF NOT EXISTS ledger (number bigint PRIMARY KEY, content text NOT NULL, at timestamptz DEFAULT "
    "now())";
// With both on, what COMMIT acknowledged is on the volume; a server configured otherwise would make the promise void.
constexpr char kDurability[] = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";
constexpr char kReadAll[] = "SELECT number, content FROM ledger";
constexpr char kScan[] = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off";

Duration since(Clock::time_point then) {
  return std::chrono::duration_cast<Duration>(Clock::now() - then);
}

}  // namespace

std::string content_of(int64_t number) {
  // A page holds some sixty of these: the rows are spread over many pages, and each says which row it should be.
  uint64_t mixed = static_cast<uint64_t>(number) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 29;
  return fmt::format("row {:012} {:016x} {:x<64}", number, mixed, "");
}

struct Ledger::Impl {
  LedgerOptions options;
  Books books;
  std::jthread thread;

  mutable std::mutex mutex;  // guards what follows, and books
  std::condition_variable_any changed;
  int64_t next = 1;  // numbers below it may have been sent
  Clock::time_point last_ack = Clock::now();
  Duration longest{};
  int64_t acknowledged_at_begin = 0;
  std::string last_failure;
  bool is_running = false;

  Impl(LedgerOptions o, Books b) : options(std::move(o)), books(std::move(b)) {}

  int64_t acknowledged() const { return static_cast<int64_t>(books.entries().size()); }
  void commit_rows(const std::stop_token& stop);
  Result<void> commit_one(Connection& connection, int64_t number);
  void note_failure(const std::stop_token& stop, const Error& error);
};

Result<void> Ledger::Impl::commit_one(Connection& connection, int64_t number) {
  HF_TRY_VOID(connection.run(
      fmt::format("BEGIN; INSERT INTO ledger (number, content) VALUES ({}, '{}'); COMMIT", number, content_of(number)),
      options.statement_limit));
  const std::lock_guard lock(mutex);
  HF_TRY_VOID(books.write_down(number));
  longest = std::max(longest, since(last_ack));
  last_ack = Clock::now();
  changed.notify_all();
  return {};
}

void Ledger::Impl::note_failure(const std::stop_token& stop, const Error& error) {
  std::unique_lock lock(mutex);
  last_failure = describe(error);
  // Not a wait for the database: it keeps a refused connection from being tried a hundred thousand times a second.
  changed.wait_for(lock, stop, options.pause_after_failure, [] { return false; });
}

void Ledger::Impl::commit_rows(const std::stop_token& stop) {
  std::optional<Connection> connection;
  while (!stop.stop_requested()) {
    if (!connection) {
      Result<Connection> opened = Connection::open(options);
      if (!opened) {
        note_failure(stop, opened.error());
        continue;
      }
      connection.emplace(std::move(*opened));
    }
    int64_t number = 0;
    {
      const std::lock_guard lock(mutex);
      number = next++;  // never sent again, whatever comes of it
    }
    if (Result<void> done = commit_one(*connection, number); !done) {
      connection.reset();
      note_failure(stop, done.error());
    }
  }
}

Result<std::unique_ptr<Ledger>> Ledger::open(LedgerOptions options, Duration limit) {
  HF_TRY(Books books, Books::open(options.file));
  const Clock::time_point until = Clock::now() + limit;
  Result<Connection> connection = Connection::open(options);
  while (!connection && Clock::now() < until) {
    std::this_thread::sleep_for(options.pause_after_failure);
    connection = Connection::open(options);
  }
  if (!connection) return Failure(connection.error());
  HF_TRY_VOID(connection->run(kMakeTable, std::chrono::seconds(10)));
  bool durable = true;
  HF_TRY_VOID(connection->rows(kDurability, std::chrono::seconds(10), [&](const PGresult& result, int row) {
    durable = std::string(PQgetvalue(&result, row, 0)) == "on" && std::string(PQgetvalue(&result, row, 1)) == "on";
  }));
  if (!durable)
    return fail(ErrorKind::invalid, "NotDurable", "the database must run with fsync and synchronous_commit on");
  auto impl = std::make_unique<Impl>(std::move(options), std::move(books));
  // Numbers that an earlier client sent and never acknowledged may be in the table: go on above every row.
  int64_t highest = 0;
  HF_TRY_VOID(
      connection->rows("SELECT coalesce(max(number), 0) FROM ledger", std::chrono::seconds(10),
                       [&](const PGresult& result, int row) { highest = std::stoll(PQgetvalue(&result, row, 0)); }));
  for (int64_t entry : impl->books.entries()) highest = std::max(highest, entry);
  impl->next = highest + 1;
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() {
  stop();
}

void Ledger::start() {
  if (running()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->last_ack = Clock::now();
    impl_->is_running = true;
  }
  impl_->thread = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->commit_rows(stop); });
}

void Ledger::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
  const std::lock_guard lock(impl_->mutex);
  impl_->is_running = false;
}

bool Ledger::running() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->is_running;
}

int64_t Ledger::acknowledged() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->acknowledged();
}

bool Ledger::wait_for(int64_t more, Duration limit) {
  std::unique_lock lock(impl_->mutex);
  const int64_t wanted = impl_->acknowledged() + more;
  return impl_->changed.wait_for(lock, limit, [&] { return impl_->acknowledged() >= wanted; });
}

void Ledger::begin_window() {
  const std::lock_guard lock(impl_->mutex);
  impl_->longest = Duration{};
  impl_->acknowledged_at_begin = impl_->acknowledged();
}

Window Ledger::window() const {
  const std::lock_guard lock(impl_->mutex);
  const Duration open = impl_->is_running ? since(impl_->last_ack) : Duration{};
  return {std::max(impl_->longest, open), impl_->acknowledged() - impl_->acknowledged_at_begin};
}

std::string Ledger::last_failure() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->last_failure;
}

Result<Verification> Ledger::verify(Duration limit) {
  std::unordered_set<int64_t> expected;
  {
    const std::lock_guard lock(impl_->mutex);
    expected.insert(impl_->books.entries().begin(), impl_->books.entries().end());
  }
  Verification verification;
  verification.acknowledged = static_cast<int64_t>(expected.size());

  HF_TRY(Connection connection, Connection::open(impl_->options));
  HF_TRY_VOID(connection.run(kScan, limit));
  std::unordered_set<int64_t> seen;
  auto name = [](std::vector<int64_t>& list, int64_t number) {
    if (list.size() < Verification::kNamed) list.push_back(number);
  };
  HF_TRY_VOID(connection.rows(kReadAll, limit, [&](const PGresult& result, int row) {
    const int64_t number = std::stoll(PQgetvalue(&result, row, 0));
    if (!seen.insert(number).second || PQgetvalue(&result, row, 1) != content_of(number)) {
      name(verification.wrong, number);
    } else if (expected.erase(number) > 0) {
      ++verification.found;
    } else {
      ++verification.extra;
    }
  }));
  // Rows acknowledged since the beginning are extra here; one above every number sent was never ours.
  {
    const std::lock_guard lock(impl_->mutex);
    for (int64_t number : seen) {
      if (number < 1 || number >= impl_->next) name(verification.wrong, number);
    }
  }
  for (int64_t number : expected) name(verification.missing, number);
  std::sort(verification.missing.begin(), verification.missing.end());
  return verification;
}

}  // namespace holdfast::ledger
