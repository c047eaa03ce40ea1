// Filters and pages of Describe calls. A resource names the values of each filter it knows; EC2's rules for matching
// (alternatives, * and ?, tags) and for pages are here, once.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cloud/lookup.h"
#include "cloud/table.h"
#include "ec2/types.h"

namespace holdfast::cloud {

inline constexpr int kPageSize = 1000;
inline constexpr size_t kMaxFilterValues = 200;
inline constexpr size_t kMaxIndexes = 16;  // of a table; filters by further tags look at every row

bool wildcard_match(std::string_view pattern, std::string_view text);

// Patterns that match these texts alone.
std::vector<std::string> escape_wildcards(std::vector<std::string> texts);

// What a row has for a filter; several values: any of them may match.
using Values = std::vector<std::string>;

// The values of one filter name, for a shown resource.
template <class Shown>
struct FilterField {
  std::string_view name;
  std::function<Values(const Shown&)> values;
};

bool filter_matches(const ec2::Filter& filter, const Values& values);
Values tag_values(const std::vector<ec2::Tag>& tags, std::string_view filter_name);
bool is_tag_filter(std::string_view name);
// tag:KEY, with values that match only themselves.
bool names_exact_tags(const ec2::Filter& filter);
// Refuses a filter that is not among the names, or has no or too many values.
Result<void> check_filter(const ec2::Filter& filter, const std::vector<std::string_view>& known);

template <class Shown>
Result<void> check_filters(const std::vector<ec2::Filter>& filters, const std::vector<FilterField<Shown>>& fields) {
  std::vector<std::string_view> known;
  for (const auto& field : fields) known.push_back(field.name);
  for (const auto& filter : filters) HF_TRY_VOID(check_filter(filter, known));
  return {};
}

template <class Shown>
bool matches(const Shown& shown, const std::vector<ec2::Tag>& tags, const std::vector<ec2::Filter>& filters,
             const std::vector<FilterField<Shown>>& fields) {
  return std::all_of(filters.begin(), filters.end(), [&](const ec2::Filter& filter) {
    if (is_tag_filter(filter.name)) return filter_matches(filter, tag_values(tags, filter.name));
    auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == filter.name; });
    return field != fields.end() && filter_matches(filter, field->values(shown));
  });
}

// A page's token says after which id it begins, and for which action: another action's is refused.
std::string page_token(std::string_view action, const std::string& last_id);
Result<std::string> read_page_token(std::string_view action, const std::string& token);
// For lists without ids the token says at which item it begins.
Result<size_t> read_page_place(std::string_view action, const std::string& token, size_t items);
Result<size_t> page_size(int max_results);

// One page of what was made for this call; it is in the same order each time.
template <class Shown>
Result<std::vector<Shown>> list_page_of(std::string_view action, std::vector<Shown> all, int max_results,
                                        std::string& token_in_out) {
  HF_TRY(size_t size, page_size(max_results));
  HF_TRY(size_t first, read_page_place(action, token_in_out, all.size()));
  const size_t end = std::min(all.size(), first + size);
  token_in_out = end < all.size() ? page_token(action, std::to_string(end)) : "";
  return std::vector<Shown>(std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(first)),
                            std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(end)));
}

// The rows that a filter of a tag's exact values leaves, in order: by an index, so that a call about a few rows does
// not look at all. Nothing: there is no such filter.
template <class Key, class Row>
std::optional<std::vector<Key>> tagged_rows(const Table<Key, Row>& table, const std::vector<ec2::Filter>& filters) {
  for (const auto& filter : filters) {
    const bool one_more = !table.has_index(filter.name);
    if (!names_exact_tags(filter) || (one_more && table.indexes() >= kMaxIndexes)) continue;
    auto values_of = [name = filter.name](const Row& row) { return tag_values(row.tags, name); };
    std::vector<Key> keys;
    for (const auto& value : filter.values) {
      const std::set<Key>* found = table.with(filter.name, value, values_of);
      if (found != nullptr) keys.insert(keys.end(), found->begin(), found->end());
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }
  return std::nullopt;
}

// One page over a table in the order of ids: `accept` shows a row if it is wanted. Ids, if given, must all exist.
// `among`: no other rows can be wanted.
template <class Key, class Row, class Shown>
Result<std::vector<Shown>> list_page(std::string_view action, const Table<Key, Row>& table, const std::vector<Key>& ids,
                                     const std::string& field, int max_results, std::string& token_in_out,
                                     const std::function<std::optional<Shown>(const Row&)>& accept,
                                     const std::optional<std::vector<Key>>& among = std::nullopt) {
  HF_TRY(size_t size, page_size(max_results));
  HF_TRY(std::string after, read_page_token(action, token_in_out));
  token_in_out.clear();
  if (ids.size() > kPageSize) return bad_value("At most 1000 ids a call.", field);
  std::vector<Key> wanted = ids;
  for (const auto& id : wanted) HF_TRY_VOID(need(table, id, field));
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<Shown> page;
  std::string last;
  auto take = [&](const Key& key, const Row& row) {  // false: the page is full
    if (hidden(row)) return true;
    auto shown = accept(row);
    if (!shown) return true;
    if (page.size() == size) {
      token_in_out = page_token(action, last);
      return false;
    }
    page.push_back(std::move(*shown));
    last = key.str();
    return true;
  };
  if (!ids.empty() || among) {
    const std::vector<Key>& keys = ids.empty() ? *among : wanted;
    for (auto at = std::upper_bound(keys.begin(), keys.end(), Key(after)); at != keys.end(); ++at) {
      if (!take(*at, *table.find(*at))) break;
    }
    return page;
  }
  for (auto at = table.rows().upper_bound(Key(after)); at != table.rows().end(); ++at) {
    if (!take(at->first, at->second)) break;
  }
  return page;
}

}  // namespace holdfast::cloud
