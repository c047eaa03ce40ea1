#include "core/former_root.h"

#include "core/fold.h"
#include "core/import.h"
#include "core/replacement.h"

namespace holdfast::core {

using namespace model;

namespace {

// For as long as what a delete keeps.
Time kept_until(const Draft& draft) {
  return draft.now + Deallocation().retention;
}

void give_up(Draft& draft) {
  State& state = draft.state();
  if (!state.root) return;
  const std::string why = "the document names another image, and does not persist " + state.root->device;
  state.retired.push_back({Retired::What::volume, state.root->id.str(), why, kept_until(draft)});
  draft.record("volume_given_up", "volume " + state.root->id.str() + " (" + state.root->device +
                                      ") is given up: " + why + "; it is kept until " + to_iso(kept_until(draft)));
  state.root.reset();
}

}  // namespace

void note_image_changed(Draft& draft, const ImageId& wanted) {
  State& state = draft.state();
  if (wanted == state.surroundings.image.id || draft.spec.persistence.root_device) return;
  if (import_pending(state)) return;  // it brings what there was
  for (Snapshot& copy : state.snapshots) {
    if (copy.device == state.surroundings.image.root_device && !copy.keep_until) copy.keep_until = kept_until(draft);
  }
  for (const RootImage& image : state.images) {
    state.retired.push_back(
        {Retired::What::image, image.id.str(), "the document names another image", kept_until(draft)});
  }
  state.images.clear();
  // One that an instance has goes with that (leave_former_root), and one that a launch is to replace with the launch.
  if (!state.instance && !launch_may_be_done(state)) give_up(draft);
}

void leave_former_root(Draft& draft) {
  const State& state = draft.state();
  if (is_original(state)) return;  // whatever image the document of its import has
  const ImageId& ran = state.instance->image;
  const bool own = find_by_id(state.images, ran) != nullptr;
  if (draft.spec.persistence.root_device || own || ran == state.surroundings.image.id) return;
  give_up(draft);
}

}  // namespace holdfast::core
