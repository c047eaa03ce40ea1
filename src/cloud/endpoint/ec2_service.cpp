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

// The one place where actions beyond ec2::Request are carried out.
Result<ec2::FurtherResponse> carry_out_further(Cloud&, const ec2::FurtherRequest& request, bool) {
  return ec2::ec2_fail("UnsupportedOperation", "The action " + std::string(ec2::action_of(request)) +
                                                   " is not carried out by the local cloud.");
}

http::Response answer_further(Cloud& cloud, const Asked& asked) {
  bool dry_run = false;
  auto request = ec2::decode_further_request(asked.form, &dry_run);
  if (!request) return answer_error(Service::ec2, request.error(), asked.request_id);
  auto response = carry_out_further(cloud, *request, dry_run);
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
