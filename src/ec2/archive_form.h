// The two archives for requests: FormOut writes a described struct as a Query form, FormIn fills one from it. Lists are
// flat and numbered ("Filter.1.Value.2"); names are the model's queryName, or its locationName with a capital.
//
// What holds always: FormIn keeps the first error and reads on without effect; what it did not read is left unread in
// the Form, for decode_request to refuse. Included by the generated sources alone.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ec2/query.h"
#include "ec2/wire_scalar.h"

namespace holdfast::ec2::wire {

class FormOut {
 public:
  static constexpr bool kReads = false;
  explicit FormOut(FormWriter at) : at_(std::move(at)) {}

  template <class T>
  void value(Names names, const T& member, unsigned use = kPlain) {
    if (is_said(member, use)) text(names, to_wire(member));
  }
  template <class T>
  void values(Names names, const std::vector<T>& members, unsigned = kPlain, std::string_view = {}) {
    for (size_t i = 0; i < members.size(); ++i) at_.put(numbered(names, i), to_wire(members[i]));
  }
  template <class Shape, class T>
  void object(Names names, const T& member, unsigned = kPlain) {
    FormOut inner(at_.child(names.form));
    if constexpr (kIsOptional<T>) {
      if (member) Shape::visit(inner, *member);
    } else {
      Shape::visit(inner, member);
    }
  }
  template <class Shape, class T>
  void objects(Names names, const std::vector<T>& members, unsigned = kPlain, std::string_view = {}) {
    size_t written = 0;  // one that says nothing is no element, and leaves no gap
    for (const T& member : members) {
      const size_t before = at_.pairs().size();
      FormOut inner(at_.child(numbered(names, written)));
      Shape::visit(inner, member);
      if (at_.pairs().size() > before) ++written;
    }
  }
  // A structure of the wire that our struct does not have: its members are ours.
  template <class F>
  void within(Names names, F visit) {
    FormOut inner(at_.child(names.form));
    visit(inner);
  }
  // A list of structures of which only one member is ours.
  template <class T>
  void values_within(Names names, Names inner, const std::vector<T>& members, unsigned = kPlain,
                     std::string_view = {}) {
    for (size_t i = 0; i < members.size(); ++i) at_.child(numbered(names, i)).put(inner.form, to_wire(members[i]));
  }

  void text(Names names, std::string_view value) { at_.put(names.form, value); }

 private:
  static std::string numbered(Names names, size_t i) { return fmt::format("{}.{}", names.form, i + 1); }
  FormWriter at_;
};

class FormIn {
 public:
  static constexpr bool kReads = true;
  FormIn(FormReader at, std::optional<Error>& error) : at_(std::move(at)), error_(&error) {}

  template <class T>
  void value(Names names, T& member, unsigned use = kPlain) {
    auto found = text(names, use);
    if (!found) return;
    // EC2 takes what is required and empty for missing.
    constexpr bool kIsText = std::same_as<T, std::string> || kIsId<T>;
    if (kIsText && (use & kRequired) && !(use & kAlways) && found->empty()) return missing(names);
    read(path_of(names), *found, member);
  }
  template <class T>
  void values(Names names, std::vector<T>& members, unsigned use = kPlain, std::string_view = {}) {
    for (const FormReader& item : at_.items(names.form)) {
      if (auto found = item.own()) read(item.path(), *found, members.emplace_back());
    }
    if ((use & kRequired) && members.empty()) missing(names);
  }
  template <class Shape, class T>
  void object(Names names, T& member, unsigned use = kPlain) {
    if (!at_.has(names.form)) {
      if (use & kRequired) missing(names);
      return;
    }
    FormIn inner(at_.child(names.form), *error_);
    if constexpr (kIsOptional<T>)
      Shape::visit(inner, member.emplace());
    else
      Shape::visit(inner, member);
  }
  template <class Shape, class T>
  void objects(Names names, std::vector<T>& members, unsigned use = kPlain, std::string_view = {}) {
    for (FormReader& item : at_.items(names.form)) {
      FormIn inner(std::move(item), *error_);
      Shape::visit(inner, members.emplace_back());
    }
    if ((use & kRequired) && members.empty()) missing(names);
  }
  template <class F>
  void within(Names names, F visit) {
    FormIn inner(at_.child(names.form), *error_);
    visit(inner);
  }
  template <class T>
  void values_within(Names names, Names inner, std::vector<T>& members, unsigned use = kPlain, std::string_view = {}) {
    for (const FormReader& item : at_.items(names.form)) {
      FormIn(item, *error_).value(inner, members.emplace_back(), kRequired);
    }
    if ((use & kRequired) && members.empty()) missing(names);
  }

  std::optional<std::string> text(Names names, unsigned use = kPlain) {
    auto found = at_.text(names.form);
    if (!found && (use & kRequired)) missing(names);
    return found;
  }
  bool has(Names names) const { return at_.has(names.form); }
  void refuse(Names names, std::string code, std::string message) {
    if (!*error_) *error_ = Error{ErrorKind::invalid, std::move(code), std::move(message), path_of(names)};
  }

 private:
  std::string path_of(Names names) const {
    return at_.path().empty() ? std::string(names.form) : fmt::format("{}.{}", at_.path(), names.form);
  }
  void missing(Names names) {
    refuse(names, "MissingParameter", fmt::format("The request must contain the parameter {}", path_of(names)));
  }
  template <class T>
  void read(const std::string& path, const std::string& text, T& member) {
    if (from_wire(text, member) || *error_) return;
    *error_ =
        Error{ErrorKind::invalid, "InvalidParameterValue",
              fmt::format("Value ({}) for parameter {} is invalid: give {}", quoted(text), path, wanted<T>()), path};
  }

  FormReader at_;
  std::optional<Error>* error_;
};

}  // namespace holdfast::ec2::wire
