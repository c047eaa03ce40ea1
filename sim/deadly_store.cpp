#include "sim/deadly_store.h"

namespace holdfast::sim {

Result<engine::Leases> DeadlyStore::lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) {
  if (believed && refusals > 0) {
    --refusals;
    return fail(ErrorKind::unavailable, "StoreFull", "the store cannot be written just now");
  }
  HF_TRY(engine::Leases leases, kept_.lease(claim, believed, now));
  session_ = leases.session;
  for (const engine::Leased& leased : leases.taken) ledger_.taken(service_, leased.instance.id, leased.number);
  return leases;
}

Result<void> DeadlyStore::release(const std::vector<ManagedInstanceId>& ids) {
  HF_TRY_VOID(kept_.release(ids));
  for (const ManagedInstanceId& id : ids) ledger_.released(service_, id);
  return {};
}

// For a rule broken on purpose: as if the store did not look at the numbers.
std::vector<engine::Change> DeadlyStore::with_newest_numbers(std::vector<engine::Change> changes) const {
  for (engine::Change& change : changes) {
    if (change.lease != 0) change.lease = ledger_.number(change.instance.id);
  }
  return changes;
}

Result<std::vector<int64_t>> DeadlyStore::commit(const std::vector<engine::Change>& changes, Time now) {
  ++commits;
  if (refusals > 0) {
    --refusals;
    return fail(ErrorKind::unavailable, "StoreFull", "the store cannot be written just now");
  }
  const bool now_it_ends = kill_at != KillAt::never && commits == kill_commit;
  if (now_it_ends && kill_at == KillAt::before_commit) throw Killed{};
  const bool any_number = core::mutated(core::Mutation::commit_with_an_old_number);
  auto sequences = any_number ? kept_.commit(with_newest_numbers(changes), now) : kept_.commit(changes, now);
  if (sequences) {
    for (const engine::Change& change : changes) ledger_.accepted(service_, session_, change);
  }
  if (now_it_ends) throw Killed{};
  sleep_due = sleep_due || commits == sleep_commit;
  return sequences;
}

}  // namespace holdfast::sim
