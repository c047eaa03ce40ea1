// The file of acknowledged numbers: one decimal line for each, appended by one write(2). It has to outlive the instance
// and a crash of the client, not one of this host, so it is not synced line by line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace holdfast::ledger {

class Books {
 public:
  static Result<Books> open(const std::string& path);
  Books(Books&& other) noexcept;
  Books& operator=(Books&& other) = delete;
  ~Books();

  // Must be called only after COMMIT of `number` has returned.
  Result<void> write_down(int64_t number);
  const std::vector<int64_t>& entries() const { return entries_; }

 private:
  Books(int descriptor, std::vector<int64_t> entries) : descriptor_(descriptor), entries_(std::move(entries)) {}
  int descriptor_ = -1;
  std::vector<int64_t> entries_;
};

// The entries in the text of a file; `whole` is the length of its complete lines. A line that is no number is an error:
// books that cannot be read prove nothing.
Result<std::vector<int64_t>> read_entries(const std::string& text, size_t& whole);

}  // namespace holdfast::ledger
