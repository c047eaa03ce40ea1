#include "aws/nearby.h"

#include <fmt/core.h>

#include "aws/pause.h"

namespace holdfast::aws {

Result<HttpResponse> ask_nearby(HttpClient& http, HttpRequest request, const NearbyOptions& options,
                                std::stop_token stop) {
  constexpr Duration kFirstPause = std::chrono::milliseconds(100);
  request.proxy = Proxy::none;
  request.connect_timeout = options.timeout;
  request.total_timeout = options.timeout;
  request.max_answer = 64 << 10;
  for (int attempt = 1;; ++attempt) {
    auto response = http.perform(request, stop);
    const bool is_unwell = response && (response->status >= 500 || response->status == 429);
    if (response && !is_unwell) return response;
    const bool nobody = !response && response.error().code == "NotSent" && !options.must_be_there;
    if (nobody || attempt >= options.attempts || !pause(kFirstPause * (1 << (attempt - 1)), stop)) {
      if (!response) return response;
      return fail(ErrorKind::unavailable, "NearbyUnwell",
                  fmt::format("status {} for {}", response->status, request.url));
    }
  }
}

}  // namespace holdfast::aws
