#include "demo/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/text.h"
#include "support/wait.h"

namespace holdfast::demo {
namespace fs = std::filesystem;
using support::Service;
using support::ServiceOptions;
namespace {

constexpr uint16_t kFirstPort = 7400;
constexpr uint16_t kPorts = 100;

std::string usual_folder() {
  if (geteuid() == 0) return "/var/lib/holdfast-demo";
  const char* state = getenv("XDG_STATE_HOME");
  const char* home = getenv("HOME");
  return (state != nullptr ? std::string(state) : std::string(home != nullptr ? home : "/var/tmp") + "/.local/state") +
         "/holdfast-demo";
}

bool is_free(uint16_t port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

uint16_t first_free_port() {
  for (uint16_t port = kFirstPort; port < kFirstPort + kPorts; ++port) {
    if (is_free(port)) return port;
  }
  return 0;  // any
}

// The service that an earlier demo left: written when it was started, believed only if such a process is there.
struct Left {
  pid_t pid = -1;
  uint16_t port = 0;
  bool same_program = false;  // it runs the very file that we would start
};

std::optional<Left> find_left(const std::string& folder) {
  Left left;
  std::ifstream in(folder + "/service");
  if (!(in >> left.pid >> left.port)) return std::nullopt;
  std::ifstream command(fmt::format("/proc/{}/cmdline", left.pid));
  std::ostringstream text;
  text << command.rdbuf();
  if (text.str().find(std::string("serve") + '\0') == std::string::npos) return std::nullopt;
  if (text.str().find(folder + "/data") == std::string::npos) return std::nullopt;
  std::error_code error;
  left.same_program = fs::read_symlink(fmt::format("/proc/{}/exe", left.pid), error) == support::holdfast_binary();
  return left;
}

Result<void> end_left(const Left& left) {
  kill(left.pid, SIGTERM);
  const bool gone = support::wait_until(std::chrono::seconds(60), [&] { return kill(left.pid, 0) != 0; });
  if (!gone)
    return fail(ErrorKind::conflict, "StillRunning", fmt::format("the service (process {}) does not end", left.pid));
  return {};
}

ServiceOptions options_for(const std::string& folder, const std::string& substrate, bool outlives_us) {
  ServiceOptions options;
  options.binary = support::holdfast_binary();
  options.data_dir = folder + "/data";
  options.substrate = substrate;
  options.outlives_us = outlives_us;
  return options;
}

}  // namespace

Result<Place> Place::open(bool once, const std::string& substrate) {
  Place place;
  place.once_ = once;
  if (once) {
    HF_TRY(support::Scratch scratch, support::Scratch::make("holdfast-demo"));
    place.scratch_.emplace(std::move(scratch));
    place.folder_ = place.scratch_->path();
  } else {
    place.folder_ = usual_folder();
    std::error_code error;
    fs::create_directories(place.folder_, error);
    HF_TRY_VOID(place.lock());
  }
  HF_TRY_VOID(place.find_or_start(substrate));
  return place;
}

Result<void> Place::lock() {
  const std::string path = folder_ + "/lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return Failure(system_error("open " + path, errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::conflict, "DemoRuns",
                "another demo is at work in " + folder_ + "; wait for its end, or run one of its own with --once");
  }
  return {};
}

Result<void> Place::find_or_start(const std::string& substrate) {
  ServiceOptions options = options_for(folder_, substrate, !once_);
  if (std::optional<Left> left = once_ ? std::nullopt : find_left(folder_)) {
    options.port = left->port;
    service_.emplace(options);
    if (left->same_program && service_->client().ready()) {
      reused_ = true;
      return {};
    }
    // Another build of it: end that one, and go on with this one. Machines outlive the change.
    HF_TRY_VOID(end_left(*left));
  }
  if (options.port == 0 && !once_) options.port = first_free_port();
  service_.emplace(options);
  HF_TRY_VOID(service_->start(std::chrono::seconds(120)));
  if (!once_) std::ofstream(folder_ + "/service") << service_->pid() << ' ' << service_->port() << '\n';
  return {};
}

Place::Place(Place&& other) noexcept
    : once_(other.once_),
      reused_(other.reused_),
      folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)),
      scratch_(std::exchange(other.scratch_, std::nullopt)),
      service_(std::exchange(other.service_, std::nullopt)) {}

Place::~Place() {
  if (lock_ >= 0) close(lock_);
}

Result<void> Place::remove() {
  if (!service_) return {};
  return service_->destroy();
}

Result<std::string> take_down() {
  const std::string folder = usual_folder();
  if (!fs::exists(folder)) return std::string("There is no demo to stop.");
  std::string said;
  if (std::optional<Left> left = find_left(folder)) {
    HF_TRY_VOID(end_left(*left));
    said = fmt::format("The service (process {}) is stopped. ", left->pid);
  }
  Service rest(options_for(folder, "linux", true));
  HF_TRY_VOID(rest.destroy());
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return fail(ErrorKind::unavailable, "NotRemoved", folder + ": " + error.message());
  return said + "Its machines, volumes and networks are removed, and " + folder + " with them.";
}

}  // namespace holdfast::demo
