#include "base/kept_files.h"

#include <sys/stat.h>

namespace holdfast {

void KeptFiles::add(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) kept_.push_back({path, facts.st_dev, facts.st_ino});
}

Result<void> KeptFiles::check() const {
  for (const Kept& one : kept_) {
    struct stat now {};
    if (::stat(one.path.c_str(), &now) == 0 && now.st_dev == one.device && now.st_ino == one.number) continue;
    return fail(ErrorKind::unavailable, "StoreFileGone",
                one.path +
                    " was removed or replaced while the service has it open, so nothing is written and nothing "
                    "is done any more: stop the service, put the data directory back from a copy, then start it");
  }
  return {};
}

}  // namespace holdfast
