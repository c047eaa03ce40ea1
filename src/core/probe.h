// Rare paths, marked where they are taken, so that a simulation can say which of them its seeds never reached. Counted
// only where compiled with HOLDFAST_HOOKS (the simulator's own build of core and engine, one thread); elsewhere a mark
// is nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace holdfast::core {

enum class Probe {
  launch_adopted,               // its answer was lost, an observation shows its instance
  launch_refused_in_doubt,      // its repeat was refused while the first try may still be done
  launch_disproved,             // and a look shows that it was not
  notice_of_a_former_instance,  // a late notice
  dead_instance_shown_alive,    // a stale look at one that is terminated or going
  instance_gone_unlisted,       // never seen terminated
  handover_struck_again,
  short_lived_pause,
  recycle_of_the_paused,
  delete_during_a_handover,
  delete_asked_again,
  healed,
  takedown_held,  // snapshots fail: a pause or recycle waits
  delete_on_termination_mended,
  snapshot_adopted,
  snapshot_made_twice,
  snapshot_made_twice_of_use,  // the other one failed
  snapshot_failed,
  snapshot_gone,    // not listed any more
  snapshot_unseen,  // the cloud's refusal tells of one that no listing has shown
  image_gone,
  final_snapshot_again,
  final_snapshot_awaits_a_detachment,
  image_adopted,
  image_failed,
  copy_deleted_by_hand,  // the cloud's word at a launch
  volume_adopted_by_hand,
  volume_exchanged_by_hand,
  volume_found,       // by its tags, after its instance ended unseen
  volume_unplaced,    // found, but not at which device it belongs
  volume_reinstated,  // the launch that was to replace it came to nothing
  volume_adopted,     // of a CreateVolume whose answer was lost
  volume_made_in_vain,
  volume_brought_across,
  volume_given_up,
  root_lost,
  data_lost,
  loss_awaits_a_snapshot,
  lost_former_takes_over,
  lost_made_anew,
  lost_by_hand_let_go,
  interface_adopted,
  interface_answer_adopted,
  interface_found,
  interface_lost,
  interface_reinstated,
  interface_made_in_vain,
  commit_failed,
  effect_withdrawn,  // by a later event, before it was sent
  look_outrun,       // a sweep's answer that is older than a look's
  unlisted_asked_for,
  look_incomplete,
  snapshot_found_by_repeat,
  image_found_by_repeat,
  image_registered_late,
  image_untagged,
  attachment_found_by_repeat,
  terminations_together,
  terminations_apart,
  lease_lost,        // another had it while this service slept
  lease_taken_over,  // from a service that has ended, or sleeps
  lease_released,    // beyond the fair share
  last_of_them,
};

#ifdef HOLDFAST_HOOKS
inline std::array<uint64_t, static_cast<size_t>(Probe::last_of_them)> probes{};
inline void reached(Probe probe) {
  ++probes[static_cast<size_t>(probe)];
}
#else
constexpr void reached(Probe) {}
#endif

}  // namespace holdfast::core
