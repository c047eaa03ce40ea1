// Tables and short texts for people: columns that fit the terminal, colours of states, lengths of time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::cli {

// Columns that are a terminal wide: every character counts one; combining and double-width ones are not looked up.
size_t width_of(std::string_view utf8);
// At most `width` characters, the last one "…" if something was cut.
std::string cut(std::string_view utf8, size_t width);

class Table {
 public:
  explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}
  void add(std::vector<std::string> row);  // as many cells as the head
  bool empty() const { return rows_.empty(); }
  // `width` 0: as wide as it comes. Otherwise the widest columns are cut until it fits, the first one (ids) last, and
  // where that is not enough the last ones are left out. Ends with a new line.
  std::string text(int width, bool colour) const;

 private:
  std::vector<size_t> widths(int limit) const;
  std::vector<std::string> head_;
  std::vector<std::vector<std::string>> rows_;
};

// ACTIVE green, ERROR red, what is under way yellow.
std::string coloured(std::string_view word, std::string_view shown, bool colour);

// "3 m ago", "in 2 h", "just now". `iso` as the API writes it; "-" if it is no time.
std::string ago(const std::string& iso, Time now);

// Text from the outside without control characters, so that it cannot move the cursor. New lines stay if wanted.
std::string printable(std::string_view text, bool lines = false);

}  // namespace holdfast::cli
