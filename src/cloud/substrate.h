// What stands behind the local cloud's model: something that holds volumes, networks and machines. `linux/` is real
// (processes, block devices, bridges on this machine); `null/` keeps states only. The model (cloud.h) owns EC2's rules
// and what exists; a substrate only does what it is told and reports what it sees.
//
// Every operation is asynchronous: it returns at once, and calls `done` exactly once, on any thread, never before it
// has returned. Every operation can be repeated: told again after a crash it does what is missing and succeeds
// ("create" of what exists, "delete" of what is gone). Only what `done` reported as a success has happened for sure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

namespace holdfast::cloud {

using Done = std::function<void(Result<void>)>;

struct SubnetSpec {
  SubnetId id;
  std::string cidr;      // "10.31.0.0/20"; the gateway is its first host address
  bool outside = false;  // reaches the outside through NAT
};

struct AttachedVolume {
  VolumeId id;
  std::string device;  // as EC2 names it: "/dev/xvda", "/dev/sdf"
};

struct MachineInterface {
  InterfaceId id;
  SubnetId subnet;
  std::string mac;
  std::string ip;
};

// What the metadata service tells a machine about itself, besides addresses and user data.
struct MachineIdentity {
  ImageId image;
  std::string instance_type;
  std::string availability_zone;
  std::string region;
  std::string life_cycle;  // "spot" or "on-demand"
  std::vector<std::pair<std::string, std::string>> tags;
};

struct MachineSpec {
  InstanceId id;
  std::string root_device;                   // among volumes
  std::vector<AttachedVolume> volumes;       // attached before the machine starts
  std::vector<MachineInterface> interfaces;  // index 0 is the primary
  std::string user_data;                     // decoded; run once by each new instance
  int vcpus = 1;
  int memory_mib = 512;
  bool imds_tokens_required = false;  // refuse IMDSv1
  MachineIdentity identity;
};

enum class StopHow {
  shutdown,   // the operating system's own shutdown, then a kill when `limit` is over
  kill,       // at once; what the guest had written to its page cache still reaches the disk
  power_cut,  // at once, and every write that was not synced is lost
};

enum class UserDataOutcome { running, succeeded, failed };

inline constexpr char kGuestShutdown[] = "guest shutdown";

// What the substrate sees by itself. Called on a thread of the substrate's; must not block.
class SubstrateEvents {
 public:
  virtual ~SubstrateEvents() = default;
  // The machine has ended by itself (its init exited, it was killed from outside, the host rebooted). A reason that
  // begins with kGuestShutdown means that the guest shut itself down.
  virtual void machine_ended(const InstanceId& machine, std::string reason) = 0;
  virtual void user_data_ended(const InstanceId& machine, UserDataOutcome outcome) = 0;
};

// The interruption that the metadata service shows at spot/instance-action, from now until the machine ends.
struct InterruptionNotice {
  std::string action;  // "terminate"
  Time at;
};

struct MachineSeen {
  InstanceId id;
  bool running = false;
  UserDataOutcome user_data = UserDataOutcome::running;
};

struct CommandOutcome {
  int exit_status = 0;  // 128 + signal if killed
  std::string out;
  std::string err;
  bool cut = false;  // there was more output than is kept: what is above is its beginning
};

struct SnapshotOfVolume {
  SnapshotId snapshot;
  VolumeId volume;
};

class Substrate {
 public:
  virtual ~Substrate() = default;

  // Before anything else: makes what must exist (pool, bridges), finds machines that outlived the last process. The
  // answer lists every machine that has anything left on this host. Machines found running go on undisturbed and are
  // watched again (specs: as the model knows them, so that their metadata service can be opened anew). `events` must
  // outlive the substrate.
  virtual Result<std::vector<MachineSeen>> start(const std::vector<SubnetSpec>& subnets,
                                                 const std::vector<MachineSpec>& machines, SubstrateEvents& events) = 0;

  virtual void create_subnet(const SubnetSpec& subnet, Done done) = 0;
  virtual void delete_subnet(const SubnetId& subnet, Done done) = 0;

  // A blank volume, or one with the snapshot's content grown to `size_gib`. ENOSPC: code "InsufficientVolumeCapacity".
  virtual void create_volume(const VolumeId& volume, int size_gib, const std::optional<SnapshotId>& from,
                             Done done) = 0;
  virtual void delete_volume(const VolumeId& volume, Done done) = 0;
  // The volume as of this moment, crash consistent, also while a machine writes to it.
  virtual void create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Done done) = 0;
  // All of them as of one moment: the machine, if one runs, stands still while they are taken.
  virtual void create_snapshots(const InstanceId& machine, const std::vector<SnapshotOfVolume>& snapshots,
                                Done done) = 0;
  virtual void copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from, Done done) = 0;
  // Larger at its end, also while a machine has it; a machine sees its new size. As large already: nothing to do.
  virtual void grow_volume(const VolumeId& volume, int size_gib, Done done) = 0;
  virtual void delete_snapshot(const SnapshotId& snapshot, Done done) = 0;

  // Done when the machine's init runs. A failure leaves nothing behind.
  virtual void launch(const MachineSpec& machine, Done done) = 0;
  // Done when the machine is observed dead: no process of it lives, its volumes and links are free.
  virtual void stop(const InstanceId& machine, StopHow how, Duration limit, Done done) = 0;
  virtual void reboot(const InstanceId& machine, Done done) = 0;
  // Done when the device is there in the machine / observed gone from it.
  virtual void attach(const InstanceId& machine, const AttachedVolume& volume, Done done) = 0;
  virtual void detach(const InstanceId& machine, const AttachedVolume& volume, bool force, Done done) = 0;
  // A further link of a machine that runs; the primary one comes and goes with it. Done when it is there, or seen gone.
  virtual void attach_interface(const InstanceId& machine, const MachineInterface& interface, Done done) = 0;
  virtual void detach_interface(const InstanceId& machine, const InterfaceId& interface, Done done) = 0;

  virtual void set_notice(const InstanceId& machine, const std::optional<InterruptionNotice>& notice) = 0;
  virtual void set_rebalance_recommendation(const InstanceId& machine, Time at) = 0;

  // Whether the metadata service refuses requests without a token, from now on.
  virtual void set_tokens_required(const InstanceId& machine, bool required) = 0;

  // The last 64 KiB of what the machine wrote to its console; kept for an hour after its end.
  virtual Result<std::string> console_output(const InstanceId& machine) = 0;
  // Runs a command inside the machine, as root; blocks until it ended or `limit` is over.
  virtual Result<CommandOutcome> run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                             const std::string& input, Duration limit) = 0;

  // Names of images the substrate can build, and building one: fills a volume that becomes the image's snapshot.
  virtual std::vector<std::string> buildable_images() const = 0;
  // The size of the snapshot that building it fills; volumes made from it are at least as large.
  virtual int image_size_gib(const std::string& name) const { return name == "minimal" ? 1 : 4; }
  virtual void build_image(const std::string& name, const SnapshotId& into, Done done) = 0;

  // Bytes that can still be written before the pool refuses.
  virtual int64_t free_bytes() const = 0;

  // Removes every trace of this cloud from the host: machines, mounts, loop devices, bridges. Volumes' files stay
  // unless `erase`. For tests, `--once` and `holdfast cloud destroy`.
  virtual Result<void> tear_down(bool erase) = 0;

  // Holds on to `thing` until the substrate is gone: what `events` needs in order to outlive it.
  void keep(std::shared_ptr<void> thing) { kept_.push_back(std::move(thing)); }

 private:
  std::vector<std::shared_ptr<void>> kept_;  // shared with the one who listens; one a start
};

}  // namespace holdfast::cloud
