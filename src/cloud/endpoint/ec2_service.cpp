// EC2 over HTTP: everything is the codec's and the cloud's; here they meet.
#include "cloud/endpoint/services.h"
#include "ec2/codec.h"

namespace holdfast::cloud::endpoint {
namespace {

http::Response hang_up() {
  http::Response response;
  response.hang_up = true;
  return response;
}

http::Response answer_further(Cloud& cloud, const Asked& asked) {
  bool dry_run = false;
  auto request = ec2::decode_further_request(asked.form, &dry_run);
  if (!request) return answer_error(Service::ec2, request.error(), asked.request_id);
  auto response = dry_run ? cloud.try_out_further(*request) : cloud.perform_further(*request);
  if (!response && response.error().code == kReplyLost) return hang_up();
  if (!response) return answer_error(Service::ec2, response.error(), asked.request_id);
  return answer_xml(200, ec2::encode_response(*request, *response, asked.request_id), asked.request_id);
}

}  // namespace

http::Response answer_ec2(Cloud& cloud, const Asked& asked) {
  bool dry_run = false;
  auto request = ec2::decode_request(asked.form, &dry_run);
  if (!request && request.error().code == "UnsupportedOperation") return answer_further(cloud, asked);
  if (!request) return answer_error(Service::ec2, request.error(), asked.request_id);
  auto response = dry_run ? cloud.try_out(*request) : cloud.perform(*request);
  if (!response && response.error().code == kReplyLost) return hang_up();
  if (!response) return answer_error(Service::ec2, response.error(), asked.request_id);
  return answer_xml(200, ec2::encode_response(*request, *response, asked.request_id), asked.request_id);
}

}  // namespace holdfast::cloud::endpoint
