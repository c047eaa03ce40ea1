// AWS's EC2 (and the local cloud, which speaks the same) behind the interface that the engine calls. Codec and service
// tied together.
//
// What holds always: a mutating call whose answer was lost comes back as `unknown_outcome` and was sent once; see
// query_service for the rest.
#pragma once

#include <stop_token>

#include "aws/query_service.h"
#include "ec2/codec.h"
#include "ec2/further_ec2.h"

namespace holdfast::aws {

class QueryClient : public ec2::FurtherEc2 {
 public:
  // `http` and `credentials` must outlive it.
  QueryClient(ServiceOptions options, HttpClient& http, CredentialsProvider& credentials, Now now);

  // Blocks until answered, the total time is over or `stop` was called. From any thread.
  Result<ec2::Response> perform(const ec2::Request& request) override;
  Result<ec2::FurtherResponse> perform(const ec2::FurtherRequest& request);
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override { return perform(request); }

  template <class R>
  Result<typename R::Response> call_further(const R& request) {
    auto answer = perform(ec2::FurtherRequest(request));
    if (!answer) return Failure(std::move(answer).error());
    auto* response = std::get_if<typename R::Response>(&*answer);
    CHECK(response != nullptr);
    return std::move(*response);
  }

  // EC2's dry run: whether the rights for it are there; nothing is done. Errors: denied, or the request is wrong.
  Result<void> check_rights(const ec2::Request& request);
  Result<void> check_rights(const ec2::FurtherRequest& request);

  // Calls under way end with what is known of them, later ones are `unavailable`.
  void stop() { stop_.request_stop(); }
  const QueryService& service() const { return service_; }

 private:
  template <class Request, class Decode>
  auto send(const Request& request, bool dry_run, Decode decode)
      -> decltype(decode(std::string_view(), std::string_view()));

  QueryService service_;
  std::stop_source stop_;
};

}  // namespace holdfast::aws
