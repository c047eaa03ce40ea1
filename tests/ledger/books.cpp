#include "ledger/books.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "base/text.h"

namespace holdfast::ledger {

Result<std::vector<int64_t>> read_entries(const std::string& text, size_t& whole) {
  std::vector<int64_t> entries;
  whole = 0;
  while (true) {
    const size_t end = text.find('\n', whole);
    if (end == std::string::npos) return entries;
    const auto number = parse_int(std::string_view(text).substr(whole, end - whole));
    if (!number || *number < 0) {
      return fail(ErrorKind::invalid, "BrokenLedger", fmt::format("line {} is not a number", entries.size() + 1));
    }
    entries.push_back(*number);
    whole = end + 1;
  }
}

Result<Books> Books::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return Failure(system_error("open " + path, errno));
  Books books(descriptor, {});
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  size_t whole = 0;
  HF_TRY(books.entries_, read_entries(text.str(), whole));
  // A last line without its end was being written when the client died; cut off, or the next entry would join it.
  if (ftruncate(descriptor, static_cast<off_t>(whole)) != 0) return Failure(system_error("truncate " + path, errno));
  return books;
}

Books::Books(Books&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), entries_(std::move(other.entries_)) {}

Books::~Books() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> Books::write_down(int64_t number) {
  const std::string line = fmt::format("{}\n", number);
  ssize_t written = 0;
  do written = write(descriptor_, line.data(), line.size());
  while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(line.size()))
    return Failure(system_error("write the ledger", written < 0 ? errno : ENOSPC));
  entries_.push_back(number);
  return {};
}

}  // namespace holdfast::ledger
