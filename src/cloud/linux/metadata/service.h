// The metadata service of all machines of a cloud: a listener at 169.254.169.254:80 in each machine's network
// namespace, one HTTP server behind them. A connection is known by the listener it came through, so a machine can ask
// only about itself. Called by the substrate; after a restart it opens listeners in the machines that lived on.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/metadata/answers.h"
#include "cloud/linux/metadata/token.h"
#include "http/server.h"

namespace holdfast::cloud::linux_ {

class MetadataService {
 public:
  // Takes a user data's exit status; true once it is remembered for good. Called on a server thread.
  using TakeStatus = std::function<bool(const InstanceId& machine, int exit_status)>;

  static Result<std::unique_ptr<MetadataService>> start(TokenKey key, TakeStatus take_status);
  ~MetadataService();

  // Listens in that network namespace, whose lo has the address. Opened before: only the facts change.
  Result<void> open(int namespace_fd, MachineFacts facts);
  void close(const InstanceId& machine);
  // Nothing happens if it is not open.
  void change(const InstanceId& machine, const std::function<void(MachineFacts&)>& change);

 private:
  struct Entry {
    MachineFacts facts;
    Fd listener;
  };

  MetadataService(TokenKey key, TakeStatus take_status) : key_(key), take_status_(std::move(take_status)) {}
  http::Response respond(const http::Request& request);
  void accept_connections();
  void accept_from(uint64_t number);

  const TokenKey key_;
  const TakeStatus take_status_;
  std::mutex mutex_;
  std::map<InstanceId, Entry> entries_;
  std::map<uint64_t, InstanceId> by_number_;  // a number is never used again, unlike a descriptor
  uint64_t last_number_ = 0;
  Fd epoll_;
  Fd stop_;  // eventfd
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace holdfast::cloud::linux_
