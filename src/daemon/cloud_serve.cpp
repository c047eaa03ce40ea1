// The local cloud alone, without a controller (serve.h): EC2's endpoint for whoever has its keys, and the control
// surface for whoever has the token. One server for both; a signature tells them apart.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <ostream>

#include "api/envelope.h"
#include "cloud/control.h"
#include "daemon/data_dir.h"
#include "daemon/front.h"
#include "daemon/local_cloud.h"
#include "daemon/logging.h"
#include "daemon/serve.h"
#include "daemon/signals.h"
#include "daemon/substrate_choice.h"
#include "http/server.h"

namespace holdfast::daemon {
namespace {

constexpr int kHandlers = 32;

Time now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

http::Response handle(const http::Request& request, cloud::Cloud& cloud, cloud::Endpoint& endpoint,
                      const std::string& token) {
  if (is_signed(request)) return endpoint.handle(request);
  if (request.path == "/healthz") return api::answer_health(api::asked_of(request, now()));
  if (!is_control(request.path)) return endpoint.handle(request);  // refuses it in EC2's words
  const api::Asked asked = api::asked_of(request, now());
  if (auto stranger = api::refuse_stranger(request, token, asked)) return *std::move(stranger);
  return cloud::handle_control(cloud, request);
}

Result<void> run(Settings settings, Streams streams) {
  HF_TRY(DataDir data_dir, DataDir::open(settings.data_dir));
  HF_TRY_VOID(check_host(settings));
  HF_TRY_VOID(data_dir.bind_to_substrate(settings.substrate));
  HF_TRY(const std::string token, data_dir.token());
  const bool made_keys = settings.access_key.empty();
  HF_TRY_VOID(take_keys(settings, data_dir));
  HF_TRY(Ground ground, open_ground(settings));
  HF_TRY(StopSignals signals, StopSignals::watch());
  HF_TRY(auto cloud, open_cloud(settings, ground));
  HF_TRY(auto endpoint, open_endpoint(settings, *cloud));

  http::ServerOptions options;
  options.address = settings.address;
  options.port = settings.port;
  options.threads = kHandlers;
  options.refusal = cloud::Endpoint::refuse;
  HF_TRY(auto server, http::Server::start(options, [&](const http::Request& request) {
           return handle(request, *cloud, *endpoint, token);
         }));
  streams.out << fmt::format("The local cloud answers EC2 at {}, region {}; its keys are {}.\n",
                             url_of(settings, server->port()), cloud->region(),
                             made_keys ? "in " + credentials_file(data_dir) : "those that were given")
              << std::flush;
  while (!signals.stopped()) signals.wait();
  spdlog::info("stopping; machines go on");
  server.reset();
  return {};
}

}  // namespace

int serve_cloud(const Settings& settings, Streams streams) {
  begin_log(settings.log_level, settings.log_format);
  auto done = run(settings, streams);
  if (done) return 0;
  streams.err << "holdfast: " << describe(done.error()) << "\n";
  return 1;
}

}  // namespace holdfast::daemon
