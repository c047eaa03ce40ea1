#include "model/json_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"

namespace holdfast::model {
namespace json = boost::json;
namespace {

// Boost.JSON keeps the last of two members of one name without a word; which one the writer meant cannot be known. This
// handler walks the text once and keeps nothing but the names of the objects that are open.
class DoubledKeys {
 public:
  static constexpr size_t max_object_size = size_t(-1);
  static constexpr size_t max_array_size = size_t(-1);
  static constexpr size_t max_key_size = size_t(-1);
  static constexpr size_t max_string_size = size_t(-1);

  const std::string& first() const { return first_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(false); }
  bool on_object_end(size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code&) { return open(true); }
  bool on_array_end(size_t, json::error_code&) { return close(); }
  bool on_key_part(json::string_view part, size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    levels_.back().key = key_;
    if (!levels_.back().seen.insert(std::move(key_)).second && first_.empty()) first_ = path();
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view, size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, size_t, json::error_code&) { return item(); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(int64_t, json::string_view, json::error_code&) { return item(); }
  bool on_uint64(uint64_t, json::string_view, json::error_code&) { return item(); }
  bool on_double(double, json::string_view, json::error_code&) { return item(); }
  bool on_bool(bool, json::error_code&) { return item(); }
  bool on_null(json::error_code&) { return item(); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Level {
    bool list = false;
    size_t index = 0;
    std::string key;
    std::set<std::string> seen;
  };

  bool open(bool list) {
    levels_.push_back({list, 0, {}, {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return item();
  }
  bool item() {
    if (!levels_.empty() && levels_.back().list) ++levels_.back().index;
    return true;
  }
  std::string path() const {
    std::string text;
    for (const Level& level : levels_) {
      if (level.list) {
        text += fmt::format("[{}]", level.index);
      } else {
        text += (text.empty() ? "" : ".") + level.key;
      }
    }
    return text.empty() ? "\"\"" : text;
  }

  std::vector<Level> levels_;
  std::string key_;
  std::string first_;
};

Failure broken(std::string message, std::string field = {}) {
  return fail(ErrorKind::invalid, "InvalidJson", std::move(message), std::move(field));
}

std::string position(std::string_view text, size_t offset) {
  size_t line = 1;
  size_t start = 0;
  for (size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    ++line;
    start = i + 1;
  }
  return fmt::format("line {}, column {}", line, offset - start + 1);
}

}  // namespace

Result<json::value> parse_strictly(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    return broken(
        fmt::format("The document has {} bytes, the limit is {}: make it shorter", text.size(), kMaxDocumentBytes));
  }
  if (!is_utf8(text)) return broken("The text is not UTF-8: save it in that encoding");
  json::parse_options options;
  options.max_depth = kMaxDocumentDepth;
  json::basic_parser<DoubledKeys> scanner(options);
  json::error_code error;
  size_t used = scanner.write_some(false, text.data(), text.size(), error);
  if (!error && trim(text.substr(used)).empty() && !scanner.done()) error = json::error::incomplete;
  if (!error && !trim(text.substr(used)).empty()) error = json::error::extra_data;
  if (error == json::error::too_deep) {
    return broken(fmt::format("{}: nested more than {} levels deep", position(text, used), kMaxDocumentDepth));
  }
  if (error) return broken(fmt::format("{}: not JSON: {}", position(text, used), error.message()));
  if (!scanner.handler().first().empty()) {
    return broken("is given twice: leave one of the two out", scanner.handler().first());
  }
  json::value value = json::parse(text, error, {}, options);
  if (error) return broken("not JSON: " + error.message());
  return value;
}

}  // namespace holdfast::model
