#include "daemon/substrate_choice.h"

#include <filesystem>

#include "base/random.h"
#include "cloud/behaviour/slow_substrate.h"
#include "cloud/linux/doctor.h"
#include "cloud/linux/linux_substrate.h"
#include "cloud/linux/network/network.h"
#include "cloud/null/null_substrate.h"

namespace holdfast::daemon {
namespace {

constexpr char kUsualBlock[] = "10.31.0.0/16";

}  // namespace

std::string missing_for(const Settings& settings) {
  if (settings.substrate == "null") return "";
  auto findings = cloud::linux_::examine(settings.data_dir);
  return cloud::linux_::fit(findings) ? "" : cloud::linux_::problems(findings);
}

Result<std::string> choose_cidr(const Settings& settings) {
  if (settings.cidr != "auto") {
    // Before anything is written down: the first start's block is the data directory's for good.
    const bool first = !std::filesystem::exists(settings.data_dir + "/cloud.sqlite");
    if (first && settings.substrate != "null") HF_TRY_VOID(cloud::linux_::check_block_is_free(settings.cidr));
    return settings.cidr;
  }
  if (settings.substrate == "null") return std::string(kUsualBlock);
  return cloud::linux_::free_cidr_block(settings.data_dir);
}

namespace {

Result<Ground> open_bare_ground(const Settings& settings) {
  Ground ground;
  if (settings.substrate == "null") {
    ground.runtime = std::make_unique<cloud::ThreadRuntime>();
    cloud::NullOptions options;
    options.states_are_the_models = true;  // those of the process before are gone with it
    ground.substrate = std::make_unique<cloud::NullSubstrate>(*ground.runtime, options);
    return ground;
  }
  cloud::linux_::LinuxSubstrateOptions options;
  options.data_dir = settings.data_dir;
  options.pool_size_bytes = settings.pool_size_gib << 30;
  HF_TRY(ground.substrate, cloud::linux_::LinuxSubstrate::open(std::move(options)));
  ground.runtime = std::make_unique<cloud::ThreadRuntime>();
  return ground;
}

}  // namespace

Result<Ground> open_ground(const Settings& settings) {
  HF_TRY(Ground ground, open_bare_ground(settings));
  if (settings.latency != "aws") return ground;
  ground.substrate = std::make_unique<cloud::SlowSubstrate>(std::move(ground.substrate), *ground.runtime,
                                                            cloud::MachineSpreads{}, Random::fresh_seed());
  return ground;
}

}  // namespace holdfast::daemon
