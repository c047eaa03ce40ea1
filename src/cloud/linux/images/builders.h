// One builder an image: each fills a tree that images.cpp makes an ext4 of.
#pragma once

#include <string>

#include "base/error.h"
#include "cloud/linux/images/images.h"

namespace holdfast::cloud::linux_ {

// Nothing is downloaded: what /usr does not hold, written from scratch.
Result<void> fill_minimal(const std::string& tree, const ImageTools& tools);
// Debian 12 from the host's package sources, booting systemd.
Result<void> fill_debian(const std::string& tree, const ImageTools& tools);

}  // namespace holdfast::cloud::linux_
