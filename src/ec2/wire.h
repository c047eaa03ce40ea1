// The seam between codec.cpp and the generated descriptions: for each request R the four ways of its wire form. Defined
// in wire_impl.h, instantiated in generated/*.cpp, so that no source compiles more than one group of actions.
#pragma once

#include "base/error.h"
#include "ec2/query.h"
#include "ec2/xml.h"

namespace holdfast::ec2::wire {

template <class R>
struct Wire {
  using Response = typename R::Response;
  static void write_request(const R& request, const FormWriter& to);
  static Result<R> read_request(const FormReader& from);
  static void write_response(const Response& response, XmlWriter& to);  // what is inside the root element
  static Result<Response> read_response(const XmlElement& root);
};

}  // namespace holdfast::ec2::wire
