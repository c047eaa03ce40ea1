// Errors on the wire (codec.h): EC2's <Response><Errors><Error>, and the <ErrorResponse><Error> of SQS and STS.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "ec2/codec.h"
#include "ec2/xml.h"

namespace holdfast::ec2 {
namespace {

struct CodeStatus {
  std::string_view code;
  int status;
};

constexpr std::array kStatuses = {
    CodeStatus{"AuthFailure", 401},
    CodeStatus{"OptInRequired", 401},
    CodeStatus{"UnauthorizedOperation", 403},
    CodeStatus{"Blocked", 403},
    CodeStatus{"PendingVerification", 403},
    CodeStatus{"MissingAuthenticationToken", 403},
    CodeStatus{"InvalidClientTokenId", 403},
    CodeStatus{"SignatureDoesNotMatch", 403},
    CodeStatus{"RequestExpired", 400},
    CodeStatus{"ExpiredToken", 400},
    CodeStatus{"DryRunOperation", 412},
    CodeStatus{"InsufficientInstanceCapacity", 500},
    CodeStatus{"InsufficientCapacity", 500},
    CodeStatus{"InsufficientAddressCapacity", 500},
    CodeStatus{"InsufficientVolumeCapacity", 500},
    CodeStatus{"InternalError", 500},
    CodeStatus{"InternalFailure", 500},
    CodeStatus{"RequestLimitExceeded", 503},
    CodeStatus{"Throttling", 503},
    CodeStatus{"ServiceUnavailable", 503},
    CodeStatus{"Unavailable", 503},
};

// What the status says where the document says nothing.
ErrorKind kind_of_status(int status) {
  if (status == 401 || status == 403) return ErrorKind::denied;
  if (status == 429) return ErrorKind::throttled;
  if (status >= 400 && status < 500) return ErrorKind::invalid;
  return ErrorKind::unknown_outcome;
}

XmlElement error_element(const XmlElement& root) {
  const XmlElement errors = root.child("Errors");
  return errors ? errors.child("Error") : root.child("Error");
}

}  // namespace

std::string encode_error(std::string_view code, std::string_view message, std::string_view request_id) {
  XmlWriter out;
  out.open("Response");
  out.open("Errors");
  out.open("Error");
  out.put("Code", code);
  out.put("Message", message);
  out.close();
  out.close();
  out.put("RequestID", request_id);
  out.close();
  return out.take();
}

Error decode_error(std::string_view xml, int http_status) {
  const auto document = XmlDocument::parse(xml);
  const XmlElement element = document ? error_element(document->root()) : XmlElement();
  std::string code = element.text("Code").value_or("");
  if (code.empty()) {
    return {kind_of_status(http_status),
            fmt::format("HttpStatus{}", http_status),
            fmt::format("the answer has status {} and is not an error document", http_status),
            {}};
  }
  ErrorKind kind = kind_of_code(code);
  // A code that we do not know with a status of the cloud's own fault: it may have been done.
  if (kind == ErrorKind::invalid && http_status >= 500) kind = ErrorKind::unknown_outcome;
  return {kind, std::move(code), element.text("Message").value_or(""), {}};
}

int http_status_of(std::string_view code) {
  auto found =
      std::find_if(kStatuses.begin(), kStatuses.end(), [&](const CodeStatus& known) { return known.code == code; });
  if (found != kStatuses.end()) return found->status;
  switch (kind_of_code(code)) {
    case ErrorKind::denied:
      return 403;
    case ErrorKind::throttled:
      return 503;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::unknown_outcome:
      return 500;
    default:
      return 400;
  }
}

std::string request_id_of(std::string_view xml) {
  const auto document = XmlDocument::parse(xml);
  if (!document) return "";
  const XmlElement root = document->root();
  for (std::string_view name : {"requestId", "RequestID", "RequestId"}) {
    if (auto id = root.text(name)) return *id;
  }
  return root.child("ResponseMetadata").text("RequestId").value_or("");
}

}  // namespace holdfast::ec2
