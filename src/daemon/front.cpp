#include "daemon/front.h"

#include "api/envelope.h"

namespace holdfast::daemon {
namespace {

constexpr char kStarting[] = "The service is starting; ask again in a moment.";

Time now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

bool is_signed(const http::Request& request) {
  return request.header("authorization").value_or("").starts_with("AWS4-HMAC-SHA256");
}

bool is_control(const std::string& path) {
  return path == "/cloud" || path.rfind("/cloud/", 0) == 0;
}

http::Response Front::handle(const http::Request& request) {
  World* world = world_;
  if (!world) return not_open(request);
  if (request.path == "/readyz" && request.method == "GET") {
    if (auto kept = files_.check(); !kept) {
      return api::answer_readiness(api::asked_of(request, now()), {false, kept.error().message});
    }
    if (auto gate = gate_.readiness(now()); !gate.ready) {
      return api::answer_readiness(api::asked_of(request, now()), gate);
    }
  }
  return is_control(request.path) ? control(request) : world->api().handle(request);
}

http::Response Front::control(const http::Request& request) {
  const api::Asked asked = api::asked_of(request, now());
  return gate_.pass(request, asked, [&](const access::Caller&) {
    if (CloudServer* cloud = cloud_) return cloud->control(request);
    return api::answer_error(asked, {ErrorKind::not_found,
                                     "NoLocalCloud",
                                     "This service drives AWS and carries no local cloud (setting 'provider').",
                                     {}});
  });
}

http::Response Front::not_open(const http::Request& request) {
  const api::Asked asked = api::asked_of(request, now());
  if (request.path == "/healthz") return api::answer_health(asked);
  const engine::Readiness starting{false, kStarting};
  if (request.path == "/readyz") return api::answer_readiness(asked, starting);
  return gate_.pass(request, asked, [&](const access::Caller&) { return api::answer_readiness(asked, starting); });
}

http::Response refusal(int status, const std::string& why) {
  const ErrorKind kind = status == 503 ? ErrorKind::unavailable : ErrorKind::invalid;
  return api::answer_errors({"", "", "", now()}, status, {{kind, std::string(api::reason_of(status)), why, ""}});
}

}  // namespace holdfast::daemon
