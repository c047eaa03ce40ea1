// The Query protocol's form: "Action=RunInstances&BlockDeviceMapping.1.Ebs.VolumeSize=8". FormWriter builds one from
// dotted names, Form reads one back within limits, FormReader walks it by member; client and server share them.
//
// What holds always: a Form has each name once, in limits of count, length and depth; a reader marks what it was asked
// for, so that a server can refuse the parameters that nobody read. Nothing here recurses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "ec2/uri.h"

namespace holdfast::ec2 {

struct FormLimits {
  size_t max_bytes = 1 << 20;  // of the whole form, encoded
  size_t max_parameters = 10'000;
  size_t max_name = 256;   // characters of a name
  size_t max_depth = 16;   // members of a dotted name
  int max_index = 10'000;  // of a list's item
};

class FormReader;

// Parameters by name, decoded.
class Form {
 public:
  // Refused (invalid): broken escapes or UTF-8, a parameter without a name, more than the limits allow
  // (MalformedQueryString); a doubled parameter (InvalidParameterCombination); an empty member of a name or a bad index
  // (InvalidParameter). "a" without "=" is "a=".
  static Result<Form> parse(std::string_view text, const FormLimits& limits = {});
  // The same checks on pairs that are decoded already (a URL's query).
  static Result<Form> from_pairs(const Pairs& pairs, const FormLimits& limits = {});

  FormReader root() const;
  // Names that no reader asked for, in order; at most `limit` of them.
  std::vector<std::string> unread(size_t limit = 10) const;
  size_t size() const { return parameters_.size(); }

 private:
  friend class FormReader;
  struct Parameter {
    std::string value;
    mutable bool read = false;
  };
  std::map<std::string, Parameter, std::less<>> parameters_;
};

// A place in the form: the root, a structure below a name, or an item of a list. Cheap to copy; the Form must outlive
// it.
class FormReader {
 public:
  // The value of a member, nothing if it is absent.
  std::optional<std::string> text(std::string_view member) const;
  // Refused (InvalidParameterValue) where the value is not what it should be; the error names the parameter in full.
  Result<std::optional<int64_t>> integer(std::string_view member) const;
  Result<std::optional<bool>> boolean(std::string_view member) const;
  Result<std::optional<Time>> time(std::string_view member) const;

  bool has(std::string_view member) const;  // as a value, or with members below it
  FormReader child(std::string_view member) const;
  // "Filter.1", "Filter.2", …: in the order of their numbers; numbers may be missing.
  std::vector<FormReader> items(std::string_view member) const;
  std::vector<std::string> texts(std::string_view member) const;
  // This place's own value: an item of a list of plain values.
  std::optional<std::string> own() const;
  const std::string& path() const { return path_; }  // "BlockDeviceMapping.1"; empty at the root

 private:
  friend class Form;
  FormReader(const Form& form, std::string path) : form_(&form), path_(std::move(path)) {}
  std::string name_of(std::string_view member) const;
  std::optional<std::string> value_of(const std::string& name) const;
  std::vector<int64_t> indices(std::string_view member) const;

  const Form* form_;
  std::string path_;
};

// Builds the pairs of a form. `child` and `item` give writers for the place below; they share what is written.
class FormWriter {
 public:
  FormWriter();
  void put(std::string_view member, std::string_view value);
  void put(std::string_view member, const char* value) { put(member, std::string_view(value)); }
  void put(std::string_view member, int64_t value);
  void put(std::string_view member, int value) { put(member, static_cast<int64_t>(value)); }
  void put(std::string_view member, bool value);
  void put(std::string_view member, Time value);
  void put_list(std::string_view member, const std::vector<std::string>& values);  // "InstanceId.1", …
  FormWriter child(std::string_view member) const;
  FormWriter item(std::string_view member, int number) const;  // from 1
  const Pairs& pairs() const { return *pairs_; }

 private:
  FormWriter(std::shared_ptr<Pairs> pairs, std::string path) : pairs_(std::move(pairs)), path_(std::move(path)) {}
  std::string name_of(std::string_view member) const;

  std::shared_ptr<Pairs> pairs_;  // shared: a writer of a place below may outlive the one it came from
  std::string path_;
};

}  // namespace holdfast::ec2
