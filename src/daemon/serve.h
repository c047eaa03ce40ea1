// The commands of the daemon's room, as functions that answer an exit status: the service itself, the look at the host,
// and the removal of a cloud.
#pragma once

#include <iosfwd>
#include <string>

#include "daemon/settings.h"

namespace holdfast::daemon {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// Runs until SIGTERM or SIGINT; machines go on. 0: ended in order, 1: could not start (err says why, with the remedy).
int serve(const Settings& settings, Streams streams);
// 0: everything required is there.
int doctor(const Settings& settings, Streams streams);
// Removes machines, volumes, snapshots, networks and records of a data directory from this host. Refused while a service
// runs on it. Cut short, it can be repeated.
int destroy_cloud(const Settings& settings, Streams streams);

}  // namespace holdfast::daemon
