// The order of a start: lock, doctor, token, substrate, server (healthy, not ready), local cloud, controller, ready. A
// kill between any two leaves nothing that the next start does not pick up: each part says so for itself.
#include "daemon/serve.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <optional>
#include <ostream>
#include <thread>

#include "daemon/access.h"
#include "daemon/cloud_server.h"
#include "daemon/data_dir.h"
#include "daemon/front.h"
#include "daemon/local_cloud.h"
#include "daemon/logging.h"
#include "daemon/signals.h"
#include "daemon/substrate_choice.h"
#include "daemon/tls.h"
#include "daemon/world.h"

namespace holdfast::daemon {
namespace {

constexpr Duration kLookAtCertificate = std::chrono::seconds(5);
constexpr char kEventQueue[] = "holdfast-events";  // of the local cloud
constexpr int kOtherConnections = 512;             // beside those that are streams
constexpr int kHandlers = 32;  // `exec` and `build` of the local cloud hold one for as long as they take

int refuse(Streams streams, const Error& error) {
  streams.err << "holdfast: " << describe(error) << "\n";
  return 1;
}

// A start can take long (a pool is made, machines are found again): a wish to stop does not wait for it. What is half
// started is left like after a crash, which every part is made for.
class StopDuringStart {
 public:
  explicit StopDuringStart(StopSignals& signals)
      : signals_(signals), thread_([this] {
          signals_.wait();
          if (!signals_.stopped()) return;
          spdlog::info("stopped while starting");
          std::_Exit(0);
        }) {}
  ~StopDuringStart() {
    signals_.wake();
    thread_.join();
  }

 private:
  StopSignals& signals_;
  std::thread thread_;
};

// What the controller drives: AWS, or the local cloud in this process, reached the same way.
struct CloudAtHand {
  std::unique_ptr<CloudServer> local;  // nullptr: AWS
  CloudAccess access;
};

CloudAccess access_to_aws(const Settings& settings) {
  CloudAccess access;
  access.session.region = settings.region;
  access.session.endpoint_url = settings.endpoint_url;
  access.event_queue = settings.event_queue;
  return access;
}

Result<CloudAtHand> open_cloud_at_hand(const Settings& settings, api::Gate& gate, std::optional<Ground> ground) {
  if (!ground) return CloudAtHand{nullptr, access_to_aws(settings)};
  CloudAtHand at_hand;
  // Its server has no TLS: then tokens are not for it.
  api::Gate* controls = settings.tls_certificate.empty() ? &gate : nullptr;
  HF_TRY(at_hand.local, CloudServer::open(settings, *std::move(ground), controls, {settings.ec2_port, kEventQueue}));
  at_hand.access.session = at_hand.local->client();
  at_hand.access.event_queue = kEventQueue;
  at_hand.access.api_budget = false;
  return at_hand;
}

void greet(const Settings& settings, Streams streams, const std::string& url, const DataDir& data_dir,
           const CloudServer* local) {
  streams.out << fmt::format("Holdfast listens on {}; its token is in {}.\n", url, data_dir.token_file());
  if (local) {
    streams.out << fmt::format("Its local cloud answers EC2 at {}, region {}; keys in {}.\n", local->url(),
                               local->client().region, credentials_file(data_dir));
  }
  streams.out << std::flush;
  spdlog::info("listening on {}, data in {}, {}", url, settings.data_dir,
               local ? "local cloud on substrate " + settings.substrate : "driving AWS");
  if (is_loopback(settings.address)) return;
  if (settings.tls_certificate.empty()) {
    spdlog::warn(
        "the API is reachable from other hosts, without TLS: tokens and user data cross the network in the clear; set "
        "listen.tls_certificate and listen.tls_key");
  } else if (local) {
    spdlog::warn(
        "the local cloud's EC2 endpoint is reachable from other hosts, without TLS: requests are signed, but "
        "user data crosses the network in the clear");
  }
}

KeptFiles store_files(const DataDir& data_dir) {
  KeptFiles files;
  for (const char* name : {"holdfast.db", "cloud.sqlite", kAccessFile}) files.add(data_dir.path() + "/" + name);
  return files;
}

Result<void> run(Settings settings, Streams streams) {
  const bool aws = settings.provider == "aws";
  HF_TRY(DataDir data_dir, DataDir::open(settings.data_dir));
  if (!aws) HF_TRY_VOID(check_host(settings));
  HF_TRY_VOID(data_dir.bind_to_substrate(aws ? "aws" : settings.substrate));
  HF_TRY(const std::string token, data_dir.token());
  std::optional<Ground> ground;
  if (!aws) {
    HF_TRY_VOID(take_keys(settings, data_dir));
    HF_TRY(ground, open_ground(settings));
  }
  // Only now: the substrate sets SIGPIPE to "ignored", which machines would inherit; a handler they do not.
  HF_TRY(StopSignals signals, StopSignals::watch());

  HF_TRY(auto access, Access::open(settings, token));  // outlives all that follow
  Front front(access->gate());
  CloudAtHand cloud;             // outlives the world
  std::unique_ptr<World> world;  // outlives the server
  http::ServerOptions options;
  options.address = settings.address;
  options.port = settings.port;
  options.threads = kHandlers;
  options.max_streams = settings.max_streams;
  options.max_connections = settings.max_streams + kOtherConnections;
  options.refusal = refusal;
  std::optional<TlsFiles> tls;
  if (!settings.tls_certificate.empty()) {
    tls.emplace(settings.tls_certificate, settings.tls_key);
    HF_TRY(options.tls, tls->read());
    signals.take_hang_ups();
  }
  HF_TRY(auto server, http::Server::start(options, [&front](const http::Request& r) { return front.handle(r); }));
  {
    StopDuringStart stop(signals);
    HF_TRY(cloud, open_cloud_at_hand(settings, access->gate(), std::move(ground)));
    HF_TRY(world, World::open(settings, access->gate(), cloud.access));
  }
  front.open_to(*world, cloud.local.get(), store_files(data_dir));
  greet(settings, streams, url_of(settings.address, server->port(), tls.has_value()), data_dir, cloud.local.get());
  while (!signals.stopped()) {
    signals.wait(tls ? kLookAtCertificate : Duration(-1));
    if (tls && !signals.stopped()) tls->reload(*server, signals.hung_up());
  }
  spdlog::info("stopping; machines go on");
  server.reset();
  world.reset();
  cloud.local.reset();
  spdlog::info("stopped");
  return {};
}

}  // namespace

Result<void> check_host(const Settings& settings) {
  const std::string missing = missing_for(settings);
  if (missing.empty()) return {};
  return fail(
      ErrorKind::denied, "HostNotFit",
      fmt::format("this host cannot carry real machines yet:\n{}\n`holdfast doctor` looks again. Simulated machines "
                  "need none of it: --substrate null.",
                  missing));
}

std::string url_of(const std::string& address, uint16_t port, bool tls) {
  const bool v6 = address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", v6 ? "[" : "", address, v6 ? "]" : "", port);
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

int serve(const Settings& settings, Streams streams) {
  begin_log(settings.log_level, settings.log_format);
  auto done = run(settings, streams);
  return done ? 0 : refuse(streams, done.error());
}

}  // namespace holdfast::daemon
