// The images that can be made on this host: a table, and builders that fill a snapshot with a root filesystem. Called
// by the substrate; `holdfast cloud image build` ends here.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cloud/linux/storage/volume_store.h"

namespace holdfast::cloud::linux_ {

struct ImageRecipe {
  std::string name;         // "minimal"
  std::string description;  // for people
  std::string root_device;  // "/dev/xvda"
  int size_gib = 1;         // of the snapshot; a volume made from it may be larger
  std::string init;         // path inside the image
  bool host_usr = false;    // needs the host's /usr, read only, bound over its empty /usr
};

const std::vector<ImageRecipe>& image_recipes();
// Null if there is none of that name.
const ImageRecipe* find_recipe(const std::string& name);

struct ImageTools {
  std::string init_program;  // the static init of this build, for images that have none of their own
  std::string work_dir;      // for temporary trees; emptied of earlier remains
};

// holdfast-init beside this program (/proc/self/exe), where the build and the package put it.
std::string default_init_program();

// Fills the snapshot; there already: success. Unknown name: invalid, with the names there are.
Result<void> build_image(const std::string& name, const ImageTools& tools, VolumeStore& store, const SnapshotId& into);

}  // namespace holdfast::cloud::linux_
