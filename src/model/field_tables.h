// Functions for the tables of fields (field_reader.h): how one kind of member is read. A member that was refused keeps
// its default, in a list its place (empty), so that the numbers in paths stay right. Included by read_*.cpp only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"
#include "model/field_reader.h"
#include "model/names.h"

namespace holdfast::model {
namespace json = boost::json;

template <class T, size_t N>
void describe_object(FieldReader& reader, const Field<T> (&table)[N], T& into) {
  for (const Field<T>& field : table) {
    FieldReader::Step step(reader, field.name);
    if (field.read != nullptr) {
      field.read(reader, nullptr, into);
    } else {
      reader.describe("type", "null");
      reader.describe("description", "not honoured yet: leave it out");
    }
  }
}

// Reads an object by its table. A null is as good as an absent field.
template <class T, size_t N>
void read_object(FieldReader& reader, const json::value& value, const Field<T> (&table)[N], T& into) {
  const json::object* object = reader.object(value);
  if (reader.describing()) return describe_object(reader, table, into);
  if (object == nullptr) return;
  for (const auto& member : *object) {
    std::string_view name(member.key().data(), member.key().size());
    FieldReader::Step step(reader, name);
    auto row = std::find_if(std::begin(table), std::end(table), [&](const Field<T>& f) { return f.name == name; });
    if (row == std::end(table)) {
      std::vector<std::string> known;
      for (const Field<T>& field : table) known.emplace_back(field.name);
      unknown_field(reader, name, known);
    } else if (member.value().is_null()) {
      continue;
    } else if (row->read == nullptr) {
      reader.fault("NotHonouredYet", "is not honoured yet; leave it out");
    } else {
      row->read(reader, member.value(), into);
    }
  }
}

template <auto Member, class T>
void boolean(FieldReader& reader, const json::value& value, T& into) {
  if (auto flag = reader.boolean(value)) into.*Member = *flag;
}

template <auto Member, int Least, int Most, class T>
void whole(FieldReader& reader, const json::value& value, T& into) {
  if (auto number = reader.whole(value, Least, Most)) into.*Member = *number;
}

template <auto Member, int Least, int Most, class T>
void seconds(FieldReader& reader, const json::value& value, T& into) {
  if (auto number = reader.whole(value, Least, Most)) into.*Member = std::chrono::seconds(*number);
}

template <auto Member, int Most, bool MayBeEmpty, class T>
void text(FieldReader& reader, const json::value& value, T& into) {
  if (auto words = reader.text(value, Most, MayBeEmpty)) into.*Member = *words;
}

template <class T>
std::optional<T> one_of(FieldReader& reader, const json::value& value, std::initializer_list<T> values) {
  std::optional<std::string> word = reader.text(value, 64);
  std::vector<std::string> words;
  for (T candidate : values) {
    if (word && to_string(candidate) == *word) return candidate;
    words.emplace_back(to_string(candidate));
  }
  reader.describe_words(words);
  if (!word) return std::nullopt;
  reader.fault("InvalidValue", fmt::format("must be {}", join(words, " or ")));
  return std::nullopt;
}

// A word of which the API has several, but only `honoured` has an effect here so far.
inline bool is_honoured(FieldReader& reader, const json::value& value, const std::vector<std::string>& honoured,
                        const std::vector<std::string>& later) {
  std::optional<std::string> word = reader.text(value, 64);
  reader.describe_words(honoured);
  if (!word) return false;
  if (std::find(honoured.begin(), honoured.end(), *word) != honoured.end()) return true;
  if (std::find(later.begin(), later.end(), *word) != later.end()) {
    reader.fault("NotHonouredYet", fmt::format("'{}' is not honoured yet; use '{}'", *word, honoured.front()));
  } else {
    reader.fault("InvalidValue", fmt::format("must be {}", join(honoured, " or ")));
  }
  return false;
}

template <auto Member, const char* Prefix, class T>
void id(FieldReader& reader, const json::value& value, T& into) {
  using Kept = std::remove_reference_t<decltype(into.*Member)>;
  if (auto words = reader.id(value, Prefix)) {
    if constexpr (requires { typename Kept::value_type; }) {
      into.*Member = typename Kept::value_type(*words);
    } else {
      into.*Member = Kept(*words);
    }
  }
}

template <auto Member, const char* Prefix, size_t Most, class T>
void ids(FieldReader& reader, const json::value& value, T& into) {
  const json::array* list = reader.list(value, Most);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    (into.*Member).emplace_back(reader.id((*list)[i], Prefix).value_or(""));
  }
}

}  // namespace holdfast::model
