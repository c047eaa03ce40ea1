#include "cloud/endpoint/answers.h"

#include <fmt/core.h>

#include "ec2/codec.h"

namespace holdfast::cloud::endpoint {
namespace {

std::string message_of(const Error& error) {
  if (error.field.empty() || error.message.find(error.field) != std::string::npos) return error.message;
  return fmt::format("{} ({})", error.message, error.field);
}

std::string query_error(const Error& error, int status, const std::string& request_id) {
  ec2::XmlWriter xml;
  xml.open("ErrorResponse");
  xml.open("Error");
  xml.put("Type", status < 500 ? "Sender" : "Receiver");
  xml.put("Code", error.code);
  xml.put("Message", message_of(error));
  xml.close();
  xml.put("RequestId", request_id);
  xml.close();
  return xml.take();
}

}  // namespace

std::string_view name_of(Service service) {
  switch (service) {
    case Service::sqs:
      return "sqs";
    case Service::sts:
      return "sts";
    default:
      return "ec2";
  }
}

http::Response answer_xml(int status, std::string body, const std::string& request_id) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/xml;charset=UTF-8"},
                      {"Cache-Control", "no-cache, no-store"},
                      {"x-amzn-RequestId", request_id}};
  response.body = std::move(body);
  return response;
}

http::Response answer_error(Service service, const Error& error, const std::string& request_id) {
  const int status = ec2::http_status_of(error.code);
  if (service != Service::ec2) return answer_xml(status, query_error(error, status, request_id), request_id);
  return answer_xml(status, ec2::encode_error(error.code, message_of(error), request_id), request_id);
}

QueryAnswer::QueryAnswer(std::string_view action, std::string_view xml_namespace, bool has_result)
    : has_result_(has_result) {
  xml_.open(fmt::format("{}Response", action), fmt::format(" xmlns=\"{}\"", xml_namespace));
  if (has_result_) xml_.open(fmt::format("{}Result", action));
}

http::Response QueryAnswer::end(const std::string& request_id) {
  if (has_result_) xml_.close();
  xml_.open("ResponseMetadata");
  xml_.put("RequestId", request_id);
  xml_.close();
  xml_.close();
  return answer_xml(200, xml_.take(), request_id);
}

}  // namespace holdfast::cloud::endpoint
