#include "core/lifecycle.h"

#include <algorithm>

#include "core/account.h"
#include "core/address.h"
#include "core/fold.h"
#include "core/health.h"
#include "core/import.h"
#include "core/interfaces.h"
#include "core/mutation.h"
#include "core/periodic.h"
#include "core/probe.h"
#include "core/replacement.h"
#include "core/restore.h"
#include "core/retention.h"
#include "core/saving.h"
#include "core/short_lived.h"
#include "core/tagging.h"
#include "core/undelete.h"
#include "core/voluntary.h"

namespace holdfast::core {

using namespace model;

namespace {

bool is_deleted(const State& state) {
  return state.goal == Goal::deleted;
}

Failure gone(const State& state) {
  return fail(ErrorKind::conflict, "CONFLICT",
              "managed instance " + state.id.str() + " is " + std::string(to_string(state.status)) +
                  "; undelete it while what it had is kept, or create a new one");
}

Result<void> ask_pause(Draft& draft) {
  State& state = draft.state();
  if (is_deleted(state)) return gone(state);
  if (state.goal == Goal::paused) return {};
  state.goal = Goal::paused;
  state.recycle_wanted = false;
  draft.record("pause_asked", "a pause was asked for");
  return {};
}

Result<void> ask_resume(Draft& draft) {
  State& state = draft.state();
  if (is_deleted(state)) return gone(state);
  if (state.goal == Goal::running && mutated(Mutation::resume_replaces_what_runs)) state.recycle_wanted = true;
  if (state.goal == Goal::running) return {};
  state.goal = Goal::running;
  try_anew(state);
  draft.record("resume_asked", "a resume was asked for");
  return {};
}

Result<void> ask_recycle(Draft& draft) {
  State& state = draft.state();
  if (is_deleted(state)) return gone(state);
  if (state.goal == Goal::paused) {
    reached(Probe::recycle_of_the_paused);
    return fail(ErrorKind::conflict, "CONFLICT",
                "managed instance " + state.id.str() + " is paused: there is nothing to recycle; resume it");
  }
  try_anew(state);
  // One that is on its way already does what is asked for; one that came up and is not well may be tried anew.
  bool under_way = state.recycle_wanted || !state.instance || is_outgoing(state) || is_original(state) ||
                   (state.handover && state.error.empty());
  // Unless it comes up as the document was, and is to be as it is now.
  const bool outdated = state.comes_as_before && comes_up(state) && !state.recycle_wanted;
  if (under_way && !outdated) return {};
  state.recycle_wanted = true;
  draft.record("recycle_asked", "a recycle was asked for");
  return {};
}

namespace {

// What was kept for a while, and by this deletion is not to be, is due at once.
void hasten_retired(State& state, Time now) {
  const Deallocation& known = *state.deallocation;
  for (Retired& entry : state.retired) {
    bool goes = entry.what == Retired::What::image       ? known.delete_images
                : entry.what == Retired::What::snapshot  ? known.delete_snapshots && (known.delete_images || entry.free)
                : entry.what == Retired::What::interface ? known.delete_interfaces
                                                         : known.delete_volumes;
    if (goes) entry.due = std::min(entry.due, now);
  }
}

}  // namespace

Result<void> ask_delete(Draft& draft, const DeleteAsked& request) {
  State& state = draft.state();
  if (!is_deleted(state)) {
    if (state.handover) reached(Probe::delete_during_a_handover);
    if (may_give_up(state)) give_up_import(draft);
    state.goal = Goal::deleted;
    state.recycle_wanted = false;
    state.deallocation = request.deallocation;
    hasten_retired(state, draft.now);
    draft.record("delete_asked", "its deletion was asked for");
    return {};
  }
  reached(Probe::delete_asked_again);
  // Asked for less than before: nothing comes back to be kept longer than promised.
  Deallocation& known = *state.deallocation;
  known.delete_images |= request.deallocation.delete_images;
  known.delete_interfaces |= request.deallocation.delete_interfaces;
  known.delete_snapshots |= request.deallocation.delete_snapshots;
  known.delete_volumes |= request.deallocation.delete_volumes;
  hasten_retired(state, draft.now);
  return {};
}

// ---- the level trigger

Reason reason_to_replace(const Draft& draft) {
  const State& state = draft.state();
  const Instance& instance = *state.instance;
  bool held = takedown_held(draft);
  if (state.goal == Goal::deleted) return Reason::deletion;
  if (state.goal == Goal::paused && !held) return Reason::pause;
  if (instance.notice_deadline) return Reason::interruption;
  if (instance.state == InstanceState::shutting_down || instance.state == InstanceState::terminated ||
      instance.state == InstanceState::stopping || instance.state == InstanceState::stopped) {
    return mutated(Mutation::ignore_a_disappearance) ? Reason::none : Reason::disappeared;
  }
  if (is_original(state)) return state.import->secured_at ? Reason::imported : Reason::none;
  if (restore_waits(state) && !held) return Reason::restore;
  if (state.recycle_wanted && !held) return Reason::recycle;
  if (must_be_healed(draft)) {
    reached(Probe::healed);
    return Reason::unhealthy;
  }
  return voluntary_reason(draft);
}

namespace {

// While it rested, whoever keeps the cloud may have attached a volume elsewhere, mended what is on it and put it back:
// between two looks nothing shows that. So the copies from before the rest are copies like others, and the volumes are
// saved again before something takes their place.
void no_copy_is_final(State& state) {
  if (mutated(Mutation::copy_stays_final_at_rest)) return;
  for (Snapshot& snapshot : state.snapshots) snapshot.final = false;
}

}  // namespace

// A person's, or the schedule's.
bool is_wish(Reason reason) {
  return reason == Reason::pause || reason == Reason::resume || reason == Reason::recycle;
}

void begin_handover(Draft& draft, Reason reason) {
  State& state = draft.state();
  if (reason == Reason::resume && !state.handover) no_copy_is_final(state);
  Handover handover;
  handover.reason = reason;
  handover.from_generation = state.generation;
  handover.began_at = draft.now;
  handover.scheduled = state.by_schedule && is_wish(reason);
  handover.from_rest = reason == Reason::resume || (state.handover && began_at_rest(*state.handover));
  if (state.handover) {
    reached(Probe::handover_struck_again);
    // The one under way was struck again: the time without the application goes on.
    handover.began_at = state.handover->began_at;
    handover.phases = state.handover->phases;
  }
  if (state.instance) {
    handover.deadline = state.instance->notice_deadline;
    handover.from_market = state.instance->market;
  }
  state.handover = handover;
  state.comes_as_before = false;
  draft.record("handover", "a handover begins: " + std::string(to_string(reason)), account_of_beginning(state));
  state.recycle_wanted = false;
  state.periodic_due.reset();
}

// Until everything persisted was seen to outlive the instance, it is looked at: the cloud may take it at any moment.
void watch_over(Draft& draft) {
  const Instance& instance = *draft.state().instance;
  if (instance.kept || is_terminal(instance.state)) return;
  draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now + between_looks(draft.state()));
}

void tend_present_instance(Draft& draft) {
  watch_over(draft);
  if (!is_outgoing(draft.state())) {
    Reason reason = reason_to_replace(draft);
    if (reason == Reason::none && fall_back(draft)) reason = Reason::unhealthy;
    if (reason != Reason::none) begin_handover(draft, reason);
  }
  if (!is_outgoing(draft.state())) {
    settle_in(draft);
    return;
  }
  // The wish may have changed on the way: a pause during a replacement, a delete during a pause.
  if (draft.state().goal == Goal::paused) draft.state().handover->reason = Reason::pause;
  if (draft.state().goal == Goal::paused) draft.state().handover->scheduled = draft.state().by_schedule;
  if (draft.state().goal == Goal::deleted) draft.state().handover->reason = Reason::deletion;
  bool ended = is_terminal(draft.state().instance->state);
  if (mutated(Mutation::launch_before_terminated))
    ended |= draft.state().instance->state == InstanceState::shutting_down;
  if (ended) {
    leave_behind(draft);
  } else {
    take_down(draft);
  }
}

bool launch_under_way(const State& state) {
  return std::any_of(state.asked.begin(), state.asked.end(), [&](const auto& entry) {
    const Asked& asked = entry.second;
    bool refused = asked.standing == Asked::Standing::waiting;
    bool comes_to_light = !refused || (state.goal != Goal::running && may_still_be_made(asked));
    return comes_to_light && std::holds_alternative<LaunchInstance>(asked.effect.action);
  });
}

void come_to_rest(Draft& draft, std::string_view kind, const std::string& message) {
  State& state = draft.state();
  if (!state.handover) return;
  Duration total = draft.now - state.handover->began_at;
  draft.record(std::string(kind), message + " after " + to_words(total), account_of_end(state, draft.now));
  state.handover.reset();
}

void stay_paused(Draft& draft) {
  if (!save(draft)) return;
  if (!all_free(draft.state(), draft.now)) return draft.look(Kind::volumes | Kind::interfaces, draft.now);
  come_to_rest(draft, "paused", "it is paused, with everything kept,");
}

void deallocate(Draft& draft) {
  State& state = draft.state();
  bool something_left = state.root || !state.data.empty() || state.interface || !state.snapshots.empty() ||
                        !state.images.empty() || !state.superseded.empty() || !state.left_by_launch.empty() ||
                        !state.superseded_interfaces.empty();
  if (!something_left && state.forget_at) return;
  if (!all_free(state, draft.now) && !original_lost(state))
    return draft.look(Kind::volumes | Kind::interfaces, draft.now);
  // Every asking that may still make something is settled first, so that nothing is made after the list is drawn up.
  bool making = std::any_of(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    bool refused = entry.second.standing == Asked::Standing::waiting;
    return (!refused || may_still_be_made(entry.second)) && !entry.first.starts_with("delete/");
  });
  if (making || !leavings_known(draft)) return;
  retire_everything(draft, *state.deallocation);
  state.forget_at = draft.now + state.deallocation->retention;
  come_to_rest(draft, "deallocated", "it is deallocated");
}

// Between two looks at what rests nothing shows that a volume was lent: it is looked at once more before its copy is
// made.
bool seen_after_rest(Draft& draft) {
  const State& state = draft.state();
  if (state.handover->reason != Reason::resume) return true;
  if (state.looking.volumes_listed && *state.looking.volumes_listed >= state.handover->began_at) return true;
  draft.look(static_cast<Kinds>(Kind::volumes), draft.now);
  return false;
}

void tend_without_instance(Draft& draft) {
  State& state = draft.state();
  // A launch that may have happened is brought to light before anything else is decided.
  if (launch_under_way(state) || (state.goal != Goal::running && interface_under_way(state))) return;
  if (state.goal == Goal::deleted) return deallocate(draft);
  if (state.goal == Goal::paused) return stay_paused(draft);
  // A pause that has not come to rest ends here: a person may have written to a volume all the same.
  if (state.handover && state.handover->reason == Reason::pause) state.handover.reset();
  if (!state.handover) {
    Reason first = made_of_copies(state) ? Reason::imported : Reason::created;
    begin_handover(draft, state.generation == 0 ? first : Reason::resume);
  }
  if (seen_after_rest(draft) && save(draft) && copies_ready(draft)) launch(draft);
}

void clean_up(Draft& draft) {
  State& state = draft.state();
  bool well = state.instance && state.instance->healthy_at && !state.handover && state.goal == Goal::running;
  if (mutated(Mutation::retire_before_healthy)) well = state.instance && state.goal == Goal::running;
  if (well) retire_former(draft);
  // While a handover is under way its calls come first; nothing of what is due gets in a hurry. But one that waits for
  // snapshots that fail has time, and what goes may be the room that they need; or it has the address that is wanted.
  if (!state.handover || saving_fails(draft) || interface_refused(state)) delete_due(draft);
}

}  // namespace

bool is_wish(const Event& request) {
  return std::holds_alternative<PauseAsked>(request) || std::holds_alternative<ResumeAsked>(request) ||
         std::holds_alternative<RecycleAsked>(request);
}

Result<void> fold_request(Draft& draft, const Event& request) {
  if (is_wish(request)) draft.state().by_schedule = false;
  if (std::holds_alternative<PauseAsked>(request)) return ask_pause(draft);
  if (std::holds_alternative<ResumeAsked>(request)) return ask_resume(draft);
  if (std::holds_alternative<RecycleAsked>(request)) return ask_recycle(draft);
  if (const auto* deletion = std::get_if<DeleteAsked>(&request)) return ask_delete(draft, *deletion);
  if (std::holds_alternative<SnapshotAsked>(request)) return ask_snapshot(draft);
  if (const auto* restore = std::get_if<RestoreAsked>(&request)) return ask_restore(draft, *restore);
  if (const auto* dropped = std::get_if<SnapshotDropped>(&request)) return drop_snapshot(draft, dropped->snapshot);
  if (const auto* dropped = std::get_if<VolumeDropped>(&request)) return drop_volume(draft, *dropped);
  if (std::holds_alternative<UndeleteAsked>(request)) return ask_undelete(draft);
  return {};
}

void advance(Draft& draft) {
  tend_import(draft);
  tend_copies(draft);
  tend_address(draft);
  if (draft.state().instance) tend_present_instance(draft);
  // leave_behind may just have ended it: what comes next need not wait for another event.
  if (!draft.state().instance) tend_without_instance(draft);
  snapshot_periodically(draft);
  clean_up(draft);
  tend_tags(draft);
  tend_scout(draft);
  judge_health(draft);
}

}  // namespace holdfast::core
