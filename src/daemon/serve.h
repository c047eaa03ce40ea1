// The commands of the daemon's room, as functions that answer an exit status: the service itself, the look at the host,
// and the removal of a cloud.
#pragma once

#include <iosfwd>
#include <string>

#include "base/error.h"
#include "daemon/settings.h"

namespace holdfast::daemon {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// Runs until SIGTERM or SIGINT; machines go on. 0: ended in order, 1: could not start (err says why, with the remedy).
int serve(const Settings& settings, Streams streams);
// The local cloud alone: EC2's endpoint at the settings' address and port, no controller. As `serve` in all else.
int serve_cloud(const Settings& settings, Streams streams);
// 0: everything required is there.
int doctor(const Settings& settings, Streams streams);
// Removes machines, volumes, snapshots, networks and records of a data directory from this host. Refused while a
// service runs on it. Cut short, it can be repeated.
int destroy_cloud(const Settings& settings, Streams streams);

// Shared by the two that serve.
Result<void> check_host(const Settings& settings);
std::string url_of(const std::string& address, uint16_t port, bool tls);
bool is_loopback(const std::string& address);

}  // namespace holdfast::daemon
