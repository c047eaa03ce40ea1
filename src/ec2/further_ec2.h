// An Ec2 that carries out the actions beyond ec2.h as well (generated/further.h). Not every Ec2 does; whoever has use
// for such an action asks by call_further and does without where the answer is UnsupportedOperation.
#pragma once

#include "ec2/ec2.h"
#include "ec2/generated/further.h"

namespace holdfast::ec2 {

class FurtherEc2 : public Ec2 {
 public:
  // As Ec2::perform.
  virtual Result<FurtherResponse> perform_further(const FurtherRequest& request) = 0;
};

// Of any Ec2. Blocks until answered. UnsupportedOperation (kind invalid) where it, or the cloud behind it, does not
// know the action.
inline Result<FurtherResponse> perform_further(Ec2& ec2, const FurtherRequest& request) {
  if (auto* wider = dynamic_cast<FurtherEc2*>(&ec2)) return wider->perform_further(request);
  const std::string_view action = std::visit([](const auto& r) { return std::string_view(r.kAction); }, request);
  return ec2_fail("UnsupportedOperation", std::string(action) + " cannot be asked of this cloud.");
}

// The same, with the request's own response.
template <class R>
Result<typename R::Response> call_further(Ec2& ec2, const R& request) {
  auto answer = perform_further(ec2, FurtherRequest(request));
  if (!answer) return Failure(std::move(answer).error());
  auto* response = std::get_if<typename R::Response>(&*answer);
  CHECK(response != nullptr);
  return std::move(*response);
}

inline bool is_unsupported(const Error& error) {
  return error.code == "UnsupportedOperation" || error.code == "InvalidAction";
}

}  // namespace holdfast::ec2
