#include "support/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include <utility>

namespace holdfast::support {
namespace {

constexpr int kOpenFolders = 16;

int remove_one(const char* path, const struct stat*, int, struct FTW*) {
  ::remove(path);
  return 0;
}

}  // namespace

Result<Scratch> Scratch::make(const std::string& prefix) {
  std::string name = "/var/tmp/" + prefix + "-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return Failure(system_error("make a folder below /var/tmp", errno));
  return Scratch(name);
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
  if (!path_.empty()) nftw(path_.c_str(), remove_one, kOpenFolders, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

}  // namespace holdfast::support
