// The loop's leases: taken at the start, renewed, lost, shared with other services on the store.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>

#include "core/probe.h"
#include "engine/loop.h"

namespace holdfast::engine {

namespace {

constexpr int kRenewalsOfALease = 2;                                // at the latest so often within its length
constexpr size_t kUnsure = std::numeric_limits<size_t>::max() / 2;  // believed by nobody: all are listed
constexpr int kLooksForShare = 8;  // so often within a length, while others are to release some

const Held* held_as(const Leases& leases, const ManagedInstanceId& id) {
  auto found = std::lower_bound(leases.held->begin(), leases.held->end(), id,
                                [](const Held& held, const ManagedInstanceId& wanted) { return held.id < wanted; });
  return found != leases.held->end() && found->id == id ? &*found : nullptr;
}

// By the cloud, of an instance: no look shows it.
bool is_told_once(const model::Event& event) {
  return std::holds_alternative<model::InterruptionNoticed>(event) ||
         std::holds_alternative<model::RebalanceRecommended>(event);
}

std::string lines_of(const model::Faults& faults, const ManagedInstanceId& id) {
  std::string lines;
  for (const Error& error : faults.errors) lines += fmt::format("\n  {}: {}", id.str(), describe(error));
  return lines;
}

}  // namespace

Result<void> Loop::load() {
  const Time now = clock_.now();
  HF_TRY(Leases leases, store_.lease(claim_, std::nullopt, now));
  leases_ = true;
  if (!leases.unreadable.empty()) {
    // To go on without them would leave their machines to themselves, and their volumes to look like nobody's.
    return fail(
        ErrorKind::invalid, "StoreCorrupt",
        fmt::format("the stored state of {} cannot be read, so nothing was started and nothing changed; restore "
                    "the store from a copy, or mend the row",
                    fmt::join(leases.unreadable, ", ")));
  }
  session_ = leases.session;
  tenure_ = std::make_shared<Tenure>(now + claim_.length);
  plan_renewal(leases, now);
  std::string faults;
  Turn unused;
  for (Leased& leased : leases.taken) {
    if (auto taken = take(std::move(leased), unused); !taken) faults += taken.error().message;
  }
  if (faults.empty()) return {};
  return fail(ErrorKind::invalid, "StoreCorrupt", "stored documents cannot be read, so nothing was started:" + faults);
}

void Loop::leave() {
  if (!leases_ || replaced_) return;
  if (auto left = store_.leave(); !left) {
    spdlog::warn("the leases could not be given back, and run out by themselves: {}", describe(left.error()));
  }
}

// As another left it: what was under way is of unknown outcome.
Result<void> Loop::take(Leased leased, Turn& turn) {
  const ManagedInstanceId id = leased.instance.id;
  auto view = view_of(std::move(leased.instance));
  if (!view) return fail(ErrorKind::invalid, "StoreCorrupt", lines_of(view.error(), id));
  Row& row = rows_[id];
  row.view = *view;
  row.lease = leased.number;
  put({id, model::Restarted{}, 0, std::nullopt});
  turn.taken.push_back(id);
  turn.looks.push_back({id, model::kAllKinds});
  turn.changed.push_back(row.view);
  return {};
}

// What comes of their effects and looks is nobody's any more. Requests are answered at their turn, and what the cloud
// tells of an instance is so whoever holds it: it counts if it is this one's again by then.
void Loop::drop(const std::set<ManagedInstanceId>& ids) {
  for (const ManagedInstanceId& id : ids) {
    auto row = rows_.find(id);
    clear_timer(row->second);
    rows_.erase(row);
  }
  std::erase_if(queue_, [&](const Input& input) {
    return input.ticket == 0 && ids.contains(input.id) && !is_told_once(input.event);
  });
}

// Those that another holds by now, and those that this one lost and has taken anew: another may have had them
// meanwhile.
std::set<ManagedInstanceId> Loop::lost_by(const Leases& leases) const {
  std::set<ManagedInstanceId> lost;
  for (const Leased& leased : leases.taken) {
    if (rows_.contains(leased.instance.id)) lost.insert(leased.instance.id);
  }
  if (!leases.held) return lost;
  for (const auto& [id, row] : rows_) {
    const Held* held = held_as(leases, id);
    if (held == nullptr || held->number != row.lease) lost.insert(id);
  }
  return lost;
}

// Held by the store's word, and not here: the answer that told of it never came, or it could not be read.
void Loop::release_strangers(const Leases& leases) {
  if (!leases.held) return;
  std::vector<ManagedInstanceId> strangers;
  for (const Held& held : *leases.held) {
    if (!rows_.contains(held.id)) strangers.push_back(held.id);
  }
  if (strangers.empty()) return;
  if (auto released = store_.release(strangers); !released) note_unreleased(released.error());
}

void Loop::take_all(Leases& leases, Turn& turn) {
  for (Leased& leased : leases.taken) {
    const ManagedInstanceId id = leased.instance.id;
    auto taken = take(std::move(leased), turn);
    if (taken) continue;
    leases.unreadable.push_back(taken.error().message);
    if (auto released = store_.release({id}); !released) note_unreleased(released.error());
  }
  for (const std::string& what : leases.unreadable) spdlog::error("left alone, it cannot be read: {}", what);
}

Loop::Renewal Loop::renew(Time now, Turn& turn, bool list_all) {
  auto leases = store_.lease(claim_, list_all ? kUnsure : rows_.size(), now);
  if (!leases) {
    note_trouble(leases.error(), now, turn);
    return Renewal::failed;
  }
  touch_ = false;
  if (!list_all) trouble_is_over();  // else a commit has just been refused
  ++counters_.commits;
  const std::set<ManagedInstanceId> lost = lost_by(*leases);
  if (!lost.empty()) {
    spdlog::warn("{} managed instances were another service's meanwhile", lost.size());
    core::reached(core::Probe::lease_lost);
    drop(lost);
    turn.forgotten.insert(turn.forgotten.end(), lost.begin(), lost.end());
    tenure_->end();
    tenure_ = std::make_shared<Tenure>(now + claim_.length);
  }
  if (!leases->taken.empty()) core::reached(core::Probe::lease_taken_over);
  take_all(*leases, turn);
  release_strangers(*leases);
  std::erase_if(turn.forgotten, [&](const ManagedInstanceId& id) { return rows_.contains(id); });
  tenure_->prolong(now + claim_.length);
  give_up_excess(leases->excess, turn);
  plan_renewal(*leases, now);
  return lost.empty() ? Renewal::kept : Renewal::lost;
}

// Everything is another's, which has begun under this one's name.
void Loop::end_replaced(Turn& turn) {
  replaced_ = true;
  tenure_->end();
  elsewhere_.may_be(true);
  std::set<ManagedInstanceId> all;
  for (const auto& [id, row] : rows_) all.insert(id);
  drop(all);
  turn.forgotten.insert(turn.forgotten.end(), all.begin(), all.end());
}

void Loop::plan_renewal(const Leases& leases, Time now) {
  elsewhere_.may_be(!leases.alone || leases.missing > 0 || !leases.unreadable.empty());
  renew_at_ = now + claim_.length / kRenewalsOfALease;
  if (leases.missing > 0) renew_at_ = std::min(renew_at_, now + claim_.length / kLooksForShare);
  if (leases.next_end && *leases.next_end > now) renew_at_ = std::min(renew_at_, *leases.next_end);
}

// Nothing of it is under way, so that whoever takes it need not find out what became of that.
bool Loop::is_at_rest(const Row& row) {
  return row.view->state.asked.empty() && !row.view->state.handover;
}

// A notice that waits in the queue for one would be lost with it, and a request be refused for nothing.
void Loop::give_up_excess(size_t count, Turn& turn) {
  if (count == 0) return;
  std::set<ManagedInstanceId> awaited;
  for (const Input& input : queue_) {
    if (input.ticket != 0 || is_told_once(input.event)) awaited.insert(input.id);
  }
  std::vector<ManagedInstanceId> ids;
  for (auto row = rows_.rbegin(); row != rows_.rend() && ids.size() < count; ++row) {
    if (is_at_rest(row->second) && !awaited.contains(row->first)) ids.push_back(row->first);
  }
  if (ids.empty()) return;
  if (auto released = store_.release(ids); !released) return note_unreleased(released.error());
  core::reached(core::Probe::lease_released);
  drop({ids.begin(), ids.end()});
  turn.forgotten.insert(turn.forgotten.end(), ids.begin(), ids.end());
  spdlog::info("{} managed instances were released for another service to take", ids.size());
}

void Loop::note_unreleased(const Error& error) {
  spdlog::warn("managed instances could not be released, and stay this service's: {}", describe(error));
}

bool Loop::holds(const ManagedInstanceId& id, uint64_t lease) const {
  auto row = rows_.find(id);
  return row != rows_.end() && row->second.lease == lease;
}

bool Loop::still_asked(const ReleasedEffect& effect) const {
  return holds(effect.id, effect.lease) && rows_.at(effect.id).view->state.asked.contains(effect.effect.key);
}

}  // namespace holdfast::engine
