// The local cloud alone, without a controller (serve.h): EC2's endpoint for whoever has its keys, and the control
// surface for whoever has a token. One server for both; a signature tells them apart.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <ostream>

#include "daemon/access.h"
#include "daemon/cloud_server.h"
#include "daemon/data_dir.h"
#include "daemon/local_cloud.h"
#include "daemon/logging.h"
#include "daemon/serve.h"
#include "daemon/signals.h"
#include "daemon/substrate_choice.h"

namespace holdfast::daemon {
namespace {

Result<void> run(Settings settings, Streams streams) {
  HF_TRY(DataDir data_dir, DataDir::open(settings.data_dir));
  HF_TRY_VOID(check_host(settings));
  HF_TRY_VOID(data_dir.bind_to_substrate(settings.substrate));
  HF_TRY(const std::string token, data_dir.token());
  const bool made_keys = settings.access_key.empty();
  HF_TRY_VOID(take_keys(settings, data_dir));
  HF_TRY(Ground ground, open_ground(settings));
  HF_TRY(StopSignals signals, StopSignals::watch());
  HF_TRY(auto access, Access::open(settings, token));
  HF_TRY(auto cloud, CloudServer::open(settings, std::move(ground), &access->gate(), {settings.port, ""}));
  streams.out << fmt::format("The local cloud answers EC2 at {}, region {}; its keys are {}.\n", cloud->url(),
                             cloud->cloud().region(),
                             made_keys ? "in " + credentials_file(data_dir) : "those that were given")
              << std::flush;
  if (!is_loopback(settings.address)) {
    spdlog::warn("reachable from other hosts, without TLS: tokens and user data cross the network in the clear");
  }
  while (!signals.stopped()) signals.wait();
  spdlog::info("stopping; machines go on");
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
