// Where a demo lives: its folder, its service, and what is left of them. By default the service stays when the demo is
// over, and the next demo finds it again; with `once` everything is in a folder of its own and goes with the object.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "support/scratch.h"
#include "support/service.h"

namespace holdfast::demo {

class Place {
 public:
  // Finds the running service of an earlier demo, or starts one. conflict: another demo is at work there now.
  static Result<Place> open(bool once, const std::string& substrate);
  Place(Place&& other) noexcept;
  ~Place();

  support::ApiClient client() const { return service_->client(); }
  const std::string& folder() const { return folder_; }  // for the ledgers
  uint16_t port() const { return service_->port(); }
  const std::string& data_dir() const { return service_->data_dir(); }
  std::string log_file() const { return service_->log_file(); }
  bool reused() const { return reused_; }
  // Removes everything now, and says what could not be removed.
  Result<void> remove();

 private:
  Place() = default;
  Result<void> lock();
  Result<void> find_or_start(const std::string& substrate);

  bool once_ = false;
  bool reused_ = false;
  std::string folder_;
  int lock_ = -1;
  std::optional<support::Scratch> scratch_;  // with `once`
  std::optional<support::Service> service_;  // goes before the scratch folder
};

// Stops the service that a demo left running and removes everything of it. Says what it did.
Result<std::string> take_down();

}  // namespace holdfast::demo
