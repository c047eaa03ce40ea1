// One seed: a fleet of managed instances in three zones, some days of virtual time, everything that can go wrong drawn
// from the seed, and the production controller in the middle. One thread, one order: the same seed gives the same run,
// to the bit of its hash.
//
// One service or two share the store; each has its own clock, workers and life (service.h).
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
#include "engine/import.h"
#include "sim/checker.h"
#include "sim/faults.h"
#include "sim/faulty_ec2.h"
#include "sim/guests.h"
#include "sim/store_ledger.h"
#include "sim/service.h"
#include "sim/substrate.h"
#include "sim/virtual_time.h"

namespace holdfast::sim {

// What documents and markets are drawn from. One subnet a zone, in the order of the zones.
inline constexpr const char* kTypes[] = {"t3.nano", "t3.micro", "c5.large", "m5.large"};
inline constexpr const char* kSubnets[] = {cloud::kSubnetA, cloud::kSubnetB, cloud::kSubnetC};

struct RunOptions {
  uint64_t seed = 1;
  bool swarm = false;
  Duration length = std::chrono::hours(7 * 24);  // in which things go wrong; then it comes to rest
  int instances = 20;
  int services = 0;                         // on one store; 0: one, or what the seed of a swarm draws
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
    uint64_t life = 0;   // of the service that has it; 0: none
    uint64_t tries = 0;  // users go from one service to the other
  };
  // What a controller sees, noted for the hash and the trace.
  class Recorder : public ec2::FurtherEc2 {
   public:
    Recorder(World& world, const Service& service) : world_(world), service_(service) {}
    Result<ec2::Response> perform(const ec2::Request& request) override;
    Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override;

   private:
    void wait_while_asleep();
    World& world_;
    const Service& service_;
  };

  // world_services.cpp: the services, and what users ask of them
  std::unique_ptr<Service> make_service();
  void start(Service& service);
  void fell(Service& service);
  void kill(Service& service);
  void take_back_requests(const Service& service);
  void die_for_good(Service& service);
  void put_to_sleep(Service& service, Duration nap);
  void wake_up(Service& service);
  void turn(Service& service);
  bool turn_of(Service& service);  // false: there is nothing to do for it now
  void note_presence();
  void a_call_was_done();
  bool all_act() const;
  std::vector<Service*> acting();
  void check_the_right_to(const ec2::Request& request, const Service& service);

  // world.cpp: time, and the end. (world_calls.cpp: what the services ask of the cloud)
  void open_cloud();
  bool step();  // false: nothing will ever happen again
  bool until(Time end);
  bool until(const std::function<bool()>& holds, Duration limit);
  void take_event(const ec2::CloudEvent& event);
  void send(uint64_t ticket);
  void answer(const engine::Answer& answer);
  bool failed() const { return !checker_.violations().empty(); }
  void calm_down();
  bool settled(std::string* why);
  bool schedules_are_kept(std::string* why);
  void take_schedules_away();
  std::string astray();  // an elastic address that is not where it should be; empty: none is
  void check_the_end();
  void check_that_nothing_is_left_over();
  void check_that_repeating_changes_nothing();
  RunOutcome outcome();

  // world_people.cpp: users, operators and the market
  void create_one();
  std::string draw_document(Random& random);
  std::string draw_tasks(Random& random);
  void schedule();
  void happen(const Happening& happening);
  void interrupt(Fault how, Random& random);
  void move_market(Fault how, Random& random);
  void operate(Fault how, Random& random);
  void operate_further(Fault how, Random& random);
  void take_address_off(Random& random);
  void place_by_hand();
  void look_after();  // by and by, as long as the run lasts
  void borrow(Random& random);
  void mix_up(Random& random);
  std::optional<InstanceId> workbench(const std::string& zone);
  void ask(Fault what, Random& random);
  void ask_to_delete(const ManagedInstanceId& id, Random& random);
  void ask_to_change(const ManagedInstanceId& id, Random& random);
  void ask_to_restore(const ManagedInstanceId& id, Random& random);
  void ask_to_undelete(Random& random);
  void resume_later(const ManagedInstanceId& id, Duration delay);
  void ask_in_haste(Random& random);
  void ask_anything(const ManagedInstanceId& id, Random& random);
  void ask_to_readdress(Random& random);
  void ask_to_drop(Random& random);
  void spoil(Random& random);
  ManagedInstanceId next_id();
  std::string draw_change(const model::Spec& spec, Random& random);
  void change(const ManagedInstanceId& id, const std::string& change);
  std::string own_address(size_t number, const std::vector<SubnetId>& subnets, Random& random);
  std::string allocate_address();
  void crash(Fault how, Random& random);

  // world_imports.cpp
  void bring_in(Random& random);
  void import(const engine::ImportRequest& wish);

  void request(const ManagedInstanceId& id, model::Event event, std::optional<engine::Revision> revision = {});
  uint64_t in_proportion(Duration in_a_day) const;
  // One of a managed instance's, among those that fit.
  using Fits = std::function<bool(const ec2::Instance&)>;
  std::optional<cloud::CloudInstance> pick_running(
      Random& random, const Fits& fits = [](const ec2::Instance&) { return true; });
  std::optional<ManagedInstanceId> pick_managed(Random& random);

  engine::SharedView view(const ManagedInstanceId& id);
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
  StoreLedger ledger_;
  store::MemoryStore shelf_;  // what the services share
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Service>> ended_;  // for good: what was posted may still name them
  int services_made_ = 0;
  uint64_t lives_ = 0;           // of services: counts their starts
  uint64_t commits_before_ = 0;  // of services that are no more

  std::vector<ManagedInstanceId> ids_;
  std::set<InstanceId> originals_;      // launched by hand, to be imported
  std::vector<std::string> addresses_;  // elastic ones: their allocations
  std::map<uint64_t, Request> requests_;
  uint64_t last_ticket_ = 0;
  int steps_of_a_moment_ = 0;  // that have taken no time
  int crashes_ = 0;
  uint64_t calls_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325u;
  std::vector<std::pair<Time, std::string>> trace_;
};

}  // namespace holdfast::sim
