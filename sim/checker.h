// What must hold, checked against what has really happened in the cloud and in the guests, never against what the code
// under test believes. The numbers are those of the promises (docs/promises.md). It sees every call that takes effect
// (Tap), every machine and volume that comes and goes (Witness), and what users were answered.
//
//   1  nothing that holds the newest copy of a managed instance's state is deleted
//   2  one writer: never two machines of one managed instance, no volume on two
//   3  nothing synced is lost: a volume that comes to an instance holds everything acknowledged before
//   4  nothing leaks: everything made is known to the managed instance that it belongs to, or gone
//   5  what should run runs, once the cloud lets it
//   6  what was decided stays: answered requests hold over crashes, repeated calls and restarts change nothing
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloud/cloud.h"
#include "ec2/ec2.h"
#include "ec2/events.h"
#include "ec2/further_ec2.h"
#include "engine/view.h"
#include "model/event.h"
#include "sim/guests.h"
#include "sim/substrate.h"
#include "sim/virtual_time.h"

namespace holdfast::sim {

struct Violation {
  int promise = 0;
  std::string name;
  std::string what;
  Time at{};
  ManagedInstanceId id;
};

enum class Actor { service, person };

inline constexpr char kRootDevice[] = "/dev/xvda";  // of every image here
// A launch that was decided on before the document was changed may be sent this much later: its service may have been
// asleep, or have waited for its turn.
inline constexpr Duration kLatestSent = std::chrono::minutes(20);

class Checker : public Witness {
 public:
  Checker(VirtualTime& time, const Guests& guests) : time_(time), guests_(guests) {}

  const std::vector<Violation>& violations() const { return violations_; }
  void broken(int promise, std::string name, const ManagedInstanceId& id, std::string what);

  // What users do, and what they were answered.
  void created(const ManagedInstanceId& id, const model::Spec& spec);
  void asks_to_change(const ManagedInstanceId& id, const model::Spec& spec);
  void asks(const ManagedInstanceId& id, const model::Event& request);      // on its way: either may be so
  // To a service whose clock shows `at`, which may have stood still: what is kept for a time is kept from then on.
  void delivered(const ManagedInstanceId& id, const model::Event& request, Time at);
  void answered(const ManagedInstanceId& id, const model::Event& request);  // stored
  void refused_to_user(const ManagedInstanceId& id, const model::Event& request);
  static bool sets_goal(const model::Event& request);

  // A call is about to take effect, or not; a call that took effect, with its answer.
  void calling(Actor actor, const ec2::Request& request);
  // What the service asks for, and what it is shown (of a question of that time).
  void asking(const ec2::Request& request);
  void shown_to_service(const ec2::Response& response, Time asked);
  void service_started() { service_since_ = time_.now(); }
  void service_ended() { service_since_.reset(); }
  void unkept_by_hand(const VolumeId& volume);
  void made_by_hand(const ec2::Instance& instance);
  // An instance of the people's own is to become this managed instance.
  void imported(const ManagedInstanceId& id, const model::Spec& spec, const ec2::Instance& original);
  // Made of copies of one of the people's own, which stays theirs.
  void copied(const ManagedInstanceId& id, const model::Spec& spec, const ec2::Instance& original);
  void refused(const ec2::Request& request);
  void called(Actor actor, const ec2::Request& request, const ec2::Response& response);
  void associated(const ec2::AssociateAddressRequest& request);
  void copies_made(const ec2::CreateSnapshotsRequest& request, const ec2::CreateSnapshotsResponse& response);
  void happened(const ec2::CloudEvent& event);

  // What the service says of itself, at each change and after each start.
  void shown(const engine::View& view);
  void restarted(const engine::View& view);

  void machine_runs(const cloud::MachineSpec& machine) override;
  void machine_is_well(const InstanceId& machine) override;
  void machine_falls_ill(const InstanceId& machine) override;
  void machine_is_dead(const InstanceId& machine) override;
  void volume_comes(const InstanceId& machine, const cloud::AttachedVolume& volume) override;
  void volume_leaves(const InstanceId& machine, const VolumeId& volume) override;
  void snapshot_ends(const SnapshotId& snapshot, bool completed) override;
  void volume_goes(const VolumeId& volume) override;

  // Everything has come to rest: what is in the cloud and nobody's, by what the service knows (nullptr: it is
  // forgotten). Each with its state.
  std::map<std::string, std::string> left_over(cloud::Cloud& cloud,
                                               const std::map<ManagedInstanceId, engine::SharedView>& views) const;

  // What it is to be by its schedule, or that it is to have been recycled, and is not; empty: all is well.
  std::string overdue(const engine::View& view) const;
  bool destroyed_by_hand(const ManagedInstanceId& id) const;
  bool taken_off_by_hand(const ManagedInstanceId& id) const;
  int replacements() const { return replacements_; }
  std::optional<ManagedInstanceId> owner_of(const std::string& thing) const;
  std::string device_of(const VolumeId& volume) const;  // empty: it is not known

 private:
  // A device is to be made from an older copy. Until that comes, what there is counts as before.
  struct Restore {
    SnapshotId source;
    Log copy;
    Time kept_until{};      // what gives way, at least
    bool launched = false;  // something was made from it
  };
  // What was before a restore may go once it was kept for as long as was promised.
  struct Branch {
    Time left{};
    Time kept_until{};
  };
  // When the document last said otherwise of whether something is persisted, and when it first gave up what it had been
  // made with.
  struct Kept {
    Time since{};
    std::optional<Time> first_given_up;
  };
  struct Managed {
    model::Spec spec;
    std::optional<model::Spec> asked_spec;  // by the last update: from when on it is so shows
    std::optional<model::Goal> goal = model::Goal::running;  // none: a request is on its way
    Time goal_since{};  // when it was asked for, or due by the schedule
    Time answered{};    // the last request
    Time spec_since{};
    std::vector<model::ScheduledTask> former_tasks;  // until then
    Time handover_seen{};  // when the last one that was looked at began
    Kept root, data;
    std::optional<model::Deallocation> deallocation;
    Time deleted_at{};
    std::optional<model::Deallocation> let_out;  // by a deletion that was taken back: what was on its way may still go
    bool let_out_over = false;                   // the time for which the rest was to be kept was over by then
    Time let_out_until{};
    InstanceId last;  // that a root has come to
    std::vector<InstanceId> came_up;  // by themselves, in their order
    std::map<std::string, Log> acknowledged;               // by device: what was synced, as of when it was last written
    std::set<std::string> destroyed;                       // devices whose newest copy a person has deleted
    std::map<std::string, std::vector<Restore>> restores;  // asked for, by device, in their order
    std::map<std::string, std::vector<Branch>> branches;
    std::string ip;        // kept, from the first instance that was seen with it on
    Time readdressed{};    // when the user last wanted another private address
    std::string former_elastic;
    Time elastic_since{};  // when another one than this took its place
    int generation = 0;
  };
  struct Instance {
    ManagedInstanceId owner;
    int generation = 0;
    bool terminated = false;
    bool runs = false;
    bool well = false;
    ImageId image = {};
    Time asked{};  // for the first time
    Log root = {};  // as it came to it
    bool spoiled = false;  // so that it does not come up
    bool fell_ill = false;
    bool seen_well = false;  // by the service
  };
  struct Volume {
    ManagedInstanceId owner;
    std::string device;
    bool was_well = false;  // a machine that had it has become well
    bool deleted = false;
    std::optional<Actor> deleter;
    InstanceId machine = {};   // the last that it came to
    InstanceId asked_to = {};  // the last that it was to be attached to
    Time came{};
    Time made{};
    std::optional<Time> left = {};        // the last machine that wrote to it
    std::optional<Time> seen_free = {};   // by the service, in an answer to what it asked then
    std::optional<Time> seen_held = {};   // the same, on a machine
    bool lent_at_rest = false;            // to a machine that is not of its managed instance
    std::optional<Log> before_lent = {};  // what it held before one wrote to it whose writes nobody promises to keep
    std::optional<Time> unkept = {};      // set by hand to go with its instance
    bool taken_off = false;               // by hand, and not put back
    std::optional<Time> dropped = {};     // by its user, or on its way to be: kept until then
    bool given_up = false;                // dropped, and what comes in its place counts
  };
  struct Snapshot {
    ManagedInstanceId owner;
    std::string device;
    std::string purpose;
    VolumeId volume;
    std::string effect;
    Time made{};
    bool completed = false;
    bool failed = false;
    bool deleted = false;
    std::optional<Actor> deleter = {};
    Time deleted_at{};
    Log held = {};  // by one that a person has deleted
    bool dropped = false;  // by its user, or on its way to be
  };
  struct Image {
    ManagedInstanceId owner;
    SnapshotId snapshot;
    Time taken{};  // its snapshot, that is: what a restore registers may be of an old one
    bool deleted = false;
    std::optional<Actor> deleter = {};
  };
  struct Interface {
    ManagedInstanceId owner;
    bool deleted = false;
    std::string ip = {};
  };
  struct Calls;

  bool let_go_by_hand(const VolumeId& volume) const;
  bool has_successor(const Volume& volume) const;
  bool is_foreign(const InstanceId& machine, const Volume& volume) const;
  bool persists(const Managed& managed, const std::string& device) const;
  const Kept& kept(const Managed& managed, const std::string& device) const;
  // Its launch may have been decided on before the document said what it says of the device.
  bool of_before(const Instance& instance, const Managed& managed, const std::string& device) const;
  void comes_unpromised(Managed& managed, const VolumeId& volume, const std::string& device);
  bool is_over(const Managed& deleted) const;  // the time for which what it had was to be kept
  bool may_go(const Managed& managed, bool model::Deallocation::*what) const;
  bool another_copy(const ManagedInstanceId& id, const std::string& device, const Log& synced,
                    const std::string& except, bool well) const;
  bool is_run_from(const ImageId& image) const;
  bool is_newest(const SnapshotId& id, const Snapshot& snapshot) const;
  bool holds_some_copy(const ManagedInstanceId& id, const std::string& device, const Log& held) const;
  void gives_up(const VolumeId& id, const Volume& volume);
  void drops(const model::VolumeDropped& request, Time at);
  void is_dropped(const model::VolumeDropped& request);
  bool gave_up_a_dropped(const ManagedInstanceId& id, const std::string& device, const Guests::Content& content);
  void check_volume_goes(const VolumeId& id, const Volume& volume);
  bool left_behind(const Managed& managed, const std::string& device, Time made, bool may_go) const;
  void changed_spec(Managed& managed, const model::Spec& spec);
  bool is_due(Managed& managed, model::Goal shown) const;
  void check_unforced(Managed& managed, const engine::View& view);
  static Snapshot snapshot_of(const std::vector<ec2::TagSpecification>& specifications, const VolumeId& volume);
  void copy_begins(const ManagedInstanceId& id, const VolumeId& original);
  void check_address(const Instance& instance, const std::string& ip);
  void leaves_nothing_behind(Managed& managed, const std::string& device, const Guests::Content& content);
  bool may_be_restored(const Managed& managed, const std::string& device, Time copied) const;
  void judge(Managed& managed, const Instance& instance, const cloud::AttachedVolume& attached);
  bool falls_back(Managed& managed, const Instance& instance, const std::string& device,
                  const Guests::Content& content);
  bool comes_restored(Managed& managed, const std::string& device, const Guests::Content& content);
  void excuse(const ManagedInstanceId& id, const std::string& device, const std::string& except);
  std::set<std::string> known_things(const model::State& state) const;

  VirtualTime& time_;
  const Guests& guests_;
  std::vector<Violation> violations_;
  std::map<ManagedInstanceId, Managed> managed_;
  std::map<InstanceId, Instance> instances_;
  std::map<VolumeId, Volume> volumes_;
  std::map<SnapshotId, Snapshot> snapshots_;
  std::map<ImageId, Image> images_;
  std::map<InterfaceId, Interface> interfaces_;
  std::map<InterfaceId, ManagedInstanceId> primaries_;  // of whose instances
  std::map<std::string, Time> launches_asked_;          // by token
  std::set<std::string> by_hand_;      // made by people, and theirs
  std::map<VolumeId, std::string> originals_;  // theirs, of which copies are to be made: the devices
  std::optional<Time> service_since_;  // none: it is away
  int replacements_ = 0;
};

// In front of the cloud, behind everything that goes wrong: tells the checker of every call that takes effect.
class Tap : public ec2::FurtherEc2 {
 public:
  Tap(ec2::Ec2& inner, Checker& checker, Actor actor) : inner_(inner), checker_(checker), actor_(actor) {}
  Result<ec2::Response> perform(const ec2::Request& request) override {
    bool mutates = ec2::mutates(request);
    if (mutates) checker_.calling(actor_, request);
    auto answered = inner_.perform(request);
    if (mutates && answered) checker_.called(actor_, request, *answered);
    if (mutates && !answered) checker_.refused(request);
    return answered;
  }
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override {
    const auto* association = std::get_if<ec2::AssociateAddressRequest>(&request);
    auto answered = ec2::perform_further(inner_, request);
    if (answered && association != nullptr && actor_ == Actor::service) checker_.associated(*association);
    const auto* copies = std::get_if<ec2::CreateSnapshotsRequest>(&request);
    if (answered && copies != nullptr) {
      checker_.copies_made(*copies, std::get<ec2::CreateSnapshotsResponse>(*answered));
    }
    return answered;
  }

 private:
  ec2::Ec2& inner_;
  Checker& checker_;
  Actor actor_;
};

}  // namespace holdfast::sim
