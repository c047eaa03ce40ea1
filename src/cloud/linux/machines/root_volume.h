// The root volume before the machine has it: mounted by the service, looked at, and dressed with what depends on the
// instance (host name, addresses, resolver). The mount is a descriptor and belongs to no mount namespace until the
// machine's child puts it into its own: if the service dies before that, the mount is gone.
#pragma once

#include <string>

#include "base/error.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/images/boot_facts.h"
#include "cloud/substrate.h"

namespace holdfast::cloud::linux_ {

struct RootVolume {
  Fd mount;
  BootFacts facts;
};

// `resolver`: whether the machine reaches the outside, so that the host's name servers are of use to it.
Result<RootVolume> open_root_volume(const std::string& device, const MachineSpec& spec, bool resolver);

// The host's /usr, without what else is mounted below it, on a superblock of its own that nobody can make writable.
// `empty_folder`: any folder with nothing in it, not below /usr.
Result<Fd> mount_host_usr(const std::string& empty_folder);

}  // namespace holdfast::cloud::linux_
