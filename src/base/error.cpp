#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace holdfast {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::throttled:
      return "throttled";
    case ErrorKind::no_capacity:
      return "no_capacity";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::unknown_outcome:
      return "unknown_outcome";
  }
  return "unavailable";
}

std::string describe(const Error& error) {
  std::string text = error.code.empty() ? std::string(to_string(error.kind)) : error.code;
  text += ": " + error.message;
  if (!error.field.empty()) text += " (" + error.field + ")";
  return text;
}

namespace {

ErrorKind kind_of(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return ErrorKind::denied;
    case ENOENT:
      return ErrorKind::not_found;
    case EBUSY:
    case EEXIST:
      return ErrorKind::conflict;
    default:
      return ErrorKind::unavailable;
  }
}

}  // namespace

Error system_error(std::string_view doing, int error_number) {
  return {kind_of(error_number), "SystemError", std::string(doing) + ": " + std::strerror(error_number), {}};
}

}  // namespace holdfast
