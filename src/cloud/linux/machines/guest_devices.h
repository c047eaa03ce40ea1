// Device nodes in the /dev of a running machine. Its /dev is the machine's to change, so every step looks without
// following links.
#pragma once

#include <string>

#include "base/error.h"
#include "cloud/linux/storage/volume_store.h"

namespace holdfast::cloud::linux_ {

// `init`: number of the machine's init, alive. Nodes that are there for another device are replaced.
Result<void> put_nodes(int init, const std::string& device, const BlockDevice& block);
Result<void> remove_nodes(int init, const std::string& device);

}  // namespace holdfast::cloud::linux_
