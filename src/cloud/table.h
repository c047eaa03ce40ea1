// An ordered table of rows that can be changed as part of a transaction: the first touch of a row keeps what it was,
// so that `rollback` puts everything back and `touched` says what the store has to write. Used by the model only,
// under the front's lock. References from `find` and `edit` live until the row is erased or rolled back.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

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
  // Outside any transaction, before any index: what the store had.
  void load(const Key& key, Row row) { rows_.insert_or_assign(key, std::move(row)); }

  const std::map<Key, Row>& rows() const { return rows_; }
  // Key and what the row was before this transaction (nothing: it did not exist).
  const std::map<Key, std::optional<Row>>& touched() const { return before_; }

  using ValuesOf = std::function<std::vector<std::string>(const Row&)>;

  size_t indexes() const { return indexes_.size(); }
  bool has_index(const std::string& index) const { return indexes_.contains(index); }
  // The keys of the rows that have the value, in order, as of the last commit; null: none has. `values_of` must be the
  // same for each use of a name.
  const std::set<Key>* with(const std::string& index, const std::string& value, const ValuesOf& values_of) const {
    auto found = indexes_.find(index);
    if (found == indexes_.end()) {
      found = indexes_.emplace(index, Index{values_of, {}}).first;
      for (const auto& [key, row] : rows_) {
        if (!before_.contains(key)) found->second.add(key, row);
      }
      for (const auto& [key, before] : before_) {
        if (before) found->second.add(key, *before);
      }
    }
    auto keys = found->second.keys.find(value);
    return keys == found->second.keys.end() ? nullptr : &keys->second;
  }

  void commit() {
    for (auto& [name, index] : indexes_) {
      for (const auto& [key, before] : before_) {
        if (before) index.remove(key, *before);
        auto now = rows_.find(key);
        if (now != rows_.end()) index.add(key, now->second);
      }
    }
    before_.clear();
  }
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
  struct Index {
    ValuesOf values_of;
    std::map<std::string, std::set<Key>> keys;

    void add(const Key& key, const Row& row) {
      for (const auto& value : values_of(row)) keys[value].insert(key);
    }
    void remove(const Key& key, const Row& row) {
      for (const auto& value : values_of(row)) {
        auto found = keys.find(value);
        if (found != keys.end() && found->second.erase(key) != 0 && found->second.empty()) keys.erase(found);
      }
    }
  };

  std::map<Key, Row> rows_;
  std::map<Key, std::optional<Row>> before_;
  mutable std::map<std::string, Index> indexes_;
};

}  // namespace holdfast::cloud
