#include "access/audit_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/text.h"

namespace holdfast::access {
namespace {

constexpr int kPage = 500;
constexpr size_t kMostOwed = 1000;

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(Store& store, Time now) {
  std::unique_ptr<AuditLog> log(new AuditLog(store));
  HF_TRY(auto newest, store.newest_rows(INT64_MAX, 1));
  if (!newest.empty()) log->end_ = {newest.front().sequence, newest.front().hash};
  HF_TRY(const AuditEnd noted, store.noted_end());
  if (noted.sequence <= log->end_.sequence) return log;
  AuditEntry cut;
  cut.kind = kCut;
  cut.at = now;
  cut.note = fmt::format("the log ended with entry {} before it, but had held {} entries, the last with the hash {}",
                         log->end_.sequence, noted.sequence, noted.hash);
  HF_TRY_VOID(log->record(std::move(cut)));
  return log;
}

AuditEnd AuditLog::end() const {
  std::lock_guard lock(mutex_);
  return end_;
}

Result<int64_t> AuditLog::record(AuditEntry entry) {
  Waiting mine{std::move(entry)};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  written_.wait(lock, [&] { return mine.done || !writing_; });
  if (!mine.done) write_waiting(lock);
  return mine.outcome;
}

Result<void> AuditLog::healthy(Time now) {
  AuditEntry entry;
  {
    std::lock_guard lock(mutex_);
    if (!trouble_) return {};
    entry.note = "the log could not be written for a while: " + trouble_->message;
  }
  entry.kind = "resumed";
  entry.at = now;
  auto written = record(std::move(entry));
  if (!written) return Failure(written.error());
  return {};
}

void AuditLog::record_later_if_need_be(AuditEntry entry) {
  AuditEntry kept = entry;
  if (record(std::move(entry))) return;
  std::lock_guard lock(mutex_);
  // Nothing new is let in while something is owed, so these are at most the calls that were under way.
  if (owed_.size() < kMostOwed) owed_.push_back(std::move(kept));
}

// Whoever finds nobody writing writes for all that wait; `lock` is let go of meanwhile.
void AuditLog::write_waiting(std::unique_lock<std::mutex>& lock) {
  writing_ = true;
  std::vector<Waiting*> batch(waiting_.begin(), waiting_.end());
  waiting_.clear();
  std::vector<AuditEntry> owed = std::exchange(owed_, {});
  lock.unlock();
  Result<int64_t> first = append_or_fail(owed, batch);
  lock.lock();
  writing_ = false;
  trouble_ = first ? std::nullopt : std::optional(first.error());
  if (!first) owed_.insert(owed_.begin(), owed.begin(), owed.end());
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i]->outcome = first;
    if (first) *batch[i]->outcome += static_cast<int64_t>(i);
    batch[i]->done = true;
  }
  written_.notify_all();
}

// Whatever happens, those who wait get an answer.
Result<int64_t> AuditLog::append_or_fail(const std::vector<AuditEntry>& owed, const std::vector<Waiting*>& batch) {
  try {
    return append(owed, batch);
  } catch (const std::exception& error) {
    return fail(ErrorKind::unavailable, "AuditUnavailable", error.what());
  }
}

// The sequence of the batch's first. Only one thread is here at a time, so it may read the end without the lock.
Result<int64_t> AuditLog::append(const std::vector<AuditEntry>& owed, const std::vector<Waiting*>& batch) {
  std::vector<AuditRow> rows;
  AuditEnd end = end_;
  auto add = [&](const AuditEntry& entry) {
    rows.push_back(row_of(entry, end.sequence + 1, end.sequence == 0 ? first_previous() : end.hash));
    end = {rows.back().sequence, rows.back().hash};
  };
  for (const AuditEntry& entry : owed) add(entry);
  const int64_t first = end.sequence + 1;
  for (const Waiting* one : batch) add(one->entry);
  HF_TRY_VOID(store_.append(rows));
  std::lock_guard lock(mutex_);
  end_ = end;
  return first;
}

Result<AuditVerdict> verify(Store& store, const std::optional<AuditEnd>& known) {
  HF_TRY(const AuditEnd noted, store.noted_end());  // before the rows: they may grow meanwhile
  AuditVerdict verdict;
  auto broken = [&](int64_t at, std::string why) {
    verdict.at = at;
    verdict.why = std::move(why);
    return verdict;
  };
  auto differs = [](const std::optional<AuditEnd>& end, const AuditRow& row) {
    return end && end->sequence == row.sequence && end->hash != row.hash;
  };
  for (;;) {
    HF_TRY(auto rows, store.rows(verdict.end.sequence, kPage));
    for (const AuditRow& row : rows) {
      if (std::string fault = fault_of(row, verdict.end); !fault.empty()) {
        return broken(verdict.end.sequence + 1, std::move(fault));
      }
      if (differs(noted, row) || differs(known, row)) {
        return broken(row.sequence, fmt::format("entry {} is not the one that was written: the log was made anew up to "
                                                "it",
                                                row.sequence));
      }
      verdict.end = {row.sequence, row.hash};
    }
    if (static_cast<int>(rows.size()) < kPage) break;
  }
  const int64_t least = std::max(noted.sequence, known ? known->sequence : 0);
  if (verdict.end.sequence < least) {
    return broken(verdict.end.sequence + 1,
                  fmt::format("the log ends with entry {}, but {} were written: its end was cut off",
                              verdict.end.sequence, least));
  }
  return verdict;
}

Result<AuditEnd> end_named(const std::string& text) {
  const size_t colon = text.find(':');
  const auto sequence = parse_int(std::string_view(text).substr(0, colon));
  if (sequence && *sequence >= 0 && colon != std::string::npos) return AuditEnd{*sequence, text.substr(colon + 1)};
  return fail(ErrorKind::invalid, "InvalidField", "must be SEQUENCE:HASH, as a verification told it.", "end");
}

}  // namespace holdfast::access
