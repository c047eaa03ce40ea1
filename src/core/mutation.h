// Rules broken on purpose, one at a time, to show that the simulator's checker notices (sim/mutants.h says of each what
// it breaks). Only the simulator's own build of core and engine is compiled with HOLDFAST_HOOKS; in every other one
// `mutated` is constantly false, and nothing of a mutation is left in the program.
#pragma once

namespace holdfast::core {

enum class Mutation {
  none,
  retire_before_healthy,
  delete_newest_snapshot,
  deregister_newest_image,
  delete_what_was_to_be_kept,
  launch_before_terminated,
  forget_the_token,
  forget_an_unanswered_launch,
  trust_an_empty_describe,
  launch_without_a_token,
  attach_before_detached,
  final_snapshot_before_the_end,
  launch_with_delete_on_termination,
  never_mend_delete_on_termination,
  launch_from_an_older_image,
  launch_without_final_copies,
  old_copy_counts_as_final,
  copy_stays_final_at_rest,
  forget_former_volumes,
  blank_in_place_of_a_copy,
  launch_without_the_interface,
  give_up_what_is_missing_once,
  skip_orphans,
  forget_superseded_volumes,
  forget_superseded_interfaces,
  refused_deletion_is_done,
  forget_a_deleted_one_at_once,
  never_retry,
  ignore_a_disappearance,
  wait_for_what_failed,
  a_refusal_is_for_good,
  wait_for_a_lost_root,
  forget_asked_at_restart,
  forget_a_pause_at_restart,
  answer_before_it_is_stored,
  let_out_before_it_is_stored,
  resume_replaces_what_runs,
  act_without_the_lease,
  commit_with_an_old_number,
  skip_what_is_due,
  keep_any_address,
  leave_the_elastic_address,
  move_at_any_hour,
  fall_back_by_the_clock,
  drop_at_once,
  last_of_them,
};

#ifdef HOLDFAST_HOOKS
inline Mutation active_mutation = Mutation::none;
inline bool mutated(Mutation mutation) {
  return active_mutation == mutation;
}
#else
constexpr bool mutated(Mutation) {
  return false;
}
#endif

}  // namespace holdfast::core
