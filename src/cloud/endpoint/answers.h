// What the endpoint's services write: XML with a request id, in the form that each of AWS's Query services has. EC2
// wraps errors as <Response><Errors>, the others as <ErrorResponse>. Shared by the services of this folder.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "ec2/xml.h"
#include "http/server.h"

namespace holdfast::cloud::endpoint {

enum class Service { ec2, sqs, sts };

// As credentials are scoped: "ec2", "sqs", "sts".
std::string_view name_of(Service service);

http::Response answer_xml(int status, std::string body, const std::string& request_id);

// An error with the status that AWS sends with its code. The field at fault is in the message: the wire has no other
// place for it.
http::Response answer_error(Service service, const Error& error, const std::string& request_id);

// <ActionResponse xmlns=…><ActionResult> … : opened here, closed by `end`. For STS and SQS; EC2's codec has its own.
class QueryAnswer {
 public:
  QueryAnswer(std::string_view action, std::string_view xml_namespace, bool has_result = true);
  ec2::XmlWriter& xml() { return xml_; }
  http::Response end(const std::string& request_id);

 private:
  ec2::XmlWriter xml_;
  bool has_result_;
};

}  // namespace holdfast::cloud::endpoint
