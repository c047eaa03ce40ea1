#include "store/leases.h"

namespace holdfast::store {

Failure lease_lost(const ManagedInstanceId& id) {
  return fail(ErrorKind::conflict, engine::kLeaseLost,
              "managed instance " + id.str() + " was taken over by another service, or deleted by it");
}

Failure holder_replaced(const std::string& name) {
  return fail(ErrorKind::conflict, engine::kHolderReplaced,
              "another service named " + name + " has begun on this store: end one of the two, or name it otherwise");
}

Failure id_in_use(const ManagedInstanceId& id) {
  return fail(ErrorKind::conflict, engine::kIdInUse, "the id " + id.str() + " is taken: ask again for another one");
}

}  // namespace holdfast::store
