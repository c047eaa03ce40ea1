// How a root volume wants to be started. A volume may come from a snapshot of a snapshot of an image, so the facts are
// on the volume itself, in /holdfast/boot.json:
//   {"init": "/holdfast/init", "host_usr": true, "stop_signal": "SIGTERM"}
// Written by the image builders, read by the runner of machines for each launch.
#pragma once

#include <string>

#include "base/error.h"

namespace holdfast::cloud::linux_ {

struct BootFacts {
  std::string init = "/sbin/init";
  bool host_usr = false;                   // the host's /usr, read only, belongs over the volume's empty /usr
  std::string stop_signal = "SIGRTMIN+3";  // asks the init for an orderly shutdown; systemd's, for want of a better
  bool operator==(const BootFacts&) const = default;
};

constexpr const char* boot_facts_path = "/holdfast/boot.json";

// `root_fd` is an open folder: the volume's mounted root. No file: the default above. The machine's owner can write the
// file, so it is judged as input: links cannot lead out of the root, size and members are checked.
Result<BootFacts> read_boot_facts(int root_fd);
Result<BootFacts> read_boot_facts(const std::string& root_path);
std::string to_json(const BootFacts& facts);
// "SIGTERM", "SIGINT", "SIGRTMIN+3", …
Result<int> signal_number(const std::string& name);

}  // namespace holdfast::cloud::linux_
