#include "cloud/endpoint/identity.h"

#include <fmt/core.h>

#include "base/text.h"

namespace holdfast::cloud::endpoint {
namespace {

ec2::sigv4::Message message_of(const http::Request& request) {
  ec2::sigv4::Message message;
  message.method = request.method;
  // The server has decoded the path; a client of a Query service escapes what must be escaped, as this does.
  message.path = ec2::uri_encode(request.path, ec2::Slash::kept);
  message.query = request.query;
  message.headers.assign(request.headers.begin(), request.headers.end());
  message.body = request.body;
  return message;
}

// EC2's own words for who is not known here, with the reason behind them.
Error in_words_of(Service service, Error error) {
  const bool stranger = error.code == "InvalidClientTokenId" || error.code == "SignatureDoesNotMatch";
  if (service == Service::ec2 && stranger) {
    error.message = fmt::format("AWS was not able to validate the provided access credentials: {}", error.message);
    error.code = "AuthFailure";
  }
  return error;
}

}  // namespace

Service service_of(const http::Request& request) {
  const std::string header = request.header("authorization").value_or("");
  constexpr std::string_view kPart = "Credential=";
  const size_t start = header.find(kPart);
  if (start == std::string::npos) return Service::ec2;
  const auto scope =
      split(std::string_view(header).substr(start + kPart.size()), '/');  // key, date, region, service, …
  if (scope.size() < 4) return Service::ec2;
  if (scope[3] == name_of(Service::sqs)) return Service::sqs;
  if (scope[3] == name_of(Service::sts)) return Service::sts;
  return Service::ec2;
}

Result<void> authenticate(const http::Request& request, Service service, const Account& account, Time now) {
  ec2::sigv4::Expected expected;
  expected.service = name_of(service);
  if (service != Service::sts) expected.region = account.region;
  auto lookup = [&](std::string_view access_key) -> std::optional<ec2::sigv4::Key> {
    if (access_key != account.key.access_key) return std::nullopt;
    return account.key;
  };
  auto verified = ec2::sigv4::verify(message_of(request), lookup, expected, now);
  if (!verified) return Failure(in_words_of(service, std::move(verified).error()));
  return {};
}

}  // namespace holdfast::cloud::endpoint
