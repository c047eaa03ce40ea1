#include "sim/checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/invariants.h"
#include "model/observed.h"
#include "model/state.h"

namespace holdfast::sim {

namespace {

constexpr Duration kToMend = std::chrono::minutes(15);  // what was set by hand; seen within a minute, if all is well
constexpr Duration kClocksApart = std::chrono::seconds(5);    // at most, of the services (decision 7)
constexpr Duration kGivenUpKept = std::chrono::hours(96);     // what the document gives up, at least

}  // namespace

void Checker::broken(int promise, std::string name, const ManagedInstanceId& id, std::string what) {
  violations_.push_back({promise, std::move(name), std::move(what), time_.now(), id});
}

// ---- users

void Checker::created(const ManagedInstanceId& id, const model::Spec& spec) {
  managed_[id].spec = spec;
}

void Checker::asks_to_change(const ManagedInstanceId& id, const model::Spec& spec) {
  managed_[id].asked_spec = spec;
}

bool Checker::sets_goal(const model::Event& request) {
  return std::holds_alternative<model::PauseAsked>(request) || std::holds_alternative<model::ResumeAsked>(request) ||
         std::holds_alternative<model::DeleteAsked>(request) || std::holds_alternative<model::UndeleteAsked>(request);
}

void Checker::asks(const ManagedInstanceId& id, const model::Event& request) {
  Managed& managed = managed_[id];
  if (sets_goal(request)) {
    managed.goal.reset();
    managed.goal_since = time_.now();
  }
  if (const auto* deletion = std::get_if<model::DeleteAsked>(&request)) {
    if (!managed.deallocation) managed.deleted_at = time_.now();
    managed.deallocation = deletion->deallocation;
  }
  if (const auto* drop = std::get_if<model::VolumeDropped>(&request)) drops(*drop, time_.now());
  if (const auto* drop = std::get_if<model::SnapshotDropped>(&request)) snapshots_[drop->snapshot].dropped = true;
  const auto* restore = std::get_if<model::RestoreAsked>(&request);
  if (restore == nullptr) return;
  for (const auto& [device, snapshot] : restore->sources) {
    auto content = guests_.snapshot(snapshot);
    if (content) managed.restores[device].push_back({snapshot, content->written, time_.now() + restore->retention});
  }
}

void Checker::delivered(const ManagedInstanceId& id, const model::Event& request, Time at) {
  Managed& managed = managed_[id];
  if (sets_goal(request)) managed.goal_since = std::min(managed.goal_since, at);
  if (std::holds_alternative<model::DeleteAsked>(request)) managed.deleted_at = std::min(managed.deleted_at, at);
  if (const auto* drop = std::get_if<model::VolumeDropped>(&request)) drops(*drop, at);
  const auto* restore = std::get_if<model::RestoreAsked>(&request);
  if (restore == nullptr) return;
  for (const auto& [device, snapshot] : restore->sources) {
    std::vector<Restore>& asked = managed.restores[device];
    const auto known =
        std::find_if(asked.begin(), asked.end(), [&](const Restore& one) { return one.source == snapshot; });
    auto content = guests_.snapshot(snapshot);
    if (known != asked.end()) {
      known->kept_until = std::min(known->kept_until, at + restore->retention);
    } else if (content) {  // asked once more for want of an answer, after it was done
      asked.push_back({snapshot, content->written, at + restore->retention});
    }
  }
}

void Checker::answered(const ManagedInstanceId& id, const model::Event& request) {
  Managed& managed = managed_[id];
  managed.answered = time_.now();
  if (std::holds_alternative<model::PauseAsked>(request)) managed.goal = model::Goal::paused;
  if (std::holds_alternative<model::ResumeAsked>(request)) managed.goal = model::Goal::running;
  if (std::holds_alternative<model::DeleteAsked>(request)) managed.goal = model::Goal::deleted;
  if (std::holds_alternative<model::UndeleteAsked>(request)) {
    managed.goal = model::Goal::paused;
    // From here on everything stays again; but what was to go, and had been let out, may still go.
    if (managed.deallocation) {
      managed.let_out_over = is_over(managed);
      managed.let_out = managed.deallocation;
      managed.let_out_until = time_.now() + kLatestSent;
    }
    managed.deallocation.reset();
  }
  if (const auto* drop = std::get_if<model::VolumeDropped>(&request)) is_dropped(*drop);
  const auto* restore = std::get_if<model::RestoreAsked>(&request);
  if (restore != nullptr && restore->sources.empty()) {  // taken back
    for (auto& [device, asked] : managed.restores) {
      std::erase_if(asked, [](const Restore& restore) { return !restore.launched; });
    }
  }
}

void Checker::refused_to_user(const ManagedInstanceId& id, const model::Event& request) {
  if (const auto* drop = std::get_if<model::VolumeDropped>(&request)) volumes_[drop->volume].dropped.reset();
  if (const auto* drop = std::get_if<model::SnapshotDropped>(&request)) snapshots_[drop->snapshot].dropped = false;
  const auto* restore = std::get_if<model::RestoreAsked>(&request);
  if (restore == nullptr) return;
  for (const auto& [device, snapshot] : restore->sources) {
    std::vector<Restore>& asked = managed_[id].restores[device];
    auto refused =
        std::find_if(asked.rbegin(), asked.rend(), [&](const Restore& one) { return one.source == snapshot; });
    if (refused != asked.rend()) asked.erase(std::next(refused).base());  // not the one that was asked for before it
  }
}

// Made before an older copy took its place (and, if asked for, kept for as long as was promised).
bool Checker::left_behind(const Managed& managed, const std::string& device, Time made, bool may_go) const {
  auto found = managed.branches.find(device);
  if (found == managed.branches.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Branch& branch) {
    return made < branch.left && (!may_go || time_.now() + kClocksApart >= branch.kept_until);
  });
}

// What was copied then may have given way to an older copy, or may yet: that was asked for.
bool Checker::may_be_restored(const Managed& managed, const std::string& device, Time copied) const {
  auto asked = managed.restores.find(device);
  if (asked != managed.restores.end() && !asked->second.empty()) return true;
  return left_behind(managed, device, copied, false);
}

// The older copy that was asked for: what was written since is left behind.
bool Checker::comes_restored(Managed& managed, const std::string& device, const Guests::Content& content) {
  std::vector<Restore>& asked = managed.restores[device];
  // Made of it and of nothing newer, which would hold it too. One that lost nothing came unnoticed, so the last counts.
  auto last = std::find_if(asked.rbegin(), asked.rend(), [&](const Restore& restore) {
    return content.written.end() == restore.copy.end() && content.written.holds(restore.copy);
  });
  if (last == asked.rend()) return false;
  const auto meant = std::prev(last.base());
  managed.branches[device].push_back({time_.now(), meant->kept_until});
  managed.acknowledged[device] = content.synced;
  // Where a person has destroyed what there was, it may only be the newest copy that is left: the restore comes yet.
  const bool is_it = managed.destroyed.erase(device) == 0;
  if (is_it) asked.erase(asked.begin(), meant + 1);  // one that was asked for later may come yet
  return true;
}

// The root before it has not come up, and the document says that the newest one that did takes its place.
bool Checker::falls_back(Managed& managed, const Instance& instance, const std::string& device,
                         const Guests::Content& content) {
  const bool asked = managed.spec.persistence.root_fallback || instance.asked < managed.spec_since + kLatestSent;
  auto last = instances_.find(managed.last);
  // Or it came up while the service was away, and was ill when that was back.
  const bool in_vain = last != instances_.end() &&
                       (last->second.spoiled || (last->second.fell_ill && !last->second.seen_well));
  if (device != kRootDevice || !asked || !in_vain) return false;
  // The newest that the service has seen; one whose image a person has deregistered is passed over, or was chosen
  // before.
  const auto chosen = std::find_if(managed.came_up.rbegin(), managed.came_up.rend(), [&](const InstanceId& id) {
    auto image = images_.find(instances_[id].image);
    if (!instances_[id].seen_well || image == images_.end()) return false;
    return !image->second.deleted || content.written.holds(instances_[id].root);
  });
  if (chosen == managed.came_up.rend() || !content.written.holds(instances_[*chosen].root)) return false;
  managed.branches[device].push_back({time_.now(), time_.now() + model::Deallocation().retention});
  managed.acknowledged[device] = content.synced;
  return true;
}

// It may be the older copy that was asked for all the same, if nothing was written since that was made. What a person
// writes to the volume that gave way is left behind with that.
void Checker::leaves_nothing_behind(Managed& managed, const std::string& device, const Guests::Content& content) {
  for (const Restore& restore : managed.restores[device]) {
    const bool is_it = content.written.end() == restore.copy.end() && content.written.holds(restore.copy);
    if (is_it) managed.branches[device].push_back({time_.now(), restore.kept_until});
  }
}

bool Checker::destroyed_by_hand(const ManagedInstanceId& id) const {
  auto found = managed_.find(id);
  return found != managed_.end() && !found->second.destroyed.empty();
}

bool Checker::taken_off_by_hand(const ManagedInstanceId& id) const {
  return std::any_of(volumes_.begin(), volumes_.end(), [&](const auto& entry) {
    return entry.second.owner == id && entry.second.taken_off && !entry.second.deleted;
  });
}

// It was taken off an instance that it would have gone with.
bool Checker::let_go_by_hand(const VolumeId& volume) const {
  auto found = volumes_.find(volume);
  if (found == volumes_.end() || !found->second.taken_off) return false;
  auto managed = managed_.find(found->second.owner);
  return managed != managed_.end() && !persists(managed->second, found->second.device);
}

std::optional<ManagedInstanceId> Checker::owner_of(const std::string& thing) const {
  if (auto found = instances_.find(InstanceId(thing)); found != instances_.end()) return found->second.owner;
  if (auto found = volumes_.find(VolumeId(thing)); found != volumes_.end()) return found->second.owner;
  if (auto found = snapshots_.find(SnapshotId(thing)); found != snapshots_.end()) return found->second.owner;
  if (auto found = images_.find(ImageId(thing)); found != images_.end()) return found->second.owner;
  if (auto found = interfaces_.find(InterfaceId(thing)); found != interfaces_.end()) return found->second.owner;
  if (auto found = primaries_.find(InterfaceId(thing)); found != primaries_.end()) return found->second;
  return std::nullopt;
}

std::string Checker::device_of(const VolumeId& volume) const {
  auto found = volumes_.find(volume);
  return found == volumes_.end() ? std::string() : found->second.device;
}

bool Checker::is_over(const Managed& deleted) const {
  return time_.now() + kClocksApart >= deleted.deleted_at + deleted.deallocation->retention;
}

// Its deletion was asked for, and this either was to go at once or has been kept for as long as was promised.
bool Checker::may_go(const Managed& managed, bool model::Deallocation::*what) const {
  if (managed.deallocation) return (*managed.deallocation).*what || is_over(managed);
  const bool on_its_way = managed.let_out && ((*managed.let_out).*what || managed.let_out_over);
  return on_its_way && time_.now() < managed.let_out_until;
}

// ---- copies

// Whether something else holds at least this: a volume (one that has served a healthy instance, if asked for), or a
// completed snapshot.
bool Checker::another_copy(const ManagedInstanceId& id, const std::string& device, const Log& synced,
                           const std::string& except, bool well) const {
  for (const auto& [other, volume] : volumes_) {
    if (volume.owner != id || volume.device != device || volume.deleted || other.str() == except) continue;
    bool proved = volume.was_well || volume.taken_off;  // by a person, right before it was well
    if (well && !proved) continue;
    auto content = guests_.volume(other, time_.now());
    if (content && content->written.holds(synced)) return true;
  }
  if (well) return false;
  for (const auto& [other, snapshot] : snapshots_) {
    if (snapshot.owner != id || snapshot.device != device || other.str() == except) continue;
    // What a person deletes is missed only after a while.
    bool not_missed = snapshot.deleter == Actor::person && time_.now() < snapshot.deleted_at + kToMend;
    if (not_missed && snapshot.held.holds(synced)) return true;
    if (snapshot.deleted || !snapshot.completed) continue;
    auto content = guests_.snapshot(other);
    if (content && content->written.holds(synced)) return true;
  }
  return false;
}

// A person has destroyed the newest copy: what is left is what can be asked for.
void Checker::excuse(const ManagedInstanceId& id, const std::string& device, const std::string& except) {
  Managed& managed = managed_[id];
  managed.destroyed.insert(device);
  Log best;
  auto consider = [&](const std::optional<Guests::Content>& content) {
    if (content && content->synced.end() > best.end()) best = content->synced;
  };
  for (const auto& [other, volume] : volumes_) {
    bool counts = volume.owner == id && volume.device == device && !volume.deleted && other.str() != except;
    counts = counts && !left_behind(managed, device, volume.came, false);
    if (counts) consider(guests_.volume(other, time_.now()));
  }
  if (best.end() > 0) {
    managed.acknowledged[device] = best;
    return;
  }
  // Which of the snapshots is taken is decided later: some may be deleted or completed until then.
  managed.acknowledged[device] = Log();
}

// It goes by the will of a person: what is left without it is what can be asked for.
void Checker::gives_up(const VolumeId& id, const Volume& volume) {
  auto content = guests_.volume(id, time_.now());
  bool newest = content && content->written.holds(managed_[volume.owner].acknowledged[volume.device]);
  if (newest) excuse(volume.owner, volume.device, id.str());
}

void Checker::check_volume_goes(const VolumeId& id, const Volume& volume) {
  Managed& managed = managed_[volume.owner];
  const std::optional<Time>& given_up = kept(managed, volume.device).first_given_up;
  const bool still_kept = given_up && volume.came < *given_up && time_.now() < *given_up + kGivenUpKept;
  if (!persists(managed, volume.device) && !still_kept) {
    auto held = guests_.volume(id, time_.now());
    if (held && held->written.holds(managed.acknowledged[volume.device])) managed.acknowledged.erase(volume.device);
    return;
  }
  if (volume.dropped && time_.now() + kClocksApart >= *volume.dropped) return;
  if (volume.given_up && may_go(managed, &model::Deallocation::delete_volumes)) return;
  if (may_go(managed, &model::Deallocation::delete_volumes)) return gives_up(id, volume);
  if (managed.destroyed.contains(volume.device)) return;
  if (left_behind(managed, volume.device, volume.came, true)) return;
  auto content = guests_.volume(id, time_.now());
  if (!content) return;
  const Log& promised = volume.before_lent ? *volume.before_lent : content->synced;
  if (promised.end() == 0) return;
  // One that no instance ever had is only as good as the copy that it was made from.
  // What gave way to an older copy, or does so yet, is kept as a snapshot, too.
  bool well = guests_.ever_written(id) && !may_be_restored(managed, volume.device, volume.came);
  if (another_copy(volume.owner, volume.device, promised, id.str(), well)) return;
  broken(1, "newest_copy_deleted", volume.owner,
         fmt::format("volume {} ({}, {} writes synced) goes, and nothing else {}holds them", id.str(), volume.device,
                     promised.end(), well ? "that has served a healthy instance " : ""));
}

bool Checker::is_run_from(const ImageId& image) const {
  return std::any_of(instances_.begin(), instances_.end(),
                     [&](const auto& entry) { return entry.second.image == image && !entry.second.terminated; });
}

// Of the completed ones of its device; one that was made twice counts once. That a person has deleted a newer one may
// not be noticed yet.
bool Checker::is_newest(const SnapshotId& id, const Snapshot& snapshot) const {
  if (!snapshot.completed) return false;
  return std::none_of(snapshots_.begin(), snapshots_.end(), [&](const auto& entry) {
    const auto& [other_id, other] = entry;
    bool like = other_id != id && other.owner == snapshot.owner && other.device == snapshot.device;
    bool there = !other.deleted || other.deleter == Actor::person;
    if (!like || !there || other.failed) return false;
    return other.effect == snapshot.effect || (other.completed && other.made >= snapshot.made);
  });
}

// After a person has destroyed the newest copy, an older one takes its place if there is one.
bool Checker::holds_some_copy(const ManagedInstanceId& id, const std::string& device, const Log& held) const {
  bool any = false;
  for (const auto& [other, snapshot] : snapshots_) {
    if (snapshot.owner != id || snapshot.device != device || snapshot.deleted || !snapshot.completed) continue;
    auto content = guests_.snapshot(other);
    if (content && held.holds(content->synced)) return true;
    any = true;
  }
  return !any;
}

// ---- what the service says

void Checker::shown(const engine::View& view) {
  for (const std::string& what : core::broken_invariants(view.state)) {
    broken(what.empty() ? 0 : what[0] - '0', "state_contradicts_itself", view.id, what);
  }
  auto found = managed_.find(view.id);
  if (found == managed_.end()) return;
  Managed& managed = found->second;
  if (!(view.spec == managed.spec)) {
    if (!managed.asked_spec || !(view.spec == *managed.asked_spec)) {
      broken(6, "document_of_nobody", view.id, "what it is made by is not what a user has asked for");
    }
    changed_spec(managed, view.spec);
  }
  check_unforced(managed, view);
  const auto& present = view.state.instance;
  auto instance = present && present->healthy_at ? instances_.find(present->id) : instances_.end();
  if (instance != instances_.end()) instance->second.seen_well = true;
  if (!managed.goal) return;
  if (view.state.goal != *managed.goal && !is_due(managed, view.state.goal)) {
    broken(6, "answered_request_forgotten", view.id, "the goal is another than what the user was answered");
  }
}

void Checker::restarted(const engine::View& view) {
  shown(view);
}

// ---- machines and volumes

void Checker::machine_runs(const cloud::MachineSpec& machine) {
  auto found = instances_.find(machine.id);
  if (found == instances_.end()) return;
  const ManagedInstanceId& id = found->second.owner;
  for (const auto& [other, instance] : instances_) {
    if (other != machine.id && instance.owner == id && instance.runs) {
      broken(2, "two_machines", id, fmt::format("{} runs while {} still does", machine.id.str(), other.str()));
    }
  }
  found->second.runs = true;
  if (!machine.interfaces.empty()) check_address(found->second, machine.interfaces.front().ip);
}

void Checker::machine_is_well(const InstanceId& machine) {
  auto found = instances_.find(machine);
  if (found == instances_.end()) return;
  found->second.well = true;
  // One that was spoiled and is repaired may have been given up by then.
  if (!found->second.spoiled) managed_[found->second.owner].came_up.push_back(machine);
  for (auto& [id, volume] : volumes_) {
    if (volume.owner != found->second.owner || volume.deleted || !guests_.writing(id)) continue;
    volume.was_well = true;
    managed_[volume.owner].destroyed.erase(volume.device);  // what takes its place is promised like any other
  }
}

void Checker::machine_falls_ill(const InstanceId& machine) {
  if (auto found = instances_.find(machine); found != instances_.end()) found->second.fell_ill = true;
}

void Checker::machine_is_dead(const InstanceId& machine) {
  auto found = instances_.find(machine);
  if (found != instances_.end()) found->second.runs = false;
}

// A person's machine, or one of another managed instance.
bool Checker::is_foreign(const InstanceId& machine, const Volume& volume) const {
  auto instance = instances_.find(machine);
  return instance == instances_.end() || instance->second.owner != volume.owner;
}

// Another has been made since it was left: what is written to it from then on is promised to nobody.
bool Checker::has_successor(const Volume& volume) const {
  return volume.left && std::any_of(volumes_.begin(), volumes_.end(), [&](const auto& entry) {
    const Volume& other = entry.second;
    return other.owner == volume.owner && other.device == volume.device && other.made > *volume.left;
  });
}

void Checker::volume_comes(const InstanceId& machine, const cloud::AttachedVolume& attached) {
  auto instance = instances_.find(machine);
  auto found = volumes_.find(attached.id);
  if (found == volumes_.end()) return;
  if (is_foreign(machine, found->second)) {
    const bool at_rest = managed_[found->second.owner].goal == model::Goal::paused;
    found->second.lent_at_rest = at_rest && !has_successor(found->second);
    auto content = guests_.volume(attached.id, time_.now());
    if (!found->second.lent_at_rest && !found->second.before_lent && content) {
      found->second.before_lent = content->synced;
    }
    found->second.machine = machine;
    found->second.came = time_.now();
    return;
  }
  if (guests_.writing(attached.id)) {
    broken(2, "volume_on_two_machines", found->second.owner, attached.id.str());
  }
  found->second.device = attached.device;
  found->second.before_lent.reset();
  found->second.machine = machine;
  found->second.came = time_.now();
  found->second.taken_off = false;
  Managed& managed = managed_[found->second.owner];
  if (instance->second.well) found->second.was_well = true;
  judge(managed, instance->second, attached);
  if (attached.device != kRootDevice) return;
  managed.last = machine;
  auto content = guests_.volume(attached.id, time_.now());
  instance->second.spoiled = content && content->spoiled;
  if (content) instance->second.root = content->written;
}

// What is on it must be what is promised to be there.
void Checker::judge(Managed& managed, const Instance& instance, const cloud::AttachedVolume& attached) {
  if (!persists(managed, attached.device) || of_before(instance, managed, attached.device)) {
    return comes_unpromised(managed, attached.id, attached.device);
  }
  auto content = guests_.volume(attached.id, time_.now());
  // Another volume put there by hand: what it holds is what there is from now on.
  bool exchanged = by_hand_.contains(attached.id.str()) && !guests_.ever_written(attached.id);
  if (exchanged) {
    managed.acknowledged.erase(attached.device);
    managed.branches[attached.device].push_back({time_.now(), time_.now()});  // older copies are older generations
  }
  if (content && gave_up_a_dropped(instance.owner, attached.device, *content)) return;
  Log& known = managed.acknowledged[attached.device];
  bool as_before = content && content->written.holds(known) && !managed.destroyed.contains(attached.device);
  if (as_before) leaves_nothing_behind(managed, attached.device, *content);
  if (!as_before && content && comes_restored(managed, attached.device, *content)) return;
  if (!as_before && content && falls_back(managed, instance, attached.device, *content)) return;
  bool destroyed = managed.destroyed.contains(attached.device) && !exchanged && content;
  if (destroyed && !holds_some_copy(instance.owner, attached.device, content->written)) {
    broken(3, "older_copy_not_used", instance.owner,
           fmt::format("{} comes as {} without what an older snapshot holds", attached.id.str(), attached.device));
  }
  if (content && content->written.holds(known)) return;
  broken(3, "synced_writes_lost", instance.owner,
         fmt::format("{} comes as {} with {} writes; {} were acknowledged", attached.id.str(), attached.device,
                     content ? content->written.end() : -1, known.end()));
  if (content) known = content->written;
}

void Checker::volume_leaves(const InstanceId& machine, const VolumeId& volume) {
  auto found = volumes_.find(volume);
  if (found == volumes_.end()) return;
  found->second.left = time_.now();
  auto content = guests_.volume(volume, time_.now());
  if (is_foreign(machine, found->second)) {
    // What a person has written to one that is paused is as good as what it wrote itself.
    if (!found->second.lent_at_rest || !persists(managed_[found->second.owner], found->second.device)) return;
    // But not where another has taken its place meanwhile.
    const bool gave_way = std::any_of(volumes_.begin(), volumes_.end(), [&](const auto& entry) {
      const Volume& other = entry.second;
      return other.owner == found->second.owner && other.device == found->second.device &&
             other.came > found->second.came;
    });
    if (gave_way) return;
  }
  if (content) managed_[found->second.owner].acknowledged[found->second.device] = content->synced;
}

void Checker::snapshot_ends(const SnapshotId& snapshot, bool completed) {
  auto found = snapshots_.find(snapshot);
  if (found == snapshots_.end()) return;
  found->second.completed = completed;
  found->second.failed = !completed;
}

void Checker::volume_goes(const VolumeId& id) {
  auto found = volumes_.find(id);
  if (found == volumes_.end() || found->second.deleted) return;
  found->second.deleted = true;
  if (!managed_.contains(found->second.owner)) return;
  // Set by hand to go with its instance, and the service has had no time to mend that.
  const std::optional<Time>& unkept = found->second.unkept;
  bool hidden = unkept && !found->second.deleter &&
                (!service_since_ || time_.now() < std::max(*unkept, *service_since_) + kToMend);
  if (found->second.given_up && found->second.deleter == Actor::person) return;
  if (found->second.deleter == Actor::person || hidden) return gives_up(id, found->second);
  check_volume_goes(id, found->second);
}

// ---- the end

std::set<std::string> Checker::known_things(const model::State& state) const {
  std::set<std::string> known;
  if (state.instance) known.insert(state.instance->id.str());
  if (state.scout) known.insert(state.scout->id.str());
  if (state.interface) known.insert(state.interface->id.str());
  for (const auto& interface : state.superseded_interfaces) known.insert(interface.id.str());
  if (state.root) known.insert(state.root->id.str());
  for (const auto& [device, volume] : state.data) known.insert(volume.id.str());
  for (const auto& volume : state.superseded) known.insert(volume.id.str());
  for (const auto& volume : state.left_by_launch) known.insert(volume.id.str());
  for (const auto& snapshot : state.snapshots) known.insert(snapshot.id.str());
  for (const auto& image : state.images) known.insert(image.id.str());
  for (const auto& retired : state.retired) known.insert(retired.id);
  return known;
}

namespace {

template <class R, class Item>
std::vector<Item> all_of(cloud::Cloud& cloud, std::vector<Item> R::Response::*items) {
  R request;
  std::vector<Item> all;
  for (;;) {
    auto answer = cloud.call(request);
    CHECK(answer);
    all.insert(all.end(), ((*answer).*items).begin(), ((*answer).*items).end());
    if (answer->next_token.empty()) return all;
    request.next_token = answer->next_token;
  }
}

}  // namespace

std::map<std::string, std::string> Checker::left_over(
    cloud::Cloud& cloud, const std::map<ManagedInstanceId, engine::SharedView>& views) const {
  std::map<std::string, std::string> left;
  std::set<std::string> known = by_hand_;
  std::set<std::string> attached;  // what an instance has besides belongs to it
  for (const auto& [id, view] : views) {
    if (view) known.merge(known_things(view->state));
  }
  auto check = [&](const std::string& thing, const std::string& state) {
    if (!known.contains(thing) && !attached.contains(thing)) left.emplace(thing, state);
  };
  for (const auto& instance :
       all_of<ec2::DescribeInstancesRequest>(cloud, &ec2::DescribeInstancesResponse::instances)) {
    if (instance.state == "terminated") continue;
    for (const auto& device : instance.block_device_mappings) attached.insert(device.volume_id.str());
    for (const auto& interface : instance.network_interfaces) attached.insert(interface.network_interface_id.str());
    check(instance.instance_id.str(), instance.state);
  }
  for (const auto& x : all_of<ec2::DescribeVolumesRequest>(cloud, &ec2::DescribeVolumesResponse::volumes)) {
    if (x.state == "deleting" || let_go_by_hand(x.volume_id)) continue;  // as soon as its snapshots are made
    check(x.volume_id.str(), x.state);
  }
  SnapshotId built;
  for (const auto& x : all_of<ec2::DescribeImagesRequest>(cloud, &ec2::DescribeImagesResponse::images)) {
    if (!x.is_public) {
      check(x.image_id.str(), x.state);
    } else if (!x.block_device_mappings.empty() && x.block_device_mappings.front().ebs) {
      built = x.block_device_mappings.front().ebs->snapshot_id.value_or(SnapshotId());
    }
  }
  for (const auto& x : all_of<ec2::DescribeSnapshotsRequest>(cloud, &ec2::DescribeSnapshotsResponse::snapshots)) {
    if (x.snapshot_id != built) check(x.snapshot_id.str(), x.state);
  }
  for (const auto& x : all_of<ec2::DescribeNetworkInterfacesRequest>(
           cloud, &ec2::DescribeNetworkInterfacesResponse::network_interfaces)) {
    check(x.network_interface_id.str(), x.status);
  }
  return left;
}

}  // namespace holdfast::sim
