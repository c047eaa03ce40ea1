// A world of one thread under a virtual clock: the local cloud's model on states only, the engine's controller, and a
// store that can end the service at any commit. Everything happens in one order, so that a failure repeats.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud/cloud.h"
#include "cloud/null/null_substrate.h"
#include "cloud/runtime.h"
#include "engine/clock.h"
#include "engine/controller.h"
#include "engine/import.h"
#include "engine/workers.h"
#include "store/memory_store.h"

namespace holdfast::inprocess {

class VirtualTime : public cloud::Runtime, public engine::Clock {
 public:
  Time now() override { return now_; }
  void post(Duration delay, std::function<void()> work) override;
  std::optional<Time> next() const;
  // Runs one work that is due; false: none is.
  bool run_due();
  void advance_to(Time time) { now_ = std::max(now_, time); }

 private:
  Time now_ = from_millis(1'700'000'000'000);
  uint64_t sequence_ = 0;
  std::map<std::pair<Time, uint64_t>, std::function<void()>> works_;
};

// The service is killed: thrown out of a commit, caught by the world.
struct Killed {};

enum class KillAt { never, before_commit, after_commit };

// The memory store, which ends the service at its nth commit from when it was told.
class DeadlyStore : public engine::Store {
 public:
  Result<std::vector<engine::StoredInstance>> load() override { return kept_.load(); }
  Result<engine::Leases> lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) override {
    return kept_.lease(claim, believed, now);
  }
  Result<void> release(const std::vector<ManagedInstanceId>& ids) override { return kept_.release(ids); }
  Result<void> leave() override { return kept_.leave(); }
  Result<std::vector<engine::StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) override {
    return kept_.elsewhere(id);
  }
  Result<std::vector<int64_t>> commit(const std::vector<engine::Change>& changes, Time now) override;
  Result<std::vector<engine::StoredGroup>> load_groups() override { return kept_.load_groups(); }
  Result<void> put_group(const engine::StoredGroup& group) override { return kept_.put_group(group); }
  Result<void> remove_group(const GroupId& id) override { return kept_.remove_group(id); }
  Result<std::vector<engine::StoredRecord>> records(const engine::RecordQuery& query) override {
    return kept_.records(query);
  }
  Result<Time> last_time_seen() override { return kept_.last_time_seen(); }

  int commits = 0;
  int kill_commit = 0;  // the commit of this number, from 1
  KillAt kill_at = KillAt::never;

 private:
  store::MemoryStore kept_;
};

// The cloud as the service calls it: each call is shown to `guard` first, whose error is its answer.
class GuardedCloud : public ec2::FurtherEc2 {
 public:
  struct Guard {
    std::function<Result<void>(const ec2::Request&)> asked;
    std::function<Result<void>(const ec2::FurtherRequest&)> asked_further;
  };
  explicit GuardedCloud(cloud::Cloud& cloud) : cloud_(cloud) {}
  Result<ec2::Response> perform(const ec2::Request& request) override {
    if (guard.asked) HF_TRY_VOID(guard.asked(request));
    return cloud_.perform(request);
  }
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override {
    if (guard.asked_further) HF_TRY_VOID(guard.asked_further(request));
    return cloud_.perform_further(request);
  }
  Guard guard;

 private:
  cloud::Cloud& cloud_;
};

// What becomes of cloud calls that the killed service had under way.
enum class CallsUnderWay { never_arrive, are_done };

class World {
 public:
  explicit World(uint64_t seed = 1);
  ~World();

  cloud::Cloud& cloud() { return *cloud_; }
  GuardedCloud& calls() { return *calls_; }
  DeadlyStore& store() { return store_; }
  VirtualTime& time() { return time_; }
  cloud::NullSubstrate& substrate() { return substrate_; }
  engine::Controller& controller() { return *controller_; }

  void start();
  // The service ends at once and starts again.
  void kill(CallsUnderWay calls);

  // Puts the request until it is stored, over kills: answers what the service answered.
  Result<ManagedInstanceId> create(const std::string& document);
  Result<ManagedInstanceId> import(const engine::ImportRequest& request);
  // An instance that is nobody's, running: with a data volume /dev/sdf, and everything going with it when it ends.
  InstanceId launch_foreign(bool spot = false);
  Result<void> update(const ManagedInstanceId& id, const std::string& document, bool apply_tags = false);
  Result<void> ask(const ManagedInstanceId& id, model::Event event);

  // Goes on until `holds`; false if it does not within `limit` of virtual time.
  bool until(const std::function<bool()>& holds, Duration limit);
  bool until_status(const ManagedInstanceId& id, model::Status status, Duration limit = std::chrono::minutes(5));
  engine::SharedView view(const ManagedInstanceId& id) const { return controller_->loop().find(id); }

  std::vector<ec2::Instance> instances(const std::string& state);  // tagged as ours
  ec2::Instance instance(const InstanceId& id);                    // anybody's
  std::vector<ec2::Volume> volumes();
  std::vector<ec2::Snapshot> snapshots();
  std::vector<ec2::Image> images();
  std::vector<ec2::NetworkInterface> interfaces();
  std::string history(const ManagedInstanceId& id);

  engine::BudgetWait budget_wait;  // of the service's calls; empty: they cost nothing
  CallsUnderWay calls_at_kill = CallsUnderWay::never_arrive;
  int kills = 0;

 private:
  class JobQueue : public engine::Workers {
   public:
    void submit(std::function<void()> job) override { jobs.push_back(std::move(job)); }
    std::deque<std::function<void()>> jobs;
  };

  void step();
  void turn();
  Result<void> request(engine::Input input);
  template <class R, class Item>
  std::vector<Item> tagged(std::vector<Item> R::Response::*items);

  VirtualTime time_;
  cloud::NullSubstrate substrate_;
  std::unique_ptr<cloud::Cloud> cloud_;
  std::unique_ptr<GuardedCloud> calls_;
  DeadlyStore store_;
  JobQueue effects_;
  JobQueue looks_;
  std::deque<std::function<void()>> posted_;
  std::unique_ptr<engine::Controller> controller_;
  uint64_t last_ticket_ = 0;
  std::map<uint64_t, Result<void>> answers_;
};

struct DocumentOptions {
  std::string mode;  // "reattach", "onLaunch"; empty: no data volume
  bool private_ip = true;
  std::string subnets = R"("subnet-0000000000000000a")";
};
std::string document(const DocumentOptions& options);

}  // namespace holdfast::inprocess
