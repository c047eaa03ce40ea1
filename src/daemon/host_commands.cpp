// `doctor` and `cloud destroy` (serve.h).
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "cloud/linux/doctor.h"
#include "daemon/data_dir.h"
#include "daemon/serve.h"
#include "daemon/substrate_choice.h"

namespace holdfast::daemon {

int doctor(const Settings& settings, Streams streams) {
  const auto findings = cloud::linux_::examine(settings.data_dir);
  for (const auto& finding : findings) {
    const char* mark = finding.ok ? "ok      " : finding.required ? "MISSING " : "optional";
    streams.out << mark << " " << finding.what << "\n";
    if (!finding.ok) streams.out << "         " << finding.problem << " " << finding.remedy << "\n";
  }
  if (cloud::linux_::fit(findings)) {
    streams.out << "This host can run real machines.\n";
    return 0;
  }
  streams.out
      << "This host cannot run real machines yet. Simulated ones need none of it: holdfast serve --substrate null.\n";
  return 1;
}

namespace {

// Safe: the person named this directory and confirmed; the lock shows that no service works on it; what goes is this
// directory's cloud alone. Records go last, so that a destroy that was cut short still knows what to remove.
Result<void> destroy(Settings settings, Streams streams) {
  if (!std::filesystem::exists(settings.data_dir)) {
    return fail(ErrorKind::not_found, "NoDataDir", fmt::format("There is no data directory {}.", settings.data_dir),
                "data_dir");
  }
  // Before anything is written there: it may be somebody else's folder.
  if (!DataDir::is_marked(settings.data_dir)) {
    return fail(ErrorKind::conflict, "NoDataDir",
                fmt::format("{} is no data directory of a Holdfast cloud (it has no file 'substrate'): nothing was "
                            "removed. Name the right one with --data-dir.",
                            settings.data_dir),
                "data_dir");
  }
  HF_TRY(DataDir data_dir, DataDir::open(settings.data_dir));
  HF_TRY_VOID(data_dir.lock_stores());
  HF_TRY(settings.substrate, data_dir.substrate());
  HF_TRY(const Ground ground, open_ground(settings));
  HF_TRY_VOID(ground.substrate->tear_down(true));
  HF_TRY_VOID(data_dir.erase_records());
  streams.out << fmt::format("Everything of the cloud in {} is removed.\n", settings.data_dir);
  return {};
}

}  // namespace

int destroy_cloud(const Settings& settings, Streams streams) {
  auto done = destroy(settings, streams);
  if (done) return 0;
  streams.err << "holdfast: " << describe(done.error()) << "\n";
  return 1;
}

}  // namespace holdfast::daemon
