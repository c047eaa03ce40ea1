// Definitions of wire.h over the descriptions that the generator writes: ShapesOf<R>::In and ::Out. Included by
// generated/*.cpp alone.
#pragma once

#include <optional>

#include "ec2/archive_form.h"
#include "ec2/archive_xml.h"
#include "ec2/ec2.h"
#include "ec2/wire.h"

namespace holdfast::ec2::wire {

template <class R>
struct ShapesOf;

// The answer of an action that has nothing to say.
struct ReturnTrue {
  template <class A, class T>
  static void visit(A& a, T&) {
    if constexpr (!A::kReads) a.text({{}, "return"}, "true");
  }
};

template <class R>
void Wire<R>::write_request(const R& request, const FormWriter& to) {
  FormOut archive(to);
  ShapesOf<R>::In::visit(archive, request);
}

template <class R>
Result<R> Wire<R>::read_request(const FormReader& from) {
  std::optional<Error> error;
  FormIn archive(from, error);
  R request;
  ShapesOf<R>::In::visit(archive, request);
  if (error) return Failure(std::move(*error));
  return request;
}

template <class R>
void Wire<R>::write_response(const Response& response, XmlWriter& to) {
  XmlOut archive(to);
  ShapesOf<R>::Out::visit(archive, response);
}

template <class R>
Result<typename R::Response> Wire<R>::read_response(const XmlElement& root) {
  std::optional<Error> error;
  XmlIn archive(root, error);
  Response response;
  ShapesOf<R>::Out::visit(archive, response);
  if (error) return Failure(std::move(*error));
  return response;
}

}  // namespace holdfast::ec2::wire
