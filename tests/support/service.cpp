#include "support/service.h"

#include <fmt/core.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "support/host_postgres.h"
#include "support/wait.h"

namespace holdfast::support {
namespace fs = std::filesystem;
namespace {

std::string read_all(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

Service::~Service() {
  if (options_.outlives_us || options_.data_dir.empty()) return;
  (void)destroy();
}

Result<void> Service::launch() {
  if (options_.port == 0) {
    HF_TRY(options_.port, free_port());
  }
  fs::create_directories(options_.data_dir);
  std::vector<std::string> argv = {options_.binary, "serve",
                                   "--data-dir",    options_.data_dir,
                                   "--port",        std::to_string(options_.port),
                                   "--substrate",   options_.substrate,
                                   "--ec2-port",    "0"};
  argv.insert(argv.end(), options_.more.begin(), options_.more.end());
  HF_TRY(Child child, Child::start({argv, log_file(), options_.outlives_us}));
  child_.emplace(std::move(child));
  return {};
}

Result<void> Service::start(Duration limit) {
  HF_TRY_VOID(launch());
  Result<void> ready;
  wait_until(
      limit,
      [&] {
        ready = ApiClient(url(), "").ready();
        return ready.has_value() || !running();
      },
      std::chrono::milliseconds(5));
  if (running() && ready) return {};
  const std::string why = running() ? describe(ready.error()) : "it ended";
  const std::string text = log();
  return fail(ErrorKind::unavailable, "NotStarted",
              fmt::format("the service is not ready ({}); its last words:\n{}", why,
                          text.substr(text.size() > 2000 ? text.size() - 2000 : 0)));
}

void Service::kill() {
  if (!child_) return;
  child_->signal(SIGKILL);
  (void)child_->wait(std::chrono::seconds(30));
}

std::optional<int> Service::stop(Duration limit) {
  if (!child_) return std::nullopt;
  child_->signal(SIGTERM);
  return child_->wait(limit);
}

Result<void> Service::destroy() {
  if (child_ && !stop()) kill();
  child_.reset();
  if (!fs::exists(options_.data_dir)) return {};
  HF_TRY(const Ended ended, run({options_.binary, "cloud", "destroy", "--data-dir", options_.data_dir, "--yes"},
                                std::chrono::seconds(120)));
  if (ended.status != 0) return fail(ErrorKind::unavailable, "NotDestroyed", ended.output);
  std::error_code error;
  fs::remove_all(options_.data_dir, error);
  fs::remove(log_file(), error);
  return {};
}

std::string Service::url() const {
  return fmt::format("http://127.0.0.1:{}", options_.port);
}

std::string Service::log() const {
  return read_all(log_file());
}

ApiClient Service::client() const {
  return ApiClient(url(), std::string(trim(read_all(options_.data_dir + "/token"))));
}

std::string holdfast_binary() {
  if (const char* given = getenv("HOLDFAST_BINARY")) return given;
  return fs::read_symlink("/proc/self/exe").parent_path() / "holdfast";
}

std::string source_file(const std::string& path) {
  return std::string(HOLDFAST_SOURCE_DIR) + "/" + path;
}

std::string why_no_machines(const std::string& data_dir) {
  const Result<Ended> doctor = run({holdfast_binary(), "doctor", "--data-dir", data_dir});
  if (!doctor) return describe(doctor.error());
  return doctor->status == 0 ? std::string() : doctor->output.empty() ? "holdfast doctor failed" : doctor->output;
}

}  // namespace holdfast::support
