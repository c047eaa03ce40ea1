#include "cloud/linux/images/images.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cloud/linux/images/boot_facts.h"
#include "cloud/linux/images/builders.h"
#include "cloud/linux/images/tree.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int64_t gib = int64_t{1} << 30;

struct Builder {
  std::string name;
  Result<void> (*fill)(const std::string& tree, const ImageTools& tools);
  std::string stop_signal;
};

const std::vector<Builder>& builders() {
  static const std::vector<Builder> all = {{"minimal", fill_minimal, "SIGTERM"},
                                           {"debian-12-postgresql", fill_debian, "SIGRTMIN+3"}};
  return all;
}

}  // namespace

const std::vector<ImageRecipe>& image_recipes() {
  static const std::vector<ImageRecipe> all = {
      {"minimal",
       "A root volume of its own, the host's programs (/usr, read only) and a tiny init; nothing to download",
       "/dev/xvda", 1, "/holdfast/init", true},
      {"debian-12-postgresql", "Debian 12 with PostgreSQL 15, booting systemd; from Debian's packages", "/dev/xvda", 4,
       "/lib/systemd/systemd", false}};
  return all;
}

const ImageRecipe* find_recipe(const std::string& name) {
  const auto& all = image_recipes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& recipe) { return recipe.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string default_init_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : (self.parent_path() / "holdfast-init").string();
}

Result<void> build_image(const std::string& name, const ImageTools& tools, VolumeStore& store, const SnapshotId& into) {
  const ImageRecipe* recipe = find_recipe(name);
  if (recipe == nullptr) {
    std::vector<std::string> names;
    for (const auto& one : image_recipes()) names.push_back(one.name);
    return fail(ErrorKind::invalid, "InvalidParameterValue",
                fmt::format("there is no recipe for an image '{}'; there are: {}", name, join(names, ", ")), "name");
  }
  const auto& all = builders();
  const auto builder = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  HF_TRY(const bool there, store.has_snapshot(into));
  if (there) return {};
  HF_TRY(const TemporaryTree tree, TemporaryTree::make(tools.work_dir));
  HF_TRY_VOID(builder->fill(tree.path(), tools));
  const BootFacts facts{recipe->init, recipe->host_usr, builder->stop_signal};
  HF_TRY_VOID(put_file(tree.path(), boot_facts_path, to_json(facts) + "\n"));
  return store.import_snapshot(into, recipe->size_gib * gib,
                               [&](const std::string& file) { return make_ext4(tree.path(), file); });
}

}  // namespace holdfast::cloud::linux_
