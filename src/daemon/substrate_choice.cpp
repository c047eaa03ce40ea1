#include "daemon/substrate_choice.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

#include "cloud/linux/doctor.h"
#if __has_include("cloud/linux/linux_substrate.h")
#include "cloud/linux/images/images.h"
#include "cloud/linux/linux_substrate.h"
#include "cloud/linux/network/network.h"
#endif
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

// A slave, not private: what the host unmounts must not stay in use here.
Result<void> enter_own_mounts(const Settings& settings) {
  if (settings.substrate == "null") return {};
  if (::unshare(CLONE_NEWNS) != 0) return Failure(system_error("making a mount namespace", errno));
  if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return Failure(system_error("keeping mounts apart from the host's", errno));
  }
  return {};
}

#if __has_include("cloud/linux/linux_substrate.h")
Result<std::string> choose_cidr(const Settings& settings) {
  if (settings.cidr != "auto") return settings.cidr;
  if (settings.substrate == "null") return std::string(kUsualBlock);
  return cloud::linux_::free_cidr_block(settings.data_dir);
}

Result<std::unique_ptr<cloud::Substrate>> open_substrate(const Settings& settings, cloud::Runtime& runtime) {
  if (settings.substrate == "null") return std::make_unique<cloud::NullSubstrate>(runtime);
  cloud::linux_::LinuxSubstrateOptions options;
  options.data_dir = settings.data_dir;
  options.pool_size_bytes = settings.pool_size_gib << 30;
  return cloud::linux_::LinuxSubstrate::open(std::move(options));
}
#else
Result<std::string> choose_cidr(const Settings& settings) {
  return settings.cidr == "auto" ? std::string(kUsualBlock) : settings.cidr;
}

Result<std::unique_ptr<cloud::Substrate>> open_substrate(const Settings& settings, cloud::Runtime& runtime) {
  if (settings.substrate == "null") return std::make_unique<cloud::NullSubstrate>(runtime);
  return fail(ErrorKind::unavailable, "NoLinuxSubstrate", "This build has no Linux substrate; use --substrate null.");
}
#endif

}  // namespace holdfast::daemon
