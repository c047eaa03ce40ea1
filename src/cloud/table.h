// An ordered table of rows that can be changed as part of a transaction: the first touch of a row keeps what it was,
// so that `rollback` puts everything back and `touched` says what the store has to write. Used by the model only,
// under the front's lock. References from `find` and `edit` live until the row is erased or rolled back.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "base/check.h"

namespace holdfast::cloud {

template <class Key, class Row>
class Table {
 public:
  const Row* find(const Key& key) const {
    auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }
  bool contains(const Key& key) const { return rows_.count(key) != 0; }

  // The row must exist.
  Row& edit(const Key& key) {
    auto found = rows_.find(key);
    CHECK(found != rows_.end());
    before_.try_emplace(key, found->second);
    return found->second;
  }
  Row& put(const Key& key, Row row) {
    auto found = rows_.find(key);
    before_.try_emplace(key, found == rows_.end() ? std::nullopt : std::optional<Row>(found->second));
    return rows_.insert_or_assign(key, std::move(row)).first->second;
  }
  void erase(const Key& key) {
    auto found = rows_.find(key);
    if (found == rows_.end()) return;
    before_.try_emplace(key, std::move(found->second));
    rows_.erase(found);
  }
  // Outside any transaction: what the store had.
  void load(const Key& key, Row row) { rows_.insert_or_assign(key, std::move(row)); }

  const std::map<Key, Row>& rows() const { return rows_; }
  // Key and what the row was before this transaction (nothing: it did not exist).
  const std::map<Key, std::optional<Row>>& touched() const { return before_; }

  void commit() { before_.clear(); }
  void rollback() {
    for (auto& [key, row] : before_) {
      if (row)
        rows_.insert_or_assign(key, std::move(*row));
      else
        rows_.erase(key);
    }
    before_.clear();
  }

 private:
  std::map<Key, Row> rows_;
  std::map<Key, std::optional<Row>> before_;
};

}  // namespace holdfast::cloud
