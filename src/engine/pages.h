// A listing of EC2, page by page to its last one. Blocking.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
#include "ec2/ec2.h"

namespace holdfast::engine {

// `take` gets each answer. Half a listing would look like absence: one that could not be read to its end, or has more
// than `most` pages (unavailable), is an error.
template <class R, class Take>
Result<void> each_page(ec2::Ec2& ec2, R request, int most, const Take& take) {
  for (int page = 0; page < most; ++page) {
    HF_TRY(auto answer, ec2.call(request));
    request.next_token = std::move(answer.next_token);
    take(std::move(answer));
    if (request.next_token.empty()) return {};
  }
  return fail(ErrorKind::unavailable, "EndlessListing", std::string(R::kAction) + " does not come to an end");
}

}  // namespace holdfast::engine
