// One real service, as its user starts it: `holdfast serve` on a data directory of its own and a free port. It can be
// killed and started again in the middle of anything; machines go on meanwhile. With the object goes everything that
// the service made on this host, also when a test failed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support/api_client.h"
#include "support/child.h"

namespace holdfast::support {

struct ServiceOptions {
  std::string binary;    // holdfast
  std::string data_dir;  // made if it is missing
  uint16_t port = 0;     // 0: a free one, the same after every restart
  std::string substrate = "linux";
  std::vector<std::string> more;  // further arguments of `serve`
  bool outlives_us = false;       // goes on when this process ends, and when the object goes
};

class Service {
 public:
  explicit Service(ServiceOptions options) : options_(std::move(options)) {}
  Service(Service&& other) noexcept : options_(std::exchange(other.options_, {})), child_(std::move(other.child_)) {}
  ~Service();  // destroy(), unless outlives_us

  // Starts it and waits until it is ready.
  Result<void> start(Duration limit = std::chrono::seconds(60));
  // Starts it only; it may answer later, or refuse.
  Result<void> launch();
  void kill();                                                         // SIGKILL, and waits for its end
  std::optional<int> stop(Duration limit = std::chrono::seconds(30));  // SIGTERM; its exit status
  // Removes everything of it from this host, volumes too. What could not be removed is in the error.
  Result<void> destroy();

  bool running() { return child_ && child_->running(); }
  std::optional<int> wait(Duration limit) { return child_ ? child_->wait(limit) : std::nullopt; }
  pid_t pid() const { return child_ ? child_->pid() : -1; }
  uint16_t port() const { return options_.port; }
  const std::string& data_dir() const { return options_.data_dir; }
  std::string url() const;
  std::string log_file() const { return options_.data_dir + ".log"; }
  std::string log() const;
  ApiClient client() const;  // with the token that the service made

 private:
  ServiceOptions options_;
  std::optional<Child> child_;
};

// build/…/bin/holdfast, beside the program that runs; HOLDFAST_BINARY overrides.
std::string holdfast_binary();
// A file of the source tree: "examples/hello.yaml".
std::string source_file(const std::string& path);

// What keeps real machines from running here, by `holdfast doctor`; empty: nothing.
std::string why_no_machines(const std::string& data_dir);

}  // namespace holdfast::support
