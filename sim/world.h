// One seed: a fleet of managed instances in three zones, some days of virtual time, everything that can go wrong drawn
// from the seed, and the production controller in the middle. One thread, one order: the same seed gives the same run,
// to the bit of its hash.
//
// The controller sees: FaultyEc2 (latencies and faults) -> Tap (the checker's) -> the local cloud -> SimSubstrate.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloud/cloud.h"
#include "engine/controller.h"
#include "sim/checker.h"
#include "sim/deadly_store.h"
#include "sim/drive.h"
#include "sim/faults.h"
#include "sim/faulty_ec2.h"
#include "sim/guests.h"
#include "sim/substrate.h"
#include "sim/virtual_time.h"
#include "sim/virtual_workers.h"

namespace holdfast::sim {

// What documents and markets are drawn from. One subnet a zone, in the order of the zones.
inline constexpr const char* kTypes[] = {"t3.nano", "t3.micro", "c5.large", "m5.large"};
inline constexpr const char* kSubnets[] = {cloud::kSubnetA, cloud::kSubnetB, cloud::kSubnetC};

struct RunOptions {
  uint64_t seed = 1;
  bool swarm = false;
  Duration length = std::chrono::hours(7 * 24);  // in which things go wrong; then it comes to rest
  int instances = 20;
  double load = 1;                          // of what happens at moments of its own: that part of a whole seed's
  std::optional<std::set<Strike>> only;     // of what may go wrong; absent: all that the seed draws
  std::optional<ManagedInstanceId> traced;  // whose life is told
};

struct RunOutcome {
  std::vector<Violation> violations;  // empty: every promise held. The run ends with the first
  uint64_t hash = 0;                  // of everything that the controller saw and did
  int instances = 0;
  int replacements = 0;
  int crashes = 0;
  int kinds_of_fault = 0;
  uint64_t calls = 0;
  uint64_t commits = 0;
  double seconds = 0;  // that it took
  std::vector<Strike> struck;
  std::map<std::string, uint64_t> counts;  // of strikes, by kind
  std::map<std::string, uint64_t> probes;  // of rare paths taken (core/probe.h); none where they are not counted
  std::vector<std::string> trace;          // of the traced managed instance
};

RunOutcome run(const RunOptions& options);

class World {
 public:
  explicit World(RunOptions options);
  ~World();
  RunOutcome live();

 private:
  // A user's request until it was answered; asked again after a crash, as users do.
  struct Request {
    ManagedInstanceId id;
    model::Event event;
    std::optional<engine::Revision> revision;
    std::optional<model::Goal> goal_before;
  };
  // What the controller sees, noted for the hash and the trace.
  class Recorder : public ec2::Ec2 {
   public:
    explicit Recorder(World& world) : world_(world) {}
    Result<ec2::Response> perform(const ec2::Request& request) override;

   private:
    World& world_;
  };

  // world.cpp: the service, time, and the end
  void open_cloud();
  void start_service();
  void kill_service();
  bool step();  // false: nothing will ever happen again
  void turn();
  bool until(Time end);
  bool until(const std::function<bool()>& holds, Duration limit);
  void take_event(const ec2::CloudEvent& event);
  void send(uint64_t ticket);
  void answer(const engine::Answer& answer);
  bool failed() const { return !checker_.violations().empty(); }
  void calm_down();
  bool settled(std::string* why) const;
  void check_the_end();
  void check_that_nothing_is_left_over();
  void check_that_repeating_changes_nothing();
  RunOutcome outcome();

  // world_people.cpp: users, operators and the market
  void create_one();
  std::string draw_document(Random& random);
  void schedule();
  void happen(const Happening& happening);
  void interrupt(Fault how, Random& random);
  void move_market(Fault how, Random& random);
  void operate(Fault how, Random& random);
  void operate_further(Fault how, Random& random);
  void borrow(Random& random);
  std::optional<InstanceId> workbench(const std::string& zone);
  void ask(Fault what, Random& random);
  void ask_to_delete(const ManagedInstanceId& id, Random& random);
  void ask_to_change(const ManagedInstanceId& id, Random& random);
  void ask_to_restore(const ManagedInstanceId& id, Random& random);
  void ask_to_undelete(Random& random);
  void crash(Fault how, Random& random);
  void request(const ManagedInstanceId& id, model::Event event, std::optional<engine::Revision> revision = {});
  uint64_t in_proportion(Duration in_a_day) const;
  std::optional<cloud::CloudInstance> pick_running(Random& random);
  std::optional<ManagedInstanceId> pick_managed(Random& random);

  engine::SharedView view(const ManagedInstanceId& id) const;
  void note(const ManagedInstanceId& id, const std::string& text);
  bool traces(const ManagedInstanceId& id) const { return options_.traced == id; }
  void digest(std::string_view text);

  RunOptions options_;
  VirtualTime time_;
  Faults faults_;
  Random random_;
  Guests guests_;
  Checker checker_;
  SimSubstrate substrate_;
  std::unique_ptr<cloud::Cloud> cloud_;
  std::unique_ptr<Tap> tap_;
  std::unique_ptr<Tap> people_;
  std::unique_ptr<FaultyEc2> faulty_;
  Recorder recorder_{*this};
  DeadlyStore store_;
  VirtualWorkers effects_{time_, 16};
  VirtualWorkers looks_{time_, 12};
  Posted posted_;
  std::unique_ptr<engine::Controller> controller_;
  uint64_t life_ = 0;  // of the service: counts its starts

  std::vector<ManagedInstanceId> ids_;
  std::map<uint64_t, Request> requests_;
  uint64_t last_ticket_ = 0;
  bool kill_after_effect_ = false;
  bool kill_due_ = false;
  int crashes_ = 0;
  uint64_t calls_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325u;
  std::vector<std::pair<Time, std::string>> trace_;
};

}  // namespace holdfast::sim
