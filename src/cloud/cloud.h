// The local cloud: EC2's resources, rules and state machines, kept durably, with the `ec2::Ec2` interface in front and
// a Substrate (real machines, or states only) behind. The daemon opens one; the controller above sees only `Ec2` and
// the events; people experiment with it through the control surface (HTTP: control.h).
//
// What always holds: a change is written to the store, in one transaction, before the call is answered and before the
// substrate is told. So after a crash at any moment `open` knows what was under way and finishes it. A call that could
// not be written answers `Unavailable` and has done nothing.
//
// Besides EC2: DescribeInstanceStatus answers `initializing` until the instance's user data has ended, `ok` if it ended
// with 0, `impaired` if it failed. AWS does not look at user data; there the agent says whether an instance is well.
//
// Threads: every method may be called from any thread. The substrate is told outside the lock, in the order of the
// commits; the listener is called on the Runtime's thread, outside the lock, in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "cloud/behaviour/behaviour.h"
#include "cloud/behaviour/profile.h"
#include "cloud/runtime.h"
#include "cloud/substrate.h"
#include "ec2/ec2.h"
#include "ec2/events.h"
#include "ec2/further_ec2.h"
#include "ec2/generated/further.h"

namespace holdfast::cloud {

// What every new data directory comes with. All other ids are random.
inline constexpr char kDefaultVpc[] = "vpc-00000000000000001";
inline constexpr char kDefaultSecurityGroup[] = "sg-00000000000000001";
inline constexpr char kSubnetA[] = "subnet-0000000000000000a";  // zone REGIONa, the first /20 of the cidr block
inline constexpr char kSubnetB[] = "subnet-0000000000000000b";
inline constexpr char kSubnetC[] = "subnet-0000000000000000c";
inline constexpr char kMinimalImage[] = "ami-00000000000000001";
inline constexpr char kDebianImage[] = "ami-00000000000000002";  // "debian-12-postgresql"; exists once it was asked for
inline constexpr char kAccount[] = "000000000000";               // the one account
inline constexpr char kMinimalImageName[] = "minimal";
inline constexpr char kDebianImageName[] = "debian-12-postgresql";
inline constexpr int kLongCalls = 24;  // commands and builds at one time; more are refused

struct CloudOptions {
  std::filesystem::path data_dir;  // made if missing; empty: nothing is kept (simulations)
  std::string region = "local-1";
  std::string cidr_block = "10.31.0.0/16";  // of a new data directory: at least a /18; an old one keeps its own
  bool outside = false;                     // the default subnets reach the outside through NAT
  std::optional<uint64_t> seed;             // of ids; absent: from the operating system
  Duration shutdown_limit = std::chrono::seconds(60);  // for an operating system's own shutdown; then it is killed
  // CreateSnapshot answers when the volume's state is held (so that what is written after the answer is not in it), but
  // no later than this. Zero: at once, for a substrate that takes it within the call.
  Duration snapshot_wait = std::chrono::seconds(30);
  bool snapshot_rate_rule = false;  // EC2's: no two snapshots of one volume within 15 s
  bool build_minimal_image = true;  // at first start
  // How long `open` waits for it, so that the first caller finds it available. Zero: not at all, where time is virtual.
  Duration first_image_wait{0};
  Profile profile;  // slowness, limits and surprises; none
};

struct InterruptHow {
  enum class Kind {
    notice,     // spot/instance-action, the warning event, and a forced termination when `notice` is over
    no_notice,  // it vanishes at once; what the guest had written to its page cache still reaches the disk
    power_cut,  // it vanishes at once, and every write that was not synced is lost
  };
  Kind kind = Kind::notice;
  Duration notice = std::chrono::seconds(120);
};

// An offer of EC2: a type in a zone, as spot or on demand.
struct MarketKey {
  std::string instance_type;
  std::string availability_zone;
  bool spot = true;
  auto operator<=>(const MarketKey&) const = default;
};

struct MarketInfo {
  MarketKey key;
  double price = 0;             // USD an hour
  std::optional<int> capacity;  // absent: unlimited
  int running = 0;              // pending ones included
};

struct CloudInstance {  // for people: what the control surface lists
  ec2::Instance instance;
  std::optional<Time> interruption_at;
  std::optional<Time> rebalance_at;
  UserDataOutcome user_data = UserDataOutcome::running;
};

class Cloud : public ec2::FurtherEc2 {
 public:
  // Reads (or makes) the data directory, starts the substrate, compares what it finds with what should be, and goes on
  // with everything that was under way. Both references must outlive the Cloud. Errors: `conflict` if another process
  // has the directory open, `invalid` for a bad option.
  static Result<std::unique_ptr<Cloud>> open(CloudOptions options, Substrate& substrate, Runtime& runtime);
  // Stops listening and writing; machines go on, and the next `open` finds them again.
  ~Cloud() override;

  // Waits as long as the profile and faults ask for (behaviour/), in real time.
  Result<ec2::Response> perform(const ec2::Request& request) override;
  // The two halves of `perform`, for a simulator, which waits by a clock of its own: what becomes of the call, and the
  // call itself.
  Turn turn(const ec2::Request& request);
  Result<ec2::Response> carry_out(const ec2::Request& request);
  // The same for the actions beyond ec2.h that are in use: typed by the generated codec, asked for through the endpoint
  // by EC2's own tools. An answer holds the request's own Response alternative.
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override;
  // EC2's dry run: checks all that `perform` would, does nothing, and answers the error DryRunOperation where it would
  // have succeeded. A call like any other to the profile and to faults.
  Result<ec2::Response> try_out(const ec2::Request& request);
  Result<ec2::FurtherResponse> try_out_further(const ec2::FurtherRequest& request);
  const std::string& region() const;

  // One listener, from now on; an empty one ends it. Besides EventBridge's own events it gets a kVolumeNotification
  // when a volume becomes available, attached or detached (state "available", "attached"), and the same detail type
  // for interfaces that come free: AWS does not send those, so they may only save a poll.
  void listen(ec2::CloudEventListener listener);

  // ---- the control surface: experiments that nobody does to real EC2

  // Survives a restart of the service (the deadline is kept). A notice is for spot instances that run. The other two
  // are for any instance that is pending or running.
  Result<void> interrupt(const InstanceId& instance, const InterruptHow& how);
  Result<void> rebalance(const InstanceId& instance);
  // How many instances a market takes (nothing: unlimited). At the limit RunInstances answers
  // InsufficientInstanceCapacity; instances that run are left alone (interrupt them to reclaim).
  Result<void> set_capacity(const MarketKey& market, std::optional<int> capacity);
  // Spot only. Instances whose maximum price is now below get an interruption notice, as on EC2.
  Result<void> set_spot_price(const MarketKey& market, double usd_an_hour);
  std::vector<MarketInfo> markets() const;
  // The next `count` calls of the action answer with the code and do nothing. Forgotten at a restart.
  Result<void> fail_next(const std::string& action, const std::string& code, int count);
  // The same and more: a delay, a lost reply. Forgotten at a restart too.
  Result<void> set_fault(const Fault& fault);
  Result<std::string> console_output(const InstanceId& instance);
  // Runs a command inside the instance's machine; blocks until it ended or `limit` is over.
  Result<CommandOutcome> run_command(const InstanceId& instance, const std::vector<std::string>& argv,
                                     const std::string& input, Duration limit);
  // Registers the public image of that name, or builds it anew; instances that run are not touched. Returns at once;
  // the image is `pending` until it was built ("available") or that failed ("failed").
  Result<ImageId> build_image(const std::string& name);
  // The same, and waits until it was built or failed.
  Result<ImageId> build_image_and_wait(const std::string& name, Duration limit);
  std::vector<std::string> buildable_images() const;
  std::vector<CloudInstance> instances() const;

 private:
  class Front;
  explicit Cloud(std::shared_ptr<Front> front);
  // Shared, because the substrate and the runtime may call back while this goes away.
  // Calls that last as long as somebody's command does may not take every thread that serves the others.
  struct Leave {
    void operator()(std::atomic<int>* taken) const { --*taken; }
  };
  using Seat = std::unique_ptr<std::atomic<int>, Leave>;
  Result<Seat> take_seat();

  std::atomic<int> long_calls_ = 0;
  std::shared_ptr<Front> front_;
};

}  // namespace holdfast::cloud
