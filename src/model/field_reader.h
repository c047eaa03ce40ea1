// Reads fields of a document one by one and gathers what is wrong with each, with its dotted path. The table of fields
// is in read_spec.cpp; what fields mean for each other is in spec_rules.cpp.
//
// The same functions also tell what they would take: a reader that describes is led through the tables without a
// document, and notes what is asked of each field as JSON Schema. So what is told of a field is what is checked.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::model {

inline constexpr size_t kMaxFaults = 100;  // more are not told: the first hundred are work enough

class FieldReader {
 public:
  FieldReader();
  ~FieldReader();
  FieldReader(FieldReader&&) noexcept;

  // One that describes: every value it is given is null, none is read, and faults are not told.
  static FieldReader describer();
  bool describing() const { return description_ != nullptr; }
  // Of the field it stands at: only these words; or one more keyword of JSON Schema.
  void describe_words(const std::vector<std::string>& words);
  void describe(std::string_view keyword, const boost::json::value& value);
  boost::json::object take_description();

  // Where the reader stands. Entered and left by these objects.
  class Step {
   public:
    Step(FieldReader& reader, std::string_view name);
    Step(FieldReader& reader, size_t index);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    FieldReader& reader_;
    size_t length_;
  };

  void fault(std::string code, std::string message);                        // of the field it stands at
  void fault_at(std::string field, std::string code, std::string message);  // of any field, by its whole path
  // Whether the field, something above it or something in it already has a fault.
  bool faulted(std::string_view field) const;
  const std::string& path() const { return path_; }
  std::vector<Error> take() { return std::move(faults_); }
  size_t count() const { return faults_.size(); }

  // Each gives nothing, and a fault, where the value is of another type or out of bounds.
  std::optional<bool> boolean(const boost::json::value& value);
  std::optional<int> whole(const boost::json::value& value, int least, int most);
  // At most `most` characters, at least one unless `may_be_empty`, no control characters except a new line.
  std::optional<std::string> text(const boost::json::value& value, size_t most, bool may_be_empty = false);
  // "subnet-" and 8 or 17 hexadecimal digits.
  std::optional<std::string> id(const boost::json::value& value, std::string_view prefix);
  // The text as it was sent; `most` bytes once decoded.
  std::optional<std::string> base64(const boost::json::value& value, size_t most);
  const boost::json::object* object(const boost::json::value& value);
  const boost::json::array* list(const boost::json::value& value, size_t most);

 private:
  friend class Step;
  struct Description;
  void describe_type(std::string_view type);
  std::unique_ptr<Description> description_;
  std::string path_;
  std::vector<Error> faults_;
};

// One row of a table of fields: how a member of T is read. No function: the API has the field, but it has no effect
// here yet, so it is refused rather than stored and ignored.
template <class T>
struct Field {
  std::string_view name;
  void (*read)(FieldReader& reader, const boost::json::value& value, T& into) = nullptr;
};

// Four numbers of at most 255, without leading zeros.
bool is_ipv4(const std::string& text);

// "is no field of …; did you mean 'x'?"
void unknown_field(FieldReader& reader, std::string_view name, const std::vector<std::string>& known);

}  // namespace holdfast::model
