#include "sim/probes.h"

#include "core/probe.h"

namespace holdfast::sim {

#ifdef HOLDFAST_HOOKS

namespace {

using core::Probe;

constexpr struct {
  Probe probe;
  const char* name;
} kProbes[] = {
    {Probe::launch_adopted, "launch_adopted"},
    {Probe::launch_refused_in_doubt, "launch_refused_in_doubt"},
    {Probe::launch_disproved, "launch_disproved"},
    {Probe::notice_of_a_former_instance, "notice_of_a_former_instance"},
    {Probe::dead_instance_shown_alive, "dead_instance_shown_alive"},
    {Probe::instance_gone_unlisted, "instance_gone_unlisted"},
    {Probe::handover_struck_again, "handover_struck_again"},
    {Probe::short_lived_pause, "short_lived_pause"},
    {Probe::recycle_of_the_paused, "recycle_of_the_paused"},
    {Probe::delete_during_a_handover, "delete_during_a_handover"},
    {Probe::delete_asked_again, "delete_asked_again"},
    {Probe::healed, "healed"},
    {Probe::takedown_held, "takedown_held"},
    {Probe::delete_on_termination_mended, "delete_on_termination_mended"},
    {Probe::snapshot_adopted, "snapshot_adopted"},
    {Probe::snapshot_made_twice, "snapshot_made_twice"},
    {Probe::snapshot_made_twice_of_use, "snapshot_made_twice_of_use"},
    {Probe::snapshot_failed, "snapshot_failed"},
    {Probe::snapshot_gone, "snapshot_gone"},
    {Probe::snapshot_unseen, "snapshot_unseen"},
    {Probe::image_gone, "image_gone"},
    {Probe::final_snapshot_awaits_a_detachment, "final_snapshot_awaits_a_detachment"},
    {Probe::final_snapshot_again, "final_snapshot_again"},
    {Probe::image_adopted, "image_adopted"},
    {Probe::image_failed, "image_failed"},
    {Probe::copy_deleted_by_hand, "copy_deleted_by_hand"},
    {Probe::volume_adopted_by_hand, "volume_adopted_by_hand"},
    {Probe::volume_exchanged_by_hand, "volume_exchanged_by_hand"},
    {Probe::volume_found, "volume_found"},
    {Probe::volume_unplaced, "volume_unplaced"},
    {Probe::volume_reinstated, "volume_reinstated"},
    {Probe::volume_adopted, "volume_adopted"},
    {Probe::volume_made_in_vain, "volume_made_in_vain"},
    {Probe::volume_brought_across, "volume_brought_across"},
    {Probe::volume_given_up, "volume_given_up"},
    {Probe::root_lost, "root_lost"},
    {Probe::data_lost, "data_lost"},
    {Probe::loss_awaits_a_snapshot, "loss_awaits_a_snapshot"},
    {Probe::lost_former_takes_over, "lost_former_takes_over"},
    {Probe::lost_made_anew, "lost_made_anew"},
    {Probe::lost_by_hand_let_go, "lost_by_hand_let_go"},
    {Probe::interface_adopted, "interface_adopted"},
    {Probe::interface_answer_adopted, "interface_answer_adopted"},
    {Probe::interface_found, "interface_found"},
    {Probe::interface_lost, "interface_lost"},
    {Probe::interface_reinstated, "interface_reinstated"},
    {Probe::interface_made_in_vain, "interface_made_in_vain"},
    {Probe::commit_failed, "commit_failed"},
    {Probe::effect_withdrawn, "effect_withdrawn"},
    {Probe::look_outrun, "look_outrun"},
    {Probe::unlisted_asked_for, "unlisted_asked_for"},
    {Probe::look_incomplete, "look_incomplete"},
    {Probe::snapshot_found_by_repeat, "snapshot_found_by_repeat"},
    {Probe::image_found_by_repeat, "image_found_by_repeat"},
    {Probe::image_registered_late, "image_registered_late"},
    {Probe::image_untagged, "image_untagged"},
    {Probe::attachment_found_by_repeat, "attachment_found_by_repeat"},
    {Probe::terminations_together, "terminations_together"},
    {Probe::terminations_apart, "terminations_apart"},
    {Probe::lease_lost, "lease_lost"},
    {Probe::lease_taken_over, "lease_taken_over"},
    {Probe::lease_released, "lease_released"},
};
static_assert(std::size(kProbes) == static_cast<size_t>(Probe::last_of_them));

}  // namespace

void forget_probes() {
  core::probes.fill(0);
}

std::map<std::string, uint64_t> probe_counts() {
  std::map<std::string, uint64_t> counts;
  for (const auto& [probe, name] : kProbes) counts[name] = core::probes[static_cast<size_t>(probe)];
  return counts;
}

#else

void forget_probes() {}

std::map<std::string, uint64_t> probe_counts() {
  return {};
}

#endif

}  // namespace holdfast::sim
