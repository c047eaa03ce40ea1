// Outcomes of effects. Done: the fact is noted. Refused: the pause before the next try, by what the error calls for.
// Unknown: to be settled by looking.

#include <algorithm>

#include "core/account.h"
#include "core/address.h"
#include "core/fold.h"
#include "core/import.h"
#include "core/interfaces.h"
#include "core/losses.h"
#include "core/mutation.h"
#include "core/probe.h"
#include "core/retention.h"
#include "core/saving.h"
#include "core/tagging.h"
#include "core/voluntary.h"

namespace holdfast::core {

using namespace model;

Duration pause_after(int tries) {
  constexpr Duration kFirstPause = std::chrono::milliseconds(250);
  constexpr Duration kLongestPause = std::chrono::seconds(30);
  Duration pause = kFirstPause * (1 << std::clamp(tries - 1, 0, 10));
  return std::min(pause, kLongestPause);
}

namespace {

constexpr Duration kDefinitePause = std::chrono::seconds(30);
constexpr Duration kNoCapacityPause = std::chrono::seconds(15);
constexpr Duration kNotFoundPause = std::chrono::seconds(2);
constexpr int kTriesUntilLasting = 12;  // some three minutes
// A launch that nobody answers is repeated so often, all in the same market. Then another is asked, once the first
// cannot come to be any more.
constexpr int kTriesOfALaunch = 5;
constexpr Duration kUnansweredPause = kLatestRequest + kListingLag + kDefinitePause;

// What is to be deleted and is held by somebody, or may not be deleted by us, may stay so for years.
Duration pause_of_deletion(int tries) {
  constexpr Duration kLongestPause = std::chrono::hours(1);
  return std::min(kDefinitePause * (1 << std::clamp(tries - kTriesUntilLasting, 0, 10)), kLongestPause);
}

bool is_copy(const State& state, const std::optional<SnapshotId>& id) {
  return std::any_of(state.snapshots.begin(), state.snapshots.end(),
                     [&](const Snapshot& snapshot) { return snapshot.id == id; });
}

// A launch that does not keep what it has at this device has no successor of what was kept there, even if the document
// had it made of an older copy of that.
bool keeps(const LaunchInstance& launch, const std::string& device) {
  return std::any_of(launch.devices.begin(), launch.devices.end(), [&](const LaunchDevice& made) {
    return made.device.device_name == device && !made.delete_on_termination;
  });
}

// One whose copy the new instance has goes when that is healthy. One that the document gave up holds what is nowhere
// else: it stays for as long as what a delete keeps.
void set_aside(Draft& draft, const Volume& volume, bool copied) {
  if (copied) return draft.state().superseded.push_back(volume);
  const Duration kept = Deallocation().retention;
  draft.state().retired.push_back({Retired::What::volume, volume.id.str(),
                                   "the document does not persist " + volume.device + " any more", draft.now + kept});
  reached(Probe::volume_given_up);
  draft.record("volume_given_up", "volume " + volume.id.str() + " (" + volume.device +
                                      ") is not persisted any more; it is kept until " + to_iso(draft.now + kept));
}

// Whether the document of the launch, which may be another by now, had what is at this device kept.
bool waited_for(const Draft& draft, const LaunchInstance& launch, const std::string& device) {
  const bool made = std::any_of(launch.devices.begin(), launch.devices.end(),
                                [&](const LaunchDevice& own) { return own.device.device_name == device; });
  return made ? keeps(launch, device) : is_persisted(draft, device);
}

// What a former launch has left, and that is kept, was found: this launch waited for that. What is not kept any more
// was not looked for: it stays for as long as what a delete keeps.
void give_up_left(Draft& draft, const LaunchInstance& launch) {
  State& state = draft.state();
  for (const Volume& left : state.left_by_launch) {
    if (left.device.empty() || !waited_for(draft, launch, left.device)) set_aside(draft, left, false);
  }
  state.left_by_launch.clear();
}

void launched(Draft& draft, const LaunchInstance& launch, const InstanceId& id) {
  State& state = draft.state();
  // Two instances of one managed instance must never be: launches are asked one at a time, each with its own token.
  state.generation = launch.generation;
  state.attempt = 0;
  Instance instance;
  instance.id = id;
  instance.generation = launch.generation;
  instance.market = launch.market;
  instance.image = launch.image;
  instance.launched_at = draft.now;
  state.instance = instance;
  state.gone_at.reset();
  give_up_left(draft, launch);
  note_launch_interface(state, launch, id);
  // What the new instance's volumes were made from is no longer the present copy, but stays until it is healthy.
  if (state.root) {
    const bool of_its_image = find_by_id(state.images, launch.image) != nullptr;
    set_aside(draft, *state.root, keeps(launch, state.root->device) && of_its_image);
  }
  state.root.reset();
  for (const LaunchDevice& device : launch.devices) {
    auto former = state.data.find(device.device.device_name);
    if (former == state.data.end()) continue;
    const bool copied = keeps(launch, former->first) && is_copy(state, device.device.snapshot_id);
    set_aside(draft, former->second, copied);
    state.data.erase(former);
  }
  draft.record("launched",
               (id.empty() ? "an instance" : "instance " + id.str()) + " launched: generation " +
                   std::to_string(launch.generation) + ", " + launch.market.instance_type + " in " +
                   launch.market.zone + " (" + (launch.market.life_cycle == LifeCycle::spot ? "spot" : "on demand") +
                   ")",
               account_of_launch(launch, id));
}

// EC2's word that the token has launched an instance, which has ended and is not listed any more: the service was away
// for longer than that. Its generation came to be, and what it left is found by its tags.
constexpr char kLaunchedAndEnded[] = "IdempotentInstanceTerminated";

void launched_and_ended(Draft& draft, const LaunchInstance& launch) {
  launched(draft, launch, InstanceId());
  draft.state().instance->state = InstanceState::terminated;
  draft.state().gone_at = draft.now;
  draft.record("gone", "the instance of generation " + std::to_string(launch.generation) +
                           " was launched and has ended before it was seen");
}

// A copy of what was given up, or gave way to a restore, is none of what is there now, however late it comes.
std::optional<Time> given_up_until(const State& state, const VolumeId& volume) {
  if (is_present_volume(state, volume)) return std::nullopt;
  for (const Retired& entry : state.retired) {
    if (entry.id == volume.str()) return entry.due;
  }
  std::optional<Time> until;
  for (const Snapshot& other : state.snapshots) {
    if (other.volume == volume && other.keep_until) until = std::max(until.value_or(Time{}), *other.keep_until);
  }
  return until;
}

struct Done {
  Draft& draft;
  const std::string& made;

  void operator()(const LaunchInstance& launch) const {
    launched(draft, launch, InstanceId(made));
    draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now);
  }
  void operator()(const TerminateInstance& terminate) const {
    std::optional<Instance>& instance = draft.state().instance;
    if (instance && instance->id == terminate.instance && !is_terminal(instance->state)) {
      instance->state = InstanceState::shutting_down;
    }
    draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now);
  }
  void operator()(const CreateSnapshot& create) const {
    draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
    // Asked for before a deletion, and again after that was taken back: it counts again, unless it is going already.
    if (draft.state().asked.contains("delete/" + made)) return;
    keep_again(draft.state(), made);
    // Found by its tags before, as one of two.
    if (Snapshot* known = find_by_id(draft.state().snapshots, SnapshotId(made))) {
      known->final = known->final || create.final;
      known->manual = known->manual || create.manual;
      return;
    }
    Snapshot snapshot{
        SnapshotId(made), create.volume, create.device, create.final, create.generation, SnapshotState::pending, 0,
        draft.now};
    snapshot.manual = create.manual;
    snapshot.keep_until = given_up_until(draft.state(), create.volume);
    draft.state().snapshots.push_back(snapshot);
  }
  void operator()(const RegisterImage& image) const {
    // By its name one that is known, and has failed: the next try has a name of its own.
    if (RootImage* known = find_by_id(draft.state().images, ImageId(made))) {
      if (known->state == ImageState::failed) {
        ++known->failures;
        known->failed_at = draft.now;
      }
      return draft.look(static_cast<Kinds>(Kind::images), draft.now);
    }
    // Its snapshot was given up meanwhile, and cannot go before it.
    if (is_retired(draft.state(), image.snapshot.str())) {
      draft.state().retired.push_back({Retired::What::image, made, "its snapshot is given up", draft.now});
      return;
    }
    draft.state().images.push_back({ImageId(made), image.name, image.snapshot, image.generation, ImageState::pending});
    draft.look(static_cast<Kinds>(Kind::images), draft.now);
  }
  void operator()(const CreateInterface& create) const { interface_made(draft, create, InterfaceId(made)); }
  void operator()(const CreateVolume& create) const { volume_made(draft, create, VolumeId(made)); }
  void operator()(const AttachVolume& attach) const {
    for (auto& [device, volume] : draft.state().data) {
      if (volume.id != attach.volume) continue;
      volume.attached_to = attach.instance;
      volume.attachment = AttachmentState::attaching;
    }
    draft.look(static_cast<Kinds>(Kind::volumes), draft.now);
  }
  void operator()(const KeepOnTermination&) const { draft.look(static_cast<Kinds>(Kind::instances), draft.now); }
  void operator()(const TagVolume&) const {}
  void operator()(const AdoptInstance&) const {
    if (draft.state().import) draft.state().import->tagged_at = draft.now;
    draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now);
  }
  void operator()(const ReleaseInstance&) const {
    if (draft.state().import) draft.state().import->released = true;
  }
  void operator()(const SnapshotInstance& effect) const { copies_made(draft, effect, made); }
  void operator()(const LaunchScout& scout) const { scout_launched(draft, scout, InstanceId(made)); }
  void operator()(const EndScout& end) const { scout_ended(draft, end.instance); }
  // Whether it is there is seen by looking.
  void operator()(const AssociateAddress&) const { draft.look(static_cast<Kinds>(Kind::instances), draft.now); }
  void operator()(const DisassociateAddress& effect) const { address_taken_off(draft, effect); }
  void operator()(const ApplyTags& effect) const { tags_applied(draft, effect); }
  void operator()(const DeleteVolume& effect) const { forget_retired(draft, effect.volume.str()); }
  void operator()(const DeleteSnapshot& effect) const { forget_retired(draft, effect.snapshot.str()); }
  void operator()(const DeregisterImage& effect) const { forget_retired(draft, effect.image.str()); }
  void operator()(const DeleteInterface& effect) const { forget_retired(draft, effect.interface.str()); }
};

// A copy that somebody deleted: what it was of is saved anew, or is made from the next older one. Only the cloud's own
// word for this very id counts, so often and so long after it was made that no delay of its listings explains it. It is
// not deleted by us: it only leaves the state.
void forget_deleted_copy(Draft& draft, const LaunchInstance& launch, const Error& error) {
  if (error.code != "InvalidSnapshot.NotFound") return;
  std::vector<Snapshot>& snapshots = draft.state().snapshots;
  for (const LaunchDevice& device : launch.devices) {
    auto copy = std::find_if(snapshots.begin(), snapshots.end(), [&](const Snapshot& snapshot) {
      bool meant =
          device.device.snapshot_id == snapshot.id && error.message.find(snapshot.id.str()) != std::string::npos;
      return meant && draft.now - snapshot.started_at >= kTimeUntilGone;
    });
    if (copy == snapshots.end()) continue;
    reached(Probe::copy_deleted_by_hand);
    draft.record("snapshot_lost", "snapshot " + copy->id.str() + " of " + copy->device + " of " +
                                      to_iso(copy->started_at) + " is gone from the cloud");
    snapshots.erase(copy);
  }
}

// A launch that was refused for sure, or given up: this market is not asked for a while, and the next try has a token
// of its own.
void launch_refused(Draft& draft, const LaunchInstance& launch, const Error& error) {
  State& state = draft.state();
  bool capacity = error.kind == ErrorKind::no_capacity;
  Duration pause = capacity ? kNoCapacityPause : error.kind == ErrorKind::not_found ? kNotFoundPause : kDefinitePause;
  if (error.kind == ErrorKind::unknown_outcome) pause = kUnansweredPause;
  if (mutated(Mutation::a_refusal_is_for_good)) pause = std::chrono::hours(10000);
  bool definite = !capacity && (error.kind != ErrorKind::not_found || state.attempt + 1 >= kTriesUntilDefinite);
  std::erase_if(state.cooling, [&](const CoolingMarket& cooling) { return cooling.market == launch.market; });
  state.cooling.push_back({launch.market, draft.now + pause, true, definite, describe(error)});
  ++state.attempt;
  // Something that it names may be gone: whether that is so is seen by looking.
  if (error.kind == ErrorKind::not_found) draft.look(kAllKinds, draft.now);
  if (definite) forget_deleted_copy(draft, launch, error);
  draft.record(capacity ? "no_capacity" : "launch_refused",
               launch.market.instance_type + " in " + launch.market.zone + ": " + describe(error));
}

bool refused_for_good(const Error& error) {
  if (mutated(Mutation::forget_an_unanswered_launch) && error.kind == ErrorKind::unknown_outcome) return true;
  return error.kind == ErrorKind::no_capacity || error.kind == ErrorKind::invalid || error.kind == ErrorKind::denied ||
         error.kind == ErrorKind::not_found;
}

// EC2 makes no two snapshots of one volume within 15 s. When the last one of it that we know of is so old.
constexpr Duration kBetweenSnapshots = std::chrono::seconds(15);
constexpr char kTooSoon[] = "SnapshotCreationPerVolumeRateExceeded";

bool is_too_soon(const EffectAction& action, const Error& error) {
  return std::holds_alternative<CreateSnapshot>(action) && error.code == kTooSoon;
}

// When the volume takes a snapshot again, after the newest one that we know of. Where that is past, there is another
// that neither an answer nor a listing has shown: a request that was late has made it, ours or somebody's.
void wait_for_next_snapshot(Draft& draft, Asked& asked) {
  const VolumeId& volume = std::get<CreateSnapshot>(asked.effect.action).volume;
  Time next{};
  for (const Snapshot& snapshot : draft.state().snapshots) {
    if (snapshot.volume == volume) next = std::max(next, snapshot.started_at + kBetweenSnapshots);
  }
  if (next > draft.now) {
    asked.again_at = next;
    return;
  }
  reached(Probe::snapshot_unseen);
  asked.in_doubt = true;
}

void refused(Draft& draft, Asked& asked, const Error& error) {
  if (error.kind == ErrorKind::unknown_outcome) {
    asked.standing = Asked::Standing::unknown;
    asked.since = draft.now;
    asked.definite = false;
    asked.last_error = describe(error);
    draft.look(kAllKinds, draft.now);
    return;
  }
  asked.standing = Asked::Standing::waiting;
  asked.last_error = describe(error);
  // An address that somebody has may be free soon, like what is not found may be listed soon.
  const bool has_holder =
      error.kind == ErrorKind::conflict && std::holds_alternative<CreateInterface>(asked.effect.action);
  const bool for_a_while = has_holder || error.kind == ErrorKind::not_found;
  bool mendable = error.kind == ErrorKind::throttled || error.kind == ErrorKind::unavailable ||
                  (error.kind == ErrorKind::conflict && !has_holder) ||
                  (for_a_while && asked.tries < kTriesUntilDefinite);
  // A conflict passes by itself, mostly. One that does not keeps somebody waiting, unless it is only of what is left.
  const bool lasting = error.kind == ErrorKind::conflict && asked.tries >= kTriesUntilLasting;
  asked.definite = !mendable || (lasting && asked.effect.urgency < Urgency::periodic);
  bool saves = std::holds_alternative<CreateSnapshot>(asked.effect.action) ||
               std::holds_alternative<RegisterImage>(asked.effect.action);
  Duration definite_pause = saves ? pause_after_failures(asked.tries) : kDefinitePause;
  asked.again_at = draft.now + (mendable ? pause_after(asked.tries) : definite_pause);
  const bool for_long = !mendable || error.kind == ErrorKind::conflict;
  if (for_long && asked.tries >= kTriesUntilLasting && asked.effect.key.starts_with("delete/")) {
    asked.again_at = draft.now + pause_of_deletion(asked.tries);
  }
  if (is_too_soon(asked.effect.action, error)) wait_for_next_snapshot(draft, asked);
  if (!mendable || asked.tries == kTriesUntilDefinite) {
    draft.record("refused", std::string(name_of(asked.effect.action)) + " is refused: " + asked.last_error +
                                "; tried again in " + to_words(asked.again_at - draft.now));
  }
  draft.look(kAllKinds, asked.again_at);
}

// It is not repeated: another one is asked for. False: it is, for all that this error says.
bool launch_came_to_nothing(Draft& draft, const std::string& key, const LaunchInstance& launch, const Error& error) {
  Asked& asked = draft.state().asked.at(key);
  const bool given_up = error.kind == ErrorKind::unknown_outcome && asked.tries >= kTriesOfALaunch;
  if (!given_up && !refused_for_good(error)) return false;
  launch_refused(draft, launch, error);
  if (!asked.in_doubt && !given_up) {
    draft.state().asked.erase(key);
    return true;
  }
  reached(Probe::launch_refused_in_doubt);
  // That the repeat was refused does not prove that the first try is dead: it may have been late. No other is asked
  // for until a look from after this one would have shown its instance (settle_unknown).
  asked.standing = Asked::Standing::unknown;
  asked.definite = true;
  asked.since = draft.now;
  draft.look(Kind::instances | Kind::volumes, draft.now + kListingLag);
  return true;
}

// Wanted again by every look that does not show it, and a listing may be older than that: so it is not asked for again
// at each of them. Dropped by the look that shows it (drop_unwanted).
void await_its_sight(Draft& draft, Asked& asked) {
  asked.standing = Asked::Standing::waiting;
  asked.again_at = draft.now + std::max(kListingLag, pause_after(asked.tries));
  asked.definite = asked.tries >= kTriesUntilDefinite;
  asked.in_doubt = true;  // it is done, whatever a look from before shows
  asked.last_error = "EC2 answers that it is done, and shows what was before";
}

}  // namespace

void fold_outcome(Draft& draft, const Outcome& outcome) {
  auto found = draft.state().asked.find(outcome.key);
  if (found == draft.state().asked.end()) return;  // settled before, by looking
  EffectAction action = found->second.effect.action;
  if (mutated(Mutation::refused_deletion_is_done) && outcome.key.starts_with("delete/") && !outcome.made) {
    return fold_outcome(draft, {outcome.key, std::string()});
  }
  if (outcome.made && std::holds_alternative<RegisterImage>(action)) {
    // By its name the former image of that snapshot, which is given up: it is kept again, unless it is going already.
    if (draft.state().asked.contains("delete/" + *outcome.made)) {
      return refused(draft, found->second,
                     {ErrorKind::conflict, "BeingDeregistered", "the former image " + *outcome.made + " is going", {}});
    }
    keep_again(draft.state(), *outcome.made);
  }
  const bool is_seen = std::holds_alternative<KeepOnTermination>(action) || std::holds_alternative<TagVolume>(action) ||
                       std::holds_alternative<AttachVolume>(action);
  if (outcome.made) {
    if (is_seen) {
      await_its_sight(draft, found->second);
    } else {
      draft.state().asked.erase(found);
    }
    std::visit(Done{draft, *outcome.made}, action);
    return;
  }
  if (const auto* launch = std::get_if<LaunchInstance>(&action);
      launch != nullptr && outcome.made.error().code == kLaunchedAndEnded) {
    draft.state().asked.erase(found);
    return launched_and_ended(draft, *launch);
  }
  if (const auto* launch = std::get_if<LaunchInstance>(&action);
      launch != nullptr && launch_came_to_nothing(draft, outcome.key, *launch, outcome.made.error())) {
    return;
  }
  // One that was made all the same, by an earlier try, is found by its tag and ended.
  if (auto* scout = std::get_if<LaunchScout>(&action); scout != nullptr && refused_for_good(outcome.made.error())) {
    scout_refused(draft, *scout, outcome.made.error());
    draft.state().asked.erase(found);
    return;
  }
  refused(draft, found->second, outcome.made.error());
}

void fold_notice(Draft& draft, const InterruptionNoticed& notice) {
  std::optional<Instance>& instance = draft.state().instance;
  // A notice for an instance that is no longer ours to keep ends here.
  if (!instance || instance->id != notice.instance || is_terminal(instance->state)) {
    return reached(Probe::notice_of_a_former_instance);
  }
  if (instance->notice_deadline) return;
  instance->notice_deadline = notice.deadline;
  draft.record("interruption_noticed",
               "the cloud takes instance " + instance->id.str() + " back at " + to_iso(notice.deadline),
               "{\"instance\":\"" + instance->id.str() + "\",\"deadline\":\"" + to_iso(notice.deadline) + "\"}");
}

}  // namespace holdfast::core
