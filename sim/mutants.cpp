#include "sim/mutants.h"

#include <iterator>

namespace holdfast::sim {

namespace {

using core::Mutation;

constexpr Mutant kMutants[] = {
    {Mutation::retire_before_healthy, "retire_before_healthy", 1,
     "former volumes are retired while the next one boots"},
    {Mutation::delete_newest_snapshot, "delete_newest_snapshot", 1, "the oldest snapshots are kept, not the newest"},
    {Mutation::deregister_newest_image, "deregister_newest_image", 1, "the oldest images are kept, not the newest"},
    {Mutation::delete_what_was_to_be_kept, "delete_what_was_to_be_kept", 1,
     "a delete keeps nothing for the time that was promised"},
    {Mutation::launch_before_terminated, "launch_before_terminated", 2,
     "an instance that is going counts as terminated"},
    {Mutation::forget_the_token, "forget_the_token", 2, "a launch asked again after a lost answer has another token"},
    {Mutation::forget_an_unanswered_launch, "forget_an_unanswered_launch", 2, "a launch without an answer was refused"},
    {Mutation::trust_an_empty_describe, "trust_an_empty_describe", 2, "an instance that is not listed is terminated"},
    {Mutation::launch_without_a_token, "launch_without_a_token", 2, "RunInstances carries no client token"},
    {Mutation::attach_before_detached, "attach_before_detached", 2,
     "a volume is attached before it was seen to be free"},
    {Mutation::final_snapshot_before_the_end, "final_snapshot_before_the_end", 3,
     "the final snapshot is taken while the instance still writes"},
    {Mutation::launch_with_delete_on_termination, "launch_with_delete_on_termination", 3,
     "the root volume is launched to go with its instance"},
    {Mutation::never_mend_delete_on_termination, "never_mend_delete_on_termination", 3,
     "DeleteOnTermination set by hand stays"},
    {Mutation::launch_from_an_older_image, "launch_from_an_older_image", 3, "the next root is made of any image"},
    {Mutation::launch_without_final_copies, "launch_without_final_copies", 3,
     "the newest snapshot will do instead of the final one"},
    {Mutation::old_copy_counts_as_final, "old_copy_counts_as_final", 3,
     "a volume that was written to again keeps the final snapshot from before"},
    {Mutation::copy_stays_final_at_rest, "copy_stays_final_at_rest", 3,
     "what was saved before a pause counts as final after it"},
    {Mutation::forget_former_volumes, "forget_former_volumes", 3,
     "after a launch that came to nothing its former volumes are not taken again"},
    {Mutation::blank_in_place_of_a_copy, "blank_in_place_of_a_copy", 3,
     "a blank volume takes the place of one that is lost, though there is a snapshot"},
    {Mutation::launch_without_the_interface, "launch_without_the_interface", 3, "the kept interface is not used"},
    {Mutation::give_up_what_is_missing_once, "give_up_what_is_missing_once", 3,
     "what one listing lacks is gone for good"},
    {Mutation::skip_orphans, "skip_orphans", 4, "a snapshot that was made twice is left alone"},
    {Mutation::forget_superseded_volumes, "forget_superseded_volumes", 4, "former volumes are forgotten, not deleted"},
    {Mutation::forget_superseded_interfaces, "forget_superseded_interfaces", 4,
     "former interfaces are forgotten, not deleted"},
    {Mutation::refused_deletion_is_done, "refused_deletion_is_done", 4, "a deletion is asked for once, whatever comes"},
    {Mutation::forget_a_deleted_one_at_once, "forget_a_deleted_one_at_once", 4,
     "a deleted managed instance is forgotten before its things are gone"},
    {Mutation::never_retry, "never_retry", 5, "what was refused once is never asked again"},
    {Mutation::ignore_a_disappearance, "ignore_a_disappearance", 5, "an instance that is gone without notice stays so"},
    {Mutation::wait_for_what_failed, "wait_for_what_failed", 5, "a final snapshot that failed is waited for"},
    {Mutation::a_refusal_is_for_good, "a_refusal_is_for_good", 5, "a market that refused is not asked again"},
    {Mutation::wait_for_a_lost_root, "wait_for_a_lost_root", 5, "a root volume that is gone for good is waited for"},
    {Mutation::forget_asked_at_restart, "forget_asked_at_restart", 6,
     "what was under way is forgotten when the service starts"},
    {Mutation::forget_a_pause_at_restart, "forget_a_pause_at_restart", 6,
     "what is paused runs when the service starts"},
    {Mutation::answer_before_it_is_stored, "answer_before_it_is_stored", 6,
     "a request that the store refused is answered as done"},
    {Mutation::let_out_before_it_is_stored, "let_out_before_it_is_stored", 6,
     "calls are made of a decision that the store refused"},
    {Mutation::resume_replaces_what_runs, "resume_replaces_what_runs", 6,
     "a resume of what runs already replaces its instance"},
    {Mutation::act_without_the_lease, "act_without_the_lease", 2, "calls are sent whoever holds the lease by then"},
    {Mutation::commit_with_an_old_number, "commit_with_an_old_number", 2,
     "what was stored under a lease that is lost is stored all the same"},
    {Mutation::skip_what_is_due, "skip_what_is_due", 5, "what a schedule has due is let pass"},
    {Mutation::keep_any_address, "keep_any_address", 3, "the interface at hand will do, whatever address is wanted"},
    {Mutation::leave_the_elastic_address, "leave_the_elastic_address", 5,
     "the elastic address is not brought to the next instance"},
    {Mutation::move_at_any_hour, "move_at_any_hour", 6, "a replacement that nothing forces begins out of its windows"},
    {Mutation::fall_back_by_the_clock, "fall_back_by_the_clock", 3,
     "an older root takes the place of one that nobody has seen not to come up"},
    {Mutation::drop_at_once, "drop_at_once", 1, "a volume that its user drops is kept for no time"},
};
static_assert(std::size(kMutants) == static_cast<size_t>(Mutation::last_of_them) - 1);

}  // namespace

std::span<const Mutant> mutants() {
  return kMutants;
}

const Mutant* mutant_named(std::string_view name) {
  for (const Mutant& mutant : kMutants) {
    if (mutant.name == name) return &mutant;
  }
  return nullptr;
}

}  // namespace holdfast::sim
