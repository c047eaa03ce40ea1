// One object of a request's body at a time, with the path that leads to it: every fault names its field, and unknown
// members are refused with the nearest known name. A null is as good as an absent member. Used by the readers of bodies
// in this room.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/document.h"

namespace holdfast::api {

class BodyReader {
 public:
  BodyReader(std::string path, model::Faults& faults) : path_(std::move(path)), faults_(faults) {}

  // Of the member, or of the object itself where `name` is empty.
  void fault(const std::string& name, std::string message);
  // nullptr, and a fault, where it is no object.
  const boost::json::object* object(const boost::json::value& value, const std::vector<std::string>& known);
  void text(const boost::json::object& from, const std::string& name, std::string& into);
  // Whether it was given.
  bool boolean(const boost::json::object& from, const std::string& name, bool& into);
  void texts(const boost::json::object& from, const std::string& name, std::vector<std::string>& into);
  // nullptr where it is left out.
  const boost::json::value* given(const boost::json::object& from, const std::string& name);
  std::string below(const std::string& name, size_t index) const;

 private:
  std::string path_;
  model::Faults& faults_;
};

// The list under the only member of the body: at least one entry, at most `most`.
model::Checked<boost::json::array> list_in(std::string_view body, const std::string& name, size_t most);

}  // namespace holdfast::api
