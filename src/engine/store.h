// Where states and histories are kept. One contract, several back ends (src/store): memory, SQLite, later PostgreSQL.
// One suite, src/store/contract_test, holds them all to it.
//
// Several services may share a store: each managed instance is leased to one (docs/decisions/0007). A Store object is
// what one service has of the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "model/record.h"
#include "model/state.h"

namespace holdfast::engine {

struct StoredInstance {
  ManagedInstanceId id;
  std::string document;  // the user's, word for word
  model::State state;
  Time created_at{};
  Time updated_at{};  // when the document last changed
};

struct StoredRecord {
  int64_t sequence = 0;  // rising over all managed instances; for paging and resuming
  ManagedInstanceId id;
  model::Record record;
};

struct Change {
  StoredInstance instance;  // written whole
  std::vector<model::Record> records;
  bool forget = false;  // remove the row; its history goes with it
  uint64_t lease = 0;   // the number under which it is held; 0: it is made with this change
};

// Who takes leases, and how.
struct Claim {
  std::string holder = "holdfast";  // the service's own name, the same over its restarts
  Duration length = std::chrono::seconds(150);
  // How far the clocks of two services on one store may be apart: what is one's is another's only so much after the
  // lease's end.
  Duration clocks_apart = std::chrono::seconds(5);
};

struct Leased {
  StoredInstance instance;
  uint64_t number = 0;  // greater than any that it was held under before: the fencing number
};

struct Held {
  ManagedInstanceId id;
  uint64_t number = 0;
  bool operator==(const Held&) const = default;
};

struct Leases {
  uint64_t session = 0;                 // the number of what this service makes
  std::vector<Leased> taken;            // newly, as they are stored, by id
  std::vector<std::string> unreadable;  // not taken: which, and what is wrong with what is stored of them
  // Everything that it holds, by id, where that is not what it believed and `taken` together: some were lost.
  std::optional<std::vector<Held>> held;
  size_t excess = 0;             // so many more than its fair share, to be released once they are at rest
  size_t missing = 0;            // so many less: others will release theirs
  bool alone = true;             // no other service is on the store
  std::optional<Time> next_end;  // of another's leases: from then on they may be taken
};

// Codes of conflicts. Something was written under a number that is no longer the managed instance's: `lease` tells
// which are lost. Another service of the same name has begun since: this one owns nothing any more.
inline constexpr char kLeaseLost[] = "LeaseLost";
inline constexpr char kHolderReplaced[] = "HolderReplaced";
// A managed instance of this id is there already.
inline constexpr char kIdInUse[] = "IdInUse";

// What another service holds, or nobody at the moment.
struct StoredElsewhere {
  StoredInstance instance;
  std::string holder;  // empty: nobody
};

struct StoredGroup {
  GroupId id;
  std::string document;  // the user's, word for word
  Time created_at{};
  Time updated_at{};
};

struct RecordQuery {
  std::optional<ManagedInstanceId> id;
  int64_t after = 0;  // sequence
  int limit = 100;
  bool newest_first = false;              // the newest ones, newest first, instead of the oldest, oldest first
  int64_t before = INT64_MAX;             // sequence
  std::vector<std::string> kinds = {};    // empty: of any
  std::vector<std::string> without = {};  // of none of these kinds
};

// Thread: `records`, `elsewhere` and `last_time_seen` may be called by any; everything else by the engine's thread
// only.
class Store {
 public:
  virtual ~Store() = default;
  // Everything that is stored, whoever holds it.
  virtual Result<std::vector<StoredInstance>> load() = 0;
  // Renews what it holds until `now` and the claim's length, and takes what nobody holds, as far as its fair share: all
  // that are stored, divided among the services that live, rounded up. `believed`: how many it believes to hold;
  // nothing: it begins, and what one of the same name held before is its own at once, under new numbers. `now` is kept
  // as the last time seen. One that was away for so long that others have written it off holds nothing, also if another
  // of its name was there meanwhile: what is free comes under new numbers. Conflict kHolderReplaced.
  virtual Result<Leases> lease(const Claim& claim, std::optional<size_t> believed, Time now) = 0;
  // Gives these back; those that it does not hold are left alone.
  virtual Result<void> release(const std::vector<ManagedInstanceId>& ids) = 0;
  // Gives everything back: an orderly end.
  virtual Result<void> leave() = 0;
  // What this service does not hold, or that one of it, by id.
  virtual Result<std::vector<StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) = 0;
  // All of it or nothing, on stable storage when it returns. A failure has written nothing. The answer has the
  // sequence of each record, in order. `now` is kept as the last time seen. What is made is its maker's, under the
  // number of its session. Conflicts kLeaseLost, kIdInUse.
  virtual Result<std::vector<int64_t>> commit(const std::vector<Change>& changes, Time now) = 0;
  virtual Result<std::vector<StoredGroup>> load_groups() = 0;
  // On stable storage when it returns, like a commit.
  virtual Result<void> put_group(const StoredGroup& group) = 0;
  virtual Result<void> remove_group(const GroupId& id) = 0;
  virtual Result<std::vector<StoredRecord>> records(const RecordQuery& query) = 0;
  virtual Result<Time> last_time_seen() = 0;
};

}  // namespace holdfast::engine
