// What can go wrong, and how it is carried. Every fallible function returns Result<T>; an error kind exists only where
// some caller acts differently on it. Exceptions end in the adapter that met them.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace holdfast {

enum class ErrorKind {
  not_found,        // the thing named does not exist (or is not visible yet: absence proves nothing)
  throttled,        // asked too often; wait, then ask again
  no_capacity,      // this market or account cannot give it now; another may
  conflict,         // the thing's state forbids it now; look again, it may pass by itself
  invalid,          // the request is wrong; asking again cannot help
  denied,           // missing rights
  unavailable,      // the other side is known NOT to have done it; asking again may help
  unknown_outcome,  // it may have been done; settle by looking, never by guessing
};

std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::unavailable;
  std::string code;     // the cloud's or the API's code, e.g. "InvalidVolume.NotFound"
  std::string message;  // a sentence for a person, with the remedy
  std::string field;    // dotted path of the field at fault, empty if none
};

// "code: message (field)", for logs and terminals.
std::string describe(const Error& error);

template <class T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

inline Failure fail(ErrorKind kind, std::string code, std::string message, std::string field = {}) {
  return Failure(Error{kind, std::move(code), std::move(message), std::move(field)});
}

// Error from errno: EACCES/EPERM denied, ENOENT not_found, EBUSY/EEXIST conflict, the rest unavailable.
Error system_error(std::string_view doing, int error_number);

}  // namespace holdfast

// HF_TRY(auto x, expression): x is the value, or the enclosing function returns the error.
#define HF_CONCAT_(a, b) a##b
#define HF_CONCAT(a, b) HF_CONCAT_(a, b)
#define HF_TRY(declaration, expression) HF_TRY_(declaration, expression, HF_CONCAT(hf_result_, __LINE__))
#define HF_TRY_(declaration, expression, name)                    \
  auto name = (expression);                                       \
  if (!name) return ::holdfast::Failure(std::move(name).error()); \
  declaration = std::move(*name)
// HF_TRY_VOID(expression): the same where there is no value.
#define HF_TRY_VOID(expression) \
  if (auto hf_status = (expression); !hf_status) return ::holdfast::Failure(std::move(hf_status).error())
