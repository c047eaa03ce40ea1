// What the parts of an inspection share (inspect.h): asking the cloud about what a document names, and gathering
// faults.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "ec2/further_ec2.h"
#include "model/document.h"

namespace holdfast::engine {

inline constexpr char kLaunchSpecification[] = "compute.launchSpecification";

struct Inquiry {
  ec2::Ec2& ec2;
  model::Faults& faults;

  void fault(std::string field, std::string message) const {
    faults.errors.push_back({ErrorKind::invalid, "INVALID_FIELD", std::move(message), std::move(field)});
  }

  // The answer; nothing if the cloud does not know what was asked for; an error if it could not be asked.
  template <class R>
  Result<std::optional<typename R::Response>> ask(const R& request) const {
    return judged<R>(ec2.call(request));
  }
  // The same of an action beyond ec2.h.
  template <class R>
  Result<std::optional<typename R::Response>> ask_further(const R& request) const {
    return judged<R>(ec2::call_further(ec2, request));
  }

 private:
  template <class R>
  static Result<std::optional<typename R::Response>> judged(Result<typename R::Response> answer) {
    if (answer) return std::optional(std::move(*answer));
    Error error = answer.error();
    // It says something about the thing asked for, not about the asking.
    if (error.kind == ErrorKind::not_found || error.kind == ErrorKind::invalid) {
      return std::optional<typename R::Response>();
    }
    error.message = fmt::format("the cloud could not be asked, so nothing was changed; ask again ({}: {})", R::kAction,
                                error.message);
    error.kind = ErrorKind::unavailable;
    error.field.clear();
    return Failure(std::move(error));
  }
};

}  // namespace holdfast::engine
