// EC2's rules over the model. `act` carries out one API action: it checks everything first and changes rows only when
// nothing can fail any more; the caller commits or rolls back. `progress_*` is level-triggered: it orders from the
// substrate whatever a row's state calls for and is not in flight yet, so that calls, outcomes, timers and a restart
// all go the same way. `finished` takes in an order's outcome.
//
// Pure: no clock, no I/O, no threads; time, random numbers and settings come in `Call`. Called by the front (cloud.cpp)
// under its lock, within a transaction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "cloud/instance_types.h"
#include "cloud/key_pairs.h"
#include "cloud/model.h"
#include "cloud/orders.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {

struct Settings {
  std::string region;
  Duration shutdown_limit{};
  bool snapshot_rate_rule = false;
  int64_t free_bytes = 0;                  // of the pool, asked before the call
  std::map<std::string, int> image_sizes;  // of the images the substrate can build, in GiB
  KeyMaterial fresh_key;                   // for CreateKeyPair, made before the call
};

inline constexpr Duration kTerminatedVisible = std::chrono::hours(1);
inline constexpr Duration kTokensKept = std::chrono::hours(48);  // EC2 promises 24
inline constexpr Duration kSweepEvery = std::chrono::hours(1);
inline constexpr Duration kRetryAfter = std::chrono::seconds(1);  // an order that failed and must succeed in the end
inline constexpr Duration kSnapshotSpacing = std::chrono::seconds(15);
inline constexpr int kMaxSnapshotsUnderWay = 5;  // of one volume
inline constexpr int kMaxInstancesACall = 100;
inline constexpr int kMaxUserDataBytes = 16 * 1024;
inline constexpr int kMaxVolumeGib = 16384;

struct Call {
  Model& model;
  Time now;
  Random& random;
  const Settings& settings;
  Outbox& out;
};

// ---- API actions, one for each request of ec2.h
using Answer = Result<ec2::Response>;
Answer act(Call&, const ec2::RunInstancesRequest&);
Answer act(Call&, const ec2::TerminateInstancesRequest&);
Answer act(Call&, const ec2::RebootInstancesRequest&);
Answer act(Call&, const ec2::ModifyInstanceAttributeRequest&);
Answer act(Call&, const ec2::CreateVolumeRequest&);
Answer act(Call&, const ec2::DeleteVolumeRequest&);
Answer act(Call&, const ec2::AttachVolumeRequest&);
Answer act(Call&, const ec2::DetachVolumeRequest&);
Answer act(Call&, const ec2::CreateSnapshotRequest&);
Answer act(Call&, const ec2::DeleteSnapshotRequest&);
Answer act(Call&, const ec2::RegisterImageRequest&);
Answer act(Call&, const ec2::DeregisterImageRequest&);
Answer act(Call&, const ec2::CreateNetworkInterfaceRequest&);
Answer act(Call&, const ec2::DeleteNetworkInterfaceRequest&);
Answer act(Call&, const ec2::ModifyNetworkInterfaceAttributeRequest&);
Answer act(Call&, const ec2::CreateSubnetRequest&);
Answer act(Call&, const ec2::DeleteSubnetRequest&);
Answer act(Call&, const ec2::CreateSecurityGroupRequest&);
Answer act(Call&, const ec2::CreateTagsRequest&);
Answer act(Call&, const ec2::DeleteTagsRequest&);
Answer act(Call&, const ec2::DescribeInstancesRequest&);
Answer act(Call&, const ec2::DescribeInstanceStatusRequest&);
Answer act(Call&, const ec2::DescribeInstanceTypesRequest&);
Answer act(Call&, const ec2::DescribeVolumesRequest&);
Answer act(Call&, const ec2::DescribeSnapshotsRequest&);
Answer act(Call&, const ec2::DescribeImagesRequest&);
Answer act(Call&, const ec2::DescribeNetworkInterfacesRequest&);
Answer act(Call&, const ec2::DescribeSubnetsRequest&);
Answer act(Call&, const ec2::DescribeVpcsRequest&);
Answer act(Call&, const ec2::DescribeSecurityGroupsRequest&);
Answer act(Call&, const ec2::DescribeAvailabilityZonesRequest&);
Answer act(Call&, const ec2::DescribeSpotPriceHistoryRequest&);
// GetConsoleOutput asks the substrate: the front's own.

// ---- what is due now, for one row
void progress_instance(Call&, const InstanceId&);
void progress_volume(Call&, const VolumeId&);
void progress_snapshot(Call&, const SnapshotId&);
// Those of one set that are still pending; whether there are any.
void progress_set(Call&, const std::string& set);
bool set_under_way(const Model&, const std::string& set);
void progress_image(Call&, const ImageId&);
void progress_subnet(Call&, const SubnetId&);
void progress_interface(Call&, const InterfaceId&);
void progress_spot_request(Call&, const SpotRequestId&);
// All rows that this transaction has touched.
void progress_touched(Call&);
// A wake has come for the resource of that id.
void woken(Call&, const std::string& id);

// ---- outcomes and observations
void finished(Call&, const LaunchOrder&, const Result<void>&);
void finished(Call&, const StopOrder&, const Result<void>&);
void finished(Call&, const RebootOrder&, const Result<void>&);
void finished(Call&, const AttachOrder&, const Result<void>&);
void finished(Call&, const DetachOrder&, const Result<void>&);
void finished(Call&, const CreateVolumeOrder&, const Result<void>&);
void finished(Call&, const DeleteVolumeOrder&, const Result<void>&);
void finished(Call&, const CreateSnapshotOrder&, const Result<void>&);
void finished(Call&, const DeleteSnapshotOrder&, const Result<void>&);
void finished(Call&, const BuildImageOrder&, const Result<void>&);
void finished(Call&, const CreateSubnetOrder&, const Result<void>&);
void finished(Call&, const DeleteSubnetOrder&, const Result<void>&);
void finished(Call&, const CreateSnapshotSetOrder&, const Result<void>&);
void finished(Call&, const CopySnapshotOrder&, const Result<void>&);
void finished(Call&, const GrowVolumeOrder&, const Result<void>&);
void finished(Call&, const AttachInterfaceOrder&, const Result<void>&);
void finished(Call&, const DetachInterfaceOrder&, const Result<void>&);
inline void finished(Call&, const NoticeOrder&, const Result<void>&) {}
inline void finished(Call&, const RebalanceOrder&, const Result<void>&) {}
inline void finished(Call&, const MetadataOrder&, const Result<void>&) {}
void machine_ended(Call&, const InstanceId&, const std::string& reason);
void user_data_ended(Call&, const InstanceId&, UserDataOutcome);

// ---- experiments (see Cloud)
Result<void> interrupt(Call&, const InstanceId&, const InterruptHow&);
Result<void> rebalance(Call&, const InstanceId&);
Result<void> set_capacity(Call&, const MarketKey&, std::optional<int> capacity);
Result<void> set_spot_price(Call&, const MarketKey&, double usd_an_hour);
std::vector<MarketInfo> list_markets(const Model&);
Result<ImageId> build_image(Call&, const std::string& name);

// ---- the beginning of a data directory, and of a process
Result<void> found(Call&, const CloudOptions&);
// Compares what the substrate has found with the model, and orders everything that is due. The substrate was given
// the machines of `machines_for_start`.
void reconcile(Call&, const std::vector<MachineSeen>&);
std::vector<SubnetSpec> subnets_for_start(const Model&);
std::vector<MachineSpec> machines_for_start(const Model&, const Settings&);

// ---- shared between the rules
// Moves an instance to shutting-down, or makes a shutdown under way harder.
void begin_shutdown(Call&, const InstanceId&, StopHow, ec2::StateReason);
// The same with `stopping`; it must be pending, running or stopping.
void begin_stop(Call&, const InstanceId&, StopHow, ec2::StateReason);
Result<void> need_instances(const Model&, const std::vector<InstanceId>&);
void delete_volume(Call&, const VolumeId&);                  // it is free: available, or failed
void drop_snapshot(Call&, const SnapshotId&);                // no image uses it
void end_snapshot(Call&, const SnapshotId&, bool complete);  // it was pending
// A snapshot of the set has ended: the image and the instance that wait for it are looked at.
void set_changed(Call&, const std::string& set, const InstanceId& instance);
Result<void> check_rate(const Call&, const VolumeId&);  // of snapshots
Result<void> check_image_name(const Model&, const std::string& name);
void put_mapping(Call&, Image&, std::vector<ec2::BlockDeviceMapping>);
enum class Making { under_way, done, failed };
Making root_volume_of(const Model&, const RootTaskId&);
void swap_root(Call&, const RootTaskId&);  // its machine is dead; afterwards it has the new one, or the task has failed
void volume_made(Call&, const VolumeId&);  // or not: whoever waits for it is looked at
void sweep_root_tasks(Call&);              // what has ended long ago is forgotten
void end_root_task(Call&, const RootTaskId&, bool succeeded);
void instance_ended(Call&, const Instance&);                    // its spot request closes
GroupRule rule_from_itself(Call&, const SecurityGroupId&);      // what a default group begins with
Result<void> check_key(const Model&, const std::string& name);  // of a key pair; empty: none is wanted
// The instance's machine is stopped for it and started again.
Result<void> check_errand(const Instance&);
void begin_errand(Call&, const InstanceId&, const std::string& errand);
InterfaceId make_interface(Call&, const Subnet&, const std::string& ip, std::vector<SecurityGroupId>,
                           std::string description, std::vector<ec2::Tag>);
void erase_interface(Call&, const InterfaceId&);  // it is not attached
MachineSpec machine_spec(const Model&, const Settings&, const Instance&);
// The address asked for if it can be had, or the lowest free one. `taken`: by the same request, not in the model yet.
// An address that is used no more.
void free_address(Model&, const SubnetId&, const std::string& ip);
Result<std::string> pick_address(const Model&, const Subnet&, const std::optional<std::string>& wanted,
                                 const std::vector<std::string>& taken, const std::string& field);
double price_of(const Model&, const MarketKey&);
Result<void> check_capacity(const Model&, const MarketKey&, int count);
void tell(Call&, const char* detail_type, const std::string& resource, std::string state,
          std::optional<Time> deadline = std::nullopt);
void wake_at(Call&, const std::string& id, Time at);
// An order of that flight has failed and must succeed in the end: the flight stays (so that nothing orders again at
// once) until the wake it asks for here.
void retry_later(Call&, const std::string& flight, const std::string& id);

}  // namespace holdfast::cloud
