#include "cloud/linux/machines/process_identity.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/text.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr size_t start_field = 19;  // of what follows the command's closing bracket in /proc/PID/stat

Result<std::string> this_boot() {
  HF_TRY(const std::string text, read_small_file("/proc/sys/kernel/random/boot_id"));
  return std::string(trim(text));
}

}  // namespace

Result<ProcessIdentity> identify(pid_t pid) {
  HF_TRY(const std::string text, read_small_file(fmt::format("/proc/{}/stat", pid)));
  const size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return fail(ErrorKind::unavailable, "BadStat", "/proc/PID/stat has no command");
  const auto fields = split(std::string_view(text).substr(bracket + 2), ' ');
  const auto ticks = fields.size() > start_field ? parse_int(fields[start_field]) : std::nullopt;
  if (!ticks) return fail(ErrorKind::unavailable, "BadStat", "/proc/PID/stat has no start time");
  HF_TRY(std::string boot, this_boot());
  return ProcessIdentity{pid, static_cast<uint64_t>(*ticks), std::move(boot)};
}

Result<std::optional<Fd>> find_process(const ProcessIdentity& identity) {
  HF_TRY(const std::string boot, this_boot());
  if (boot != identity.boot || identity.pid <= 0) return std::optional<Fd>();
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, identity.pid, 0)));
  if (!pidfd.valid()) {
    if (errno == ESRCH || errno == EINVAL) return std::optional<Fd>();
    return Failure(system_error("opening a machine's process", errno));
  }
  // The descriptor first, then the look: the number cannot change hands in between without being noticed.
  const auto now = identify(identity.pid);
  if (!now || *now != identity || wait_for_end(pidfd.get(), 0)) return std::optional<Fd>();
  return std::optional<Fd>(std::move(pidfd));
}

bool wait_for_end(int pidfd, int limit_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd wanted{pidfd, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (left <= 0 && (ready == 0 || errno == EINTR)) return false;
  }
}

}  // namespace holdfast::cloud::linux_
