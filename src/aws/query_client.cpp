#include "aws/query_client.h"

#include <fmt/core.h>

#include <optional>

namespace holdfast::aws {
namespace {

// EC2 answers a dry run by an error, whichever way it goes.
template <class Answer>
Result<void> rights_from(const Answer& answer) {
  if (!answer && answer.error().code == "DryRunOperation") return {};
  if (!answer) return Failure(answer.error());
  return fail(ErrorKind::unknown_outcome, "DryRunIgnored",
              "the endpoint carried a dry run out instead of only checking it");
}

}  // namespace

QueryClient::QueryClient(ServiceOptions options, HttpClient& http, CredentialsProvider& credentials, Now now)
    : service_(std::move(options), http, &credentials, std::move(now)) {}

template <class Request, class Decode>
auto QueryClient::send(const Request& request, bool dry_run, Decode decode)
    -> decltype(decode(std::string_view(), std::string_view())) {
  ServiceCall call;
  call.action = ec2::action_of(request);
  call.body = ec2::encode_request(request, dry_run);
  call.mutates = ec2::mutates(request);
  std::optional<decltype(decode(std::string_view(), std::string_view()))> answer;
  call.read = [&](const std::string& body) -> Result<void> {
    answer = decode(call.action, body);
    if (!*answer) return Failure(answer->error());
    return {};
  };
  HF_TRY_VOID(service_.call(call, stop_.get_token()));
  return std::move(*answer);
}

Result<ec2::Response> QueryClient::perform(const ec2::Request& request) {
  return send(request, false, ec2::decode_response);
}

Result<ec2::FurtherResponse> QueryClient::perform(const ec2::FurtherRequest& request) {
  return send(request, false, ec2::decode_further_response);
}

Result<void> QueryClient::check_rights(const ec2::Request& request) {
  return rights_from(send(request, true, ec2::decode_response));
}

Result<void> QueryClient::check_rights(const ec2::FurtherRequest& request) {
  return rights_from(send(request, true, ec2::decode_further_response));
}

}  // namespace holdfast::aws
