// Where states and histories are kept. One contract, several back ends (src/store): memory, SQLite, later PostgreSQL.
// One suite, src/store/contract_test, holds them all to it.
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

// Thread: `records` and `last_time_seen` may be called by any; everything else by the engine's thread only.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::vector<StoredInstance>> load() = 0;
  // All of it or nothing, on stable storage when it returns. A failure has written nothing. The answer has the
  // sequence of each record, in order. `now` is kept as the last time seen.
  virtual Result<std::vector<int64_t>> commit(const std::vector<Change>& changes, Time now) = 0;
  virtual Result<std::vector<StoredGroup>> load_groups() = 0;
  // On stable storage when it returns, like a commit.
  virtual Result<void> put_group(const StoredGroup& group) = 0;
  virtual Result<void> remove_group(const GroupId& id) = 0;
  virtual Result<std::vector<StoredRecord>> records(const RecordQuery& query) = 0;
  virtual Result<Time> last_time_seen() = 0;
};

}  // namespace holdfast::engine
