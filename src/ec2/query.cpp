#include "ec2/query.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace holdfast::ec2 {
namespace {

Failure malformed(std::string message, std::string field = {}) {
  return fail(ErrorKind::invalid, "MalformedQueryString", std::move(message), std::move(field));
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A member is a word or an item's number: 1, 2, … without leading zeros, so that no two names mean one place.
Result<void> check_name(std::string_view name, const FormLimits& limits) {
  if (name.empty()) return malformed("a parameter has no name");
  if (name.size() > limits.max_name)
    return malformed(fmt::format("a parameter's name is longer than {} characters: {}", limits.max_name, quoted(name)));
  size_t depth = 0;
  for (const std::string& member : split(name, '.')) {
    if (++depth > limits.max_depth)
      return malformed(fmt::format("a parameter's name has more than {} members: {}", limits.max_depth, quoted(name)));
    if (member.empty())
      return fail(ErrorKind::invalid, "InvalidParameter", "a parameter's name has an empty member", quoted(name));
    if (!is_number(member)) continue;
    const auto index = parse_int(member);
    if (member[0] == '0' || !index || *index > limits.max_index)
      return fail(ErrorKind::invalid, "InvalidParameter",
                  fmt::format("items of a list are numbered from 1 to {}", limits.max_index), quoted(name));
  }
  return {};
}

Failure bad_value(const std::string& name, std::string_view value, std::string_view wanted) {
  return fail(ErrorKind::invalid, "InvalidParameterValue",
              fmt::format("Value ({}) for parameter {} is invalid: give {}", quoted(value), name, wanted), name);
}

}  // namespace

Result<Form> Form::from_pairs(const Pairs& pairs, const FormLimits& limits) {
  if (pairs.size() > limits.max_parameters)
    return malformed(fmt::format("more than {} parameters", limits.max_parameters));
  Form form;
  for (const auto& [name, value] : pairs) {
    if (!is_utf8(name) || !is_utf8(value)) return malformed("a parameter is not UTF-8");
    HF_TRY_VOID(check_name(name, limits));
    if (!form.parameters_.try_emplace(name, Parameter{value}).second)
      return fail(ErrorKind::invalid, "InvalidParameterCombination", "the parameter is given twice", name);
  }
  return form;
}

Result<Form> Form::parse(std::string_view text, const FormLimits& limits) {
  if (text.size() > limits.max_bytes)
    return malformed(fmt::format("the form is larger than {} bytes", limits.max_bytes));
  Pairs pairs;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    if (pairs.size() == limits.max_parameters)
      return malformed(fmt::format("more than {} parameters", limits.max_parameters));
    const size_t equals = std::min(part.find('='), part.size());
    auto name = uri_decode(part.substr(0, equals), Plus::as_space);
    auto value = uri_decode(part.substr(std::min(equals + 1, part.size())), Plus::as_space);
    if (!name || !value) return malformed(fmt::format("a broken escape in: {}", quoted(part)));
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return from_pairs(pairs, limits);
}

FormReader Form::root() const {
  return {*this, ""};
}

std::vector<std::string> Form::unread(size_t limit) const {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : parameters_) {
    if (names.size() == limit) break;
    if (!parameter.read) names.push_back(name);
  }
  return names;
}

std::string FormReader::name_of(std::string_view member) const {
  return path_.empty() ? std::string(member) : path_ + "." + std::string(member);
}

std::optional<std::string> FormReader::value_of(const std::string& name) const {
  auto found = form_->parameters_.find(name);
  if (found == form_->parameters_.end()) return std::nullopt;
  found->second.read = true;
  return found->second.value;
}

std::optional<std::string> FormReader::text(std::string_view member) const {
  return value_of(name_of(member));
}

std::optional<std::string> FormReader::own() const {
  return value_of(path_);
}

Result<std::optional<int64_t>> FormReader::integer(std::string_view member) const {
  const auto value = text(member);
  if (!value) return std::nullopt;
  const auto number = parse_int(*value);
  if (!number) return bad_value(name_of(member), *value, "a whole number");
  return number;
}

Result<std::optional<bool>> FormReader::boolean(std::string_view member) const {
  const auto value = text(member);
  if (!value) return std::nullopt;
  if (*value == "true" || *value == "True" || *value == "1") return true;
  if (*value == "false" || *value == "False" || *value == "0") return false;
  return bad_value(name_of(member), *value, "true or false");
}

Result<std::optional<Time>> FormReader::time(std::string_view member) const {
  const auto value = text(member);
  if (!value) return std::nullopt;
  const auto time = from_iso(*value);
  if (!time) return bad_value(name_of(member), *value, "a time as 2026-01-31T12:00:00Z");
  return time;
}

bool FormReader::has(std::string_view member) const {
  const std::string name = name_of(member);
  if (form_->parameters_.count(name) > 0) return true;
  auto next = form_->parameters_.lower_bound(name + ".");
  return next != form_->parameters_.end() && next->first.starts_with(name + ".");
}

FormReader FormReader::child(std::string_view member) const {
  return {*form_, name_of(member)};
}

std::vector<int64_t> FormReader::indices(std::string_view member) const {
  const std::string prefix = name_of(member) + ".";
  std::vector<int64_t> found;
  auto next = form_->parameters_.lower_bound(prefix);
  while (next != form_->parameters_.end() && next->first.starts_with(prefix)) {
    const std::string_view rest = std::string_view(next->first).substr(prefix.size());
    const std::string_view number = rest.substr(0, rest.find('.'));
    // "X.1", "X.1.a", "X.10", "X.1.b" may be mixed in the map's order, so an index can come more than once.
    if (is_number(number)) found.push_back(*parse_int(number));
    ++next;
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<FormReader> FormReader::items(std::string_view member) const {
  std::vector<FormReader> items;
  for (int64_t index : indices(member)) items.push_back({*form_, fmt::format("{}.{}", name_of(member), index)});
  return items;
}

std::vector<std::string> FormReader::texts(std::string_view member) const {
  std::vector<std::string> values;
  for (const FormReader& item : items(member)) {
    if (auto value = item.own()) values.push_back(std::move(*value));
  }
  return values;
}

FormWriter::FormWriter() : pairs_(std::make_shared<Pairs>()) {}

std::string FormWriter::name_of(std::string_view member) const {
  return path_.empty() ? std::string(member) : path_ + "." + std::string(member);
}

void FormWriter::put(std::string_view member, std::string_view value) {
  pairs_->emplace_back(name_of(member), value);
}

void FormWriter::put(std::string_view member, int64_t value) {
  pairs_->emplace_back(name_of(member), fmt::format("{}", value));
}

void FormWriter::put(std::string_view member, bool value) {
  pairs_->emplace_back(name_of(member), value ? "true" : "false");
}

void FormWriter::put(std::string_view member, Time value) {
  pairs_->emplace_back(name_of(member), to_iso(value));
}

void FormWriter::put_list(std::string_view member, const std::vector<std::string>& values) {
  for (size_t i = 0; i < values.size(); ++i) put(fmt::format("{}.{}", member, i + 1), values[i]);
}

FormWriter FormWriter::child(std::string_view member) const {
  return {pairs_, name_of(member)};
}

FormWriter FormWriter::item(std::string_view member, int number) const {
  CHECK(number >= 1);
  return {pairs_, fmt::format("{}.{}", name_of(member), number)};
}

}  // namespace holdfast::ec2
