#include "cloud/filters.h"

#include "base/text.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {

// Iterative, with one point to come back to: linear for each star, however hostile the pattern.
bool wildcard_match(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, resume = t;
    } else if (escaped && pattern[p + 1] == text[t]) {
      p += 2, ++t;
    } else if (p < pattern.size() && !escaped && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1, t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> escape_wildcards(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    std::string escaped;
    for (char c : text) {
      if (c == '*' || c == '?' || c == '\\') escaped += '\\';
      escaped += c;
    }
    text = std::move(escaped);
  }
  return texts;
}

bool filter_matches(const ec2::Filter& filter, const Values& values) {
  return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& pattern) {
    return std::any_of(values.begin(), values.end(), [&](const auto& value) { return wildcard_match(pattern, value); });
  });
}

bool is_tag_filter(std::string_view name) {
  return name == "tag-key" || (name.starts_with("tag:") && name.size() > 4);
}

bool names_exact_tags(const ec2::Filter& filter) {
  auto has_wildcard = [](const std::string& value) { return value.find_first_of("*?\\") != std::string::npos; };
  return filter.name.starts_with("tag:") && is_tag_filter(filter.name) &&
         std::none_of(filter.values.begin(), filter.values.end(), has_wildcard);
}

Values tag_values(const std::vector<ec2::Tag>& tags, std::string_view name) {
  Values values;
  for (const auto& tag : tags) {
    if (name == "tag-key")
      values.push_back(tag.key);
    else if (tag.key == name.substr(4))
      values.push_back(tag.value);
  }
  return values;
}

Result<void> check_filter(const ec2::Filter& filter, const std::vector<std::string_view>& known) {
  bool is_known = is_tag_filter(filter.name) || std::find(known.begin(), known.end(), filter.name) != known.end();
  if (!is_known) {
    std::vector<std::string> names(known.begin(), known.end());
    return bad_value(
        "The filter '" + filter.name + "' is invalid; there are tag:KEY, tag-key, " + join(names, ", ") + ".",
        "Filter.Name");
  }
  if (filter.values.empty() || filter.values.size() > kMaxFilterValues) {
    return bad_value("The filter '" + filter.name + "' takes 1 to 200 values.", "Filter.Value");
  }
  return {};
}

namespace {

Failure bad_token(std::string_view action) {
  return fail(ErrorKind::invalid, "InvalidNextToken", "The NextToken is not one that " + std::string(action) + " gave.",
              "NextToken");
}

}  // namespace

std::string page_token(std::string_view action, const std::string& last_id) {
  return base64_encode(std::string(action) + ":" + last_id);
}

Result<std::string> read_page_token(std::string_view action, const std::string& token) {
  if (token.empty()) return std::string();
  auto text = base64_decode(token);
  std::string prefix = std::string(action) + ":";
  if (text && text->starts_with(prefix)) return text->substr(prefix.size());
  return bad_token(action);
}

Result<size_t> read_page_place(std::string_view action, const std::string& token, size_t items) {
  if (token.empty()) return size_t{0};
  HF_TRY(const std::string text, read_page_token(action, token));
  const auto place = parse_int(text);
  if (!place || *place < 1 || static_cast<size_t>(*place) >= items) return bad_token(action);
  return static_cast<size_t>(*place);
}

Result<size_t> page_size(int max_results) {
  if (max_results < 0 || max_results > kPageSize) return bad_value("MaxResults is 1 to 1000.", "MaxResults");
  return static_cast<size_t>(max_results == 0 ? kPageSize : max_results);
}

}  // namespace holdfast::cloud
