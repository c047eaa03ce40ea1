// The audit log: what was asked for over HTTP, by whom, and what came of it. An entry "asked" is on disk before
// anything is done; where it cannot be written, nothing is done. "done" follows before the answer is given. Should the
// disk fill up between the two, the answer is given all the same (it was done), the entry is kept in memory, written
// before any other, and until then nothing else may be changed. An "asked" without its "done" was cut short by the
// service's end.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "access/audit_entry.h"
#include "access/store.h"
#include "base/error.h"

namespace holdfast::access {

// Thread: any.
class AuditLog {
 public:
  // Goes on where the log ends. If that is not where it was left, somebody cut it off: an entry "cut" says so for good.
  // The store outlives this.
  static Result<std::unique_ptr<AuditLog>> open(Store& store, Time now);

  // On stable storage when it returns: its sequence. Entries that come while others are being written share one write.
  Result<int64_t> record(AuditEntry entry);
  // The same, for what has happened already: never lost while this process lives.
  void record_later_if_need_be(AuditEntry entry);

  // Whether it could be written the last time; where not, it is tried again, with an entry "resumed" that tells of the
  // gap. The error says why not.
  Result<void> healthy(Time now);
  AuditEnd end() const;

 private:
  struct Waiting {
    AuditEntry entry;
    bool done = false;
    Result<int64_t> outcome = 0;
  };
  explicit AuditLog(Store& store) : store_(store) {}
  Result<int64_t> append(const std::vector<AuditEntry>& owed, const std::vector<Waiting*>& batch);
  Result<int64_t> append_or_fail(const std::vector<AuditEntry>& owed, const std::vector<Waiting*>& batch);
  void write_waiting(std::unique_lock<std::mutex>& lock);

  Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable written_;
  bool writing_ = false;
  std::deque<Waiting*> waiting_;
  std::vector<AuditEntry> owed_;  // happened, could not be written yet
  AuditEnd end_;
  std::optional<Error> trouble_;  // of the last write
};

// The log looked through from its first entry on. The first fault is told; what follows it proves nothing.
struct AuditVerdict {
  AuditEnd end;               // the newest entry that is as it was written
  std::optional<int64_t> at;  // the first entry that is not, or is missing; nothing: all are
  std::string why;
};
// `known`: an end that was noted elsewhere, such as on paper: the log must have held it. Errors are the store's.
Result<AuditVerdict> verify(Store& store, const std::optional<AuditEnd>& known);
// "SEQUENCE:HASH", as a verdict is told.
Result<AuditEnd> end_named(const std::string& text);

}  // namespace holdfast::access
