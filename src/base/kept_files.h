// Files that a store has open and that must keep their names: whoever removes or replaces one under a running service
// (rm -rf, a copy put back) leaves the service writing to a file that no restart will find. The check is one call of
// stat a file; used before every commit of the stores, and by readiness.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace holdfast {

// Thread: `check` may be called from any; `add` before that.
class KeptFiles {
 public:
  // From now on what is at `path` must stay there. Nothing there now: it is left out.
  void add(const std::string& path);
  // unavailable StoreFileGone, naming the file and the way out.
  Result<void> check() const;

 private:
  struct Kept {
    std::string path;
    dev_t device;
    ino_t number;
  };
  std::vector<Kept> kept_;
};

}  // namespace holdfast
