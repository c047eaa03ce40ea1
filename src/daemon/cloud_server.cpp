#include "daemon/cloud_server.h"

#include "api/envelope.h"
#include "cloud/control.h"
#include "daemon/front.h"
#include "daemon/local_cloud.h"
#include "daemon/serve.h"

namespace holdfast::daemon {
namespace {

constexpr int kHandlers = 32;  // `exec` and `build` hold one for as long as they take, as does a queue's long poll

Time now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

CloudServer::~CloudServer() {
  // Long polls end first: the server's end waits for its handlers.
  if (cloud_) cloud_->listen({});
  if (endpoint_) endpoint_->close();
}

Result<std::unique_ptr<CloudServer>> CloudServer::open(const Settings& settings, Ground ground, api::Gate* gate,
                                                       const Place& place) {
  std::unique_ptr<CloudServer> opened(new CloudServer(settings, std::move(ground)));
  opened->gate_ = gate;
  HF_TRY(opened->cloud_, open_cloud(settings, opened->ground_));
  HF_TRY(opened->endpoint_, open_endpoint(settings, *opened->cloud_, place.event_queue));
  opened->cloud_->listen([endpoint = opened->endpoint_.get()](const ec2::CloudEvent& event) { endpoint->take(event); });
  http::ServerOptions options;
  options.address = settings.address;
  options.port = place.port;
  options.threads = kHandlers;
  options.refusal = cloud::Endpoint::refuse;
  HF_TRY(opened->server_, http::Server::start(options, [cloud = opened.get()](const http::Request& request) {
           return cloud->handle(request);
         }));
  opened->url_ = url_of(settings.address, opened->server_->port(), false);
  return opened;
}

aws::SessionOptions CloudServer::client() const {
  aws::SessionOptions options;
  // Nothing of what the person who starts the service has set up for AWS: neither files, variables nor proxies.
  options.environment.variables = {{"AWS_CONFIG_FILE", "/dev/null"}, {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}};
  options.proxy = aws::Proxy::none;
  options.region = cloud_->region();
  std::string reachable = settings_.address;
  if (reachable == "0.0.0.0") reachable = "127.0.0.1";
  if (reachable == "::") reachable = "::1";
  options.endpoint_url = url_of(reachable, server_->port(), false);
  aws::Credentials credentials;
  credentials.key.access_key = settings_.access_key;
  credentials.key.secret_key = settings_.secret_key;
  credentials.source = "the local cloud";
  options.credentials = std::move(credentials);
  return options;
}

http::Response CloudServer::control(const http::Request& request) {
  return cloud::handle_control(*cloud_, request);
}

http::Response CloudServer::handle(const http::Request& request) {
  if (is_signed(request)) return endpoint_->handle(request);
  const api::Asked asked = api::asked_of(request, now());
  if (request.path == "/healthz") return api::answer_health(asked);
  if (!is_control(request.path) || !gate_) return endpoint_->handle(request);  // refuses it in EC2's words
  return gate_->pass(request, asked, [&](const access::Caller&) { return control(request); });
}

}  // namespace holdfast::daemon
