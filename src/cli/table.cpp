#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace holdfast::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowest = 6;  // no column is cut below it; then the last ones are left out

bool begins_character(char c) {
  return (c & 0xc0) != 0x80;
}

}  // namespace

size_t width_of(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), begins_character));
}

std::string cut(std::string_view utf8, size_t width) {
  if (width_of(utf8) <= width) return std::string(utf8);
  size_t characters = 0;
  size_t end = 0;
  while (end < utf8.size()) {
    if (begins_character(utf8[end]) && ++characters == width) break;
    ++end;
  }
  return std::string(utf8.substr(0, end)) + "…";
}

void Table::add(std::vector<std::string> row) {
  CHECK(row.size() == head_.size());
  for (std::string& cell : row) cell = cell.empty() ? "-" : printable(cell);
  rows_.push_back(std::move(row));
}

std::vector<size_t> Table::widths(int limit) const {
  std::vector<size_t> widths;
  size_t total = 0;
  for (size_t i = 0; i < head_.size(); ++i) {
    size_t width = width_of(head_[i]);
    for (const auto& row : rows_) width = std::max(width, width_of(row[i]));
    widths.push_back(width);
    total += width + (i > 0 ? kGap : 0);
  }
  while (limit > 0 && total > static_cast<size_t>(limit)) {
    // The first column is what other commands are given: half an id is none.
    auto widest = std::max_element(widths.begin() + (widths.size() > 1 ? 1 : 0), widths.end());
    if (*widest > kNarrowest) {
      --*widest;
      --total;
    } else if (widths.size() > 1) {
      total -= widths.back() + kGap;
      widths.pop_back();
    } else {
      break;
    }
  }
  return widths;
}

std::string Table::text(int width, bool colour) const {
  const std::vector<size_t> columns = widths(width);
  std::string text;
  auto line = [&](const std::vector<std::string>& cells, bool paint) {
    std::string words;
    for (size_t i = 0; i < columns.size(); ++i) {
      std::string shown = cut(cells[i], columns[i]);
      size_t blanks = i + 1 < columns.size() ? columns[i] - width_of(shown) + kGap : 0;
      words += (paint ? coloured(cells[i], shown, colour) : shown) + std::string(blanks, ' ');
    }
    text += words + "\n";
  };
  line(head_, false);
  for (const auto& row : rows_) line(row, true);
  return text;
}

std::string coloured(std::string_view word, std::string_view shown, bool colour) {
  static const std::vector<std::pair<std::string_view, int>> kColours = {
      {"ACTIVE", 32}, {"ERROR", 31},        {"PAUSING", 33},     {"RESUMING", 33},  {"RECYCLING", 33},
      {"PAUSED", 36}, {"DEALLOCATING", 33}, {"DEALLOCATED", 90}, {"MIGRATING", 33},
  };
  if (!colour) return std::string(shown);
  for (const auto& [name, code] : kColours) {
    if (name == word) return fmt::format("\033[{}m{}\033[0m", code, shown);
  }
  return std::string(shown);
}

// Rounded to the nearest. Hours up to a week: what goes after 96 h is not "in 3 d" a moment later.
std::string ago(const std::string& iso, Time now) {
  constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;
  std::optional<Time> time = from_iso(iso);
  if (!time) return "-";
  int64_t seconds = std::chrono::round<std::chrono::seconds>(now - *time).count();
  int64_t size = std::abs(seconds);
  auto in = [&](int64_t unit) { return (size + unit / 2) / unit; };
  std::string words = size < 2 * kMinute ? fmt::format("{} s", size)
                      : size < 2 * kHour ? fmt::format("{} m", in(kMinute))
                      : size < 7 * kDay  ? fmt::format("{} h", in(kHour))
                                         : fmt::format("{} d", in(kDay));
  if (size == 0) return "just now";
  return seconds > 0 ? words + " ago" : "in " + words;
}

std::string printable(std::string_view text, bool lines) {
  std::string shown;
  for (char c : text) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    shown += !control || (lines && (c == '\n' || c == '\t')) ? c : c == '\n' || c == '\t' ? ' ' : '?';
  }
  return shown;
}

}  // namespace holdfast::cli
