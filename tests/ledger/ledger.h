// A client that keeps its own books. It commits numbered rows to a PostgreSQL that may lose its machine at any moment,
// and writes a number down in a file of its own only after COMMIT has returned. Afterwards the books say exactly which
// rows must be found: every one written down, each once, each with its content. A row that was sent and never
// acknowledged may be there or not. Used by the demo, the crash test and the benchmarks.
//
// What always holds: a number is sent at most once (after an unknown outcome the next number is used), so a row found
// twice is the database's fault; a number in the file was acknowledged before it was written there.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::ledger {

struct LedgerOptions {
  std::string host;  // the instance's private IP
  uint16_t port = 5432;
  std::string user = "postgres";
  std::string database = "postgres";
  std::string file;  // the books; appended to if it is there
  // How long one step may take before the connection is given up and made anew. The answer to a COMMIT whose machine is
  // gone never comes, so these bound what the client itself adds to a silence.
  Duration reach_limit = std::chrono::milliseconds(250);  // TCP
  Duration login_limit = std::chrono::seconds(2);
  Duration statement_limit = std::chrono::milliseconds(1000);
  Duration pause_after_failure = std::chrono::milliseconds(10);
};

// The longest silence between two acknowledged commits, counted from the last one before the window began.
struct Window {
  Duration longest{};  // including the silence that is still going on
  int64_t acknowledged = 0;
};

struct Verification {
  int64_t acknowledged = 0;      // written down when the verification began
  int64_t found = 0;             // of these, found with the right content
  int64_t extra = 0;             // found, sent, never acknowledged: allowed
  std::vector<int64_t> missing;  // acknowledged and not found: lost data. At most kNamed are named
  std::vector<int64_t> wrong;    // found with another content, twice, or never sent
  bool held() const { return missing.empty() && wrong.empty() && found == acknowledged; }

  static constexpr size_t kNamed = 20;
};

// Thread: every function may be called from any thread; the client runs on one of its own.
class Ledger {
 public:
  // Reads the books (a torn last line is no entry), makes the table if it is missing. Waits up to `limit` for the
  // database to answer.
  static Result<std::unique_ptr<Ledger>> open(LedgerOptions options, Duration limit);
  ~Ledger();  // stops
  Ledger(const Ledger&) = delete;

  void start();  // begins to commit, one row a transaction, without a pause
  void stop();   // ends after the statement under way
  bool running() const;

  int64_t acknowledged() const;
  // Blocks until `more` further commits are acknowledged; false if `limit` is over before.
  bool wait_for(int64_t more, Duration limit);

  void begin_window();
  Window window() const;
  std::string last_failure() const;  // why the last connection was given up; empty if never

  // Reads every row over a connection of its own, by a sequential scan (an index could hide a row found twice), and
  // holds it to the books. The client may go on meanwhile.
  Result<Verification> verify(Duration limit);

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The content that belongs to a number.
std::string content_of(int64_t number);

}  // namespace holdfast::ledger
