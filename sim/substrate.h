// The null substrate with EC2's latencies and failures, and with guests that hold data. The local cloud tells it what
// to do; it tells the witness (the checker) what has really happened, at the moment it happens.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cloud/cloud.h"
#include "cloud/null/null_substrate.h"
#include "sim/faults.h"
#include "sim/faulty_ec2.h"
#include "sim/guests.h"
#include "sim/virtual_time.h"

namespace holdfast::sim {

// What really happens, as it happens.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void machine_runs(const cloud::MachineSpec& machine) = 0;
  virtual void machine_is_well(const InstanceId& machine) = 0;
  virtual void machine_falls_ill(const InstanceId& machine) = 0;
  virtual void machine_is_dead(const InstanceId& machine) = 0;
  // Before the application on it begins, after it has ended.
  virtual void volume_comes(const InstanceId& machine, const cloud::AttachedVolume& volume) = 0;
  virtual void volume_leaves(const InstanceId& machine, const VolumeId& volume) = 0;
  virtual void snapshot_ends(const SnapshotId& snapshot, bool completed) = 0;
  // It is still there.
  virtual void volume_goes(const VolumeId& volume) = 0;
};

// What takes EC2 its time: `boot` is from running to well, `shutdown` an orderly end, `kill` any other.
enum class Takes { launch, boot, shutdown, kill, attach, detach, create_volume, snapshot, slow_snapshot };
// As seen in public reports, or chosen wide where nothing is published.
Spread spread_of(Takes what);
// How long it takes this time; `thing`: the id of the machine, volume or snapshot.
using DrawTime = std::function<Duration(Takes what, const std::string& thing)>;

// Of the cloud in front of a SimSubstrate: it alone says how long things take.
cloud::CloudOptions cloud_options(uint64_t seed);

class SimSubstrate : public cloud::Substrate {
 public:
  SimSubstrate(VirtualTime& time, Faults& faults, Guests& guests, Witness& witness, uint64_t seed);

  // From now on by this one, instead of from the seed.
  void draw_by(DrawTime draw) { draw_ = std::move(draw); }
  // The guest shuts itself down; falls ill, and is well again.
  void guest_shuts_down(const InstanceId& machine);
  bool has_come_up(const InstanceId& machine) const { return booted_.contains(machine); }
  void guest_is_sick(const InstanceId& machine, bool sick);
  bool alive(const InstanceId& machine) const { return machines_.contains(machine); }
  const std::map<InstanceId, cloud::MachineSpec>& machines() const { return machines_; }

  Result<std::vector<cloud::MachineSeen>> start(const std::vector<cloud::SubnetSpec>& subnets,
                                                const std::vector<cloud::MachineSpec>& machines,
                                                cloud::SubstrateEvents& events) override;
  void create_subnet(const cloud::SubnetSpec& subnet, cloud::Done done) override;
  void delete_subnet(const SubnetId& subnet, cloud::Done done) override;
  void create_volume(const VolumeId& volume, int size_gib, const std::optional<SnapshotId>& from,
                     cloud::Done done) override;
  void delete_volume(const VolumeId& volume, cloud::Done done) override;
  void create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, cloud::Done done) override;
  void delete_snapshot(const SnapshotId& snapshot, cloud::Done done) override;
  void create_snapshots(const InstanceId& machine, const std::vector<cloud::SnapshotOfVolume>& snapshots,
                        cloud::Done done) override;
  void grow_volume(const VolumeId& volume, int size_gib, cloud::Done done) override;
  // Nobody in a simulated week asks for these; they are refused, so that a run that comes to need them shows it.
  void copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from, cloud::Done done) override;
  void attach_interface(const InstanceId& machine, const cloud::MachineInterface& interface, cloud::Done done) override;
  void detach_interface(const InstanceId& machine, const InterfaceId& interface, cloud::Done done) override;
  void set_tokens_required(const InstanceId&, bool) override {}  // guests ask no metadata
  void launch(const cloud::MachineSpec& machine, cloud::Done done) override;
  void stop(const InstanceId& machine, cloud::StopHow how, Duration limit, cloud::Done done) override;
  void reboot(const InstanceId& machine, cloud::Done done) override;
  void attach(const InstanceId& machine, const cloud::AttachedVolume& volume, cloud::Done done) override;
  void detach(const InstanceId& machine, const cloud::AttachedVolume& volume, bool force, cloud::Done done) override;
  void set_notice(const InstanceId& machine, const std::optional<cloud::InterruptionNotice>& notice) override;
  void set_rebalance_recommendation(const InstanceId& machine, Time at) override;
  Result<std::string> console_output(const InstanceId& machine) override;
  Result<cloud::CommandOutcome> run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                            const std::string& input, Duration limit) override;
  std::vector<std::string> buildable_images() const override { return inner_.buildable_images(); }
  void build_image(const std::string& name, const SnapshotId& into, cloud::Done done) override;
  int64_t free_bytes() const override { return inner_.free_bytes(); }
  Result<void> tear_down(bool erase) override { return inner_.tear_down(erase); }

 private:
  // Stands between the null substrate and the cloud, to see what comes by itself.
  struct Events : cloud::SubstrateEvents {
    explicit Events(SimSubstrate& of) : owner(of) {}
    void machine_ended(const InstanceId& machine, std::string reason) override;
    void user_data_ended(const InstanceId& machine, cloud::UserDataOutcome outcome) override;
    SimSubstrate& owner;
    cloud::SubstrateEvents* to = nullptr;
  };

  void refuse(cloud::Done done);
  void has_come(const InstanceId& machine, const cloud::AttachedVolume& volume);
  void has_left(const InstanceId& machine, const VolumeId& volume, bool power_cut);
  void has_died(const InstanceId& machine, bool power_cut);
  bool boots_in_vain(const InstanceId& machine) const;

  VirtualTime& time_;
  Faults& faults_;
  Guests& guests_;
  Witness& witness_;
  Random random_;
  DrawTime draw_;
  cloud::NullSubstrate inner_;
  Events events_{*this};
  std::set<InstanceId> sick_;
  std::set<InstanceId> booted_;  // came up once
  std::map<InstanceId, cloud::MachineSpec> machines_;  // those alive, with the volumes they have now
};

}  // namespace holdfast::sim
