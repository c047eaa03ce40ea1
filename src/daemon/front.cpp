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
  }
  return is_control(request.path) ? control(request) : world->api().handle(request);
}

http::Response Front::control(const http::Request& request) const {
  const api::Asked asked = api::asked_of(request, now());
  if (auto stranger = api::refuse_stranger(request, token_, asked)) return *std::move(stranger);
  if (CloudServer* cloud = cloud_) return cloud->control(request);
  return api::answer_error(asked, {ErrorKind::not_found,
                                   "NoLocalCloud",
                                   "This service drives AWS and carries no local cloud (setting 'provider').",
                                   {}});
}

http::Response Front::not_open(const http::Request& request) const {
  const api::Asked asked = api::asked_of(request, now());
  if (request.path == "/healthz") return api::answer_health(asked);
  if (request.path != "/readyz") {
    if (auto stranger = api::refuse_stranger(request, token_, asked)) return *std::move(stranger);
  }
  return api::answer_readiness(asked, {false, kStarting});
}

http::Response refusal(int status, const std::string& why) {
  const ErrorKind kind = status == 503 ? ErrorKind::unavailable : ErrorKind::invalid;
  return api::answer_errors({"", "", "", now()}, status, {{kind, std::string(api::reason_of(status)), why, ""}});
}

}  // namespace holdfast::daemon
