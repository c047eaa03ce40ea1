// The two archives for answers: XmlOut writes a described struct as elements, XmlIn fills one from them. Lists are
// wrapped: <volumeSet><item>…</item></volumeSet>, and written also when they are empty, as EC2 does, so that clients
// find the member; an empty tagSet alone is left out, as there.
//
// What holds always: elements that nobody asks for are skipped (EC2 adds new ones); a value that is not of its type is
// the answer's first error. Included by the generated sources alone.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ec2/wire_scalar.h"
#include "ec2/xml.h"

namespace holdfast::ec2::wire {

class XmlOut {
 public:
  static constexpr bool kReads = false;
  explicit XmlOut(XmlWriter& to) : to_(&to) {}

  template <class T>
  void value(Names names, const T& member, unsigned use = kPlain) {
    if (is_said(member, use)) text(names, to_wire(member));
  }
  template <class T>
  void values(Names names, const std::vector<T>& members, unsigned = kPlain, std::string_view item = kItem) {
    if (members.empty() && left_out(names)) return;
    open(names.xml);
    for (const T& member : members) to_->put(item, to_wire(member));
    to_->close();
  }
  template <class Shape, class T>
  void object(Names names, const T& member, unsigned = kPlain) {
    if constexpr (kIsOptional<T>) {
      if (!member) return;
      open(names.xml);
      Shape::visit(*this, *member);
    } else {
      open(names.xml);
      Shape::visit(*this, member);
    }
    to_->close();
  }
  template <class Shape, class T>
  void objects(Names names, const std::vector<T>& members, unsigned = kPlain, std::string_view item = kItem) {
    if (members.empty() && left_out(names)) return;
    open(names.xml);
    for (const T& member : members) {
      to_->open(item);
      Shape::visit(*this, member);
      to_->close();
    }
    to_->close();
  }
  // The element is opened by the first member that is written into it: without one there is no element.
  template <class F>
  void within(Names names, F visit) {
    waiting_.push_back(names.xml);
    const size_t outer = waiting_.size();
    visit(*this);
    if (waiting_.size() == outer)
      waiting_.pop_back();
    else
      to_->close();
  }
  template <class T>
  void values_within(Names names, Names inner, const std::vector<T>& members, unsigned = kPlain,
                     std::string_view item = kItem) {
    open(names.xml);
    for (const T& member : members) {
      to_->open(item);
      to_->put(inner.xml, to_wire(member));
      to_->close();
    }
    to_->close();
  }

  void text(Names names, std::string_view value) {
    open_waiting();
    to_->put(names.xml, value);
  }

  static constexpr std::string_view kItem = "item";

 private:
  static bool left_out(Names names) { return names.xml == "tagSet"; }
  void open(std::string_view name) {
    open_waiting();
    to_->open(name);
  }
  void open_waiting() {
    for (std::string_view name : waiting_) to_->open(name);
    waiting_.clear();
  }

  XmlWriter* to_;
  std::vector<std::string_view> waiting_;  // outermost first
};

class XmlIn {
 public:
  static constexpr bool kReads = true;
  XmlIn(XmlElement at, std::optional<Error>& error) : at_(at), error_(&error) {}

  // An empty element says nothing, but for text.
  template <class T>
  void value(Names names, T& member, unsigned = kPlain) {
    const auto found = text(names);
    if (!found || (found->empty() && !std::same_as<T, std::string>)) return;
    read(names, *found, member);
  }
  template <class T>
  void values(Names names, std::vector<T>& members, unsigned = kPlain, std::string_view item = "item") {
    for (const XmlElement& element : at_.child(names.xml).children(item))
      read(names, element.text(), members.emplace_back());
  }
  template <class Shape, class T>
  void object(Names names, T& member, unsigned = kPlain) {
    const XmlElement element = at_.child(names.xml);
    if (!element) return;
    XmlIn inner(element, *error_);
    if constexpr (kIsOptional<T>)
      Shape::visit(inner, member.emplace());
    else
      Shape::visit(inner, member);
  }
  template <class Shape, class T>
  void objects(Names names, std::vector<T>& members, unsigned = kPlain, std::string_view item = "item") {
    for (const XmlElement& element : at_.child(names.xml).children(item)) {
      XmlIn inner(element, *error_);
      Shape::visit(inner, members.emplace_back());
    }
  }
  template <class F>
  void within(Names names, F visit) {
    XmlIn inner(at_.child(names.xml), *error_);
    visit(inner);
  }
  template <class T>
  void values_within(Names names, Names inner, std::vector<T>& members, unsigned = kPlain,
                     std::string_view item = "item") {
    for (const XmlElement& element : at_.child(names.xml).children(item))
      XmlIn(element, *error_).value(inner, members.emplace_back());
  }

  std::optional<std::string> text(Names names, unsigned = kPlain) { return at_.text(names.xml); }
  XmlElement element(Names names) const { return at_.child(names.xml); }
  std::optional<Error>& error() { return *error_; }
  void refuse(Names names, std::string message) {
    if (!*error_)
      *error_ = Error{ErrorKind::unknown_outcome, "MalformedAnswer", std::move(message), std::string(names.xml)};
  }

 private:
  template <class T>
  void read(Names names, const std::string& text, T& member) {
    if (!from_wire(text, member)) refuse(names, fmt::format("<{}> does not hold {}", names.xml, wanted<T>()));
  }

  XmlElement at_;
  std::optional<Error>* error_;
};

}  // namespace holdfast::ec2::wire
