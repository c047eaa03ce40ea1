// What other services on the same store hold: shown as it is stored, and refused with the holder's name where a change
// is asked for. Where no other service is on the store, nothing is looked up.
//
// Thread: any.
#pragma once

#include <atomic>
#include <vector>

#include "engine/store.h"
#include "engine/view.h"
#include "model/document.h"

namespace holdfast::engine {

// Code of the refusal of a change of what another service holds. Kind unavailable: nothing was changed, and who asks
// again may well come to the other one, or this one may have it by then.
inline constexpr char kHeldByAnother[] = "HeldByAnother";

class Elsewhere {
 public:
  explicit Elsewhere(Store& store) : store_(store) {}

  // Told by the loop at each renewal: whether something may be held by others.
  void may_be(bool there) { there_ = there; }
  bool may_be() const { return there_; }
  SharedView find(const ManagedInstanceId& id) const;  // nullptr: it is not there, or cannot be read
  std::vector<SharedView> all() const;                 // ordered by id
  // Why a change of it is refused here: it is another's, or nowhere (not_found).
  Error refusal(const ManagedInstanceId& id) const;

 private:
  std::vector<StoredElsewhere> ask(const std::optional<ManagedInstanceId>& id) const;

  Store& store_;
  std::atomic<bool> there_ = false;
};

// A view of what is stored; the document's faults.
model::Checked<std::shared_ptr<View>> view_of(StoredInstance stored);

}  // namespace holdfast::engine
