#include "bench/critical_path.h"

#include <algorithm>

namespace holdfast::bench {

namespace {

using namespace std::chrono_literals;

constexpr Duration kBetweenSnapshots = 15s;  // of one volume: EC2 refuses a second one earlier

// The calls of one replacement, by what they are for.
class Account {
 public:
  Account(ReplacementWorld& world, const ManagedInstanceId& id, const InstanceId& former, Cause cause, Time began)
      : notes_(world.notes()), state_(world.view(id)->state), former_(former), cause_(cause), began_(began) {
    auto found = notes_.calls.find(id);
    if (found != notes_.calls.end()) calls_ = found->second;
  }

  Result<Downtime> reckon() {
    const NotedMachine& before = notes_.machines.at(former_);
    const NotedMachine& after = notes_.machines.at(state_.instance->id);
    if (!before.ends || !before.gone || !after.runs || !after.well) return missing("a machine");
    Downtime result;
    const Time start = serves_no_more(before);
    if (cause_ == Cause::sick) result.noticing = start - began_;
    HF_TRY(const Time end, path(start));
    result.another_zone = another_zone_;
    Time healthy = *after.well;
    for (const auto& [device, volume] : state_.data) {
      auto came = notes_.volume_came.find({state_.instance->id, volume.id});
      if (came == notes_.volume_came.end()) return missing("a volume");
      healthy = std::max(healthy, came->second);
    }
    result.measured = healthy - start;
    result.critical = end - start;
    result.until_known = *state_.instance->healthy_at - healthy;
    return result;
  }

 private:
  static Failure missing(const std::string& what) { return fail(ErrorKind::invalid, "NotNoted", what); }

  template <class R>
  const NotedCall* made(const std::string& id) const {
    for (const auto& call : calls_) {
      if (call->done && call->made == id && std::holds_alternative<R>(call->request)) return call.get();
    }
    return nullptr;
  }

  // A failing check is acted on when it has failed for so long, counted from the moment that the cloud said so first.
  Time serves_no_more(const NotedMachine& before) const {
    if (cause_ != Cause::sick) return *before.ends;
    return *before.told_sick + unhealthy_duration;
  }

  Result<Time> gone(Time start) const {
    const NotedMachine& before = notes_.machines.at(former_);
    const Duration takes = *before.gone - *before.ends;
    if (cause_ != Cause::sick) return start + takes;
    for (const auto& call : calls_) {
      if (std::holds_alternative<ec2::TerminateInstancesRequest>(call->request)) return start + call->there() + takes;
    }
    return missing("TerminateInstances");
  }

  // When the final snapshot is completed, if it is asked for at `from`.
  Result<Time> completed(const SnapshotId& id, Time from) const {
    const NotedCall* call = made<ec2::CreateSnapshotRequest>(id.str());
    auto done = notes_.snapshot_done.find(id);
    if (call == nullptr || done == notes_.snapshot_done.end()) return missing("snapshot " + id.str());
    const VolumeId& volume = std::get<ec2::CreateSnapshotRequest>(call->request).volume_id;
    Time taken = from + call->there();
    auto last = notes_.last_snapshot.find(volume);
    if (last != notes_.last_snapshot.end()) taken = std::max(taken, last->second + kBetweenSnapshots);
    for (const auto& other : calls_) {  // a periodic one, taken in this while
      const auto* snapshot = std::get_if<ec2::CreateSnapshotRequest>(&other->request);
      bool earlier = snapshot != nullptr && other->done && snapshot->volume_id == volume && other->taken < call->taken;
      if (earlier) taken = std::max(taken, other->taken + kBetweenSnapshots);
    }
    return std::max(taken + (done->second - call->taken), taken + call->back());
  }

  Result<Time> image_ready(const ImageId& image, Time gone) const {
    const NotedCall* call = made<ec2::RegisterImageRequest>(image.str());
    if (call == nullptr) return gone;  // the user's own
    const auto& request = std::get<ec2::RegisterImageRequest>(call->request);
    HF_TRY(const Time root, completed(*request.block_device_mappings.front().ebs->snapshot_id, gone));
    return root + call->there() + call->back();
  }

  Result<Time> path(Time start) {
    HF_TRY(const Time gone_at, gone(start));
    const NotedCall* run = made<ec2::RunInstancesRequest>(state_.instance->id.str());
    if (run == nullptr) return missing("RunInstances");
    const auto& request = std::get<ec2::RunInstancesRequest>(run->request);
    HF_TRY(Time ready, image_ready(request.image_id, gone_at));
    for (const auto& device : request.block_device_mappings) {
      if (!device.ebs || !device.ebs->snapshot_id) continue;
      HF_TRY(const Time copy, completed(*device.ebs->snapshot_id, gone_at));
      ready = std::max(ready, copy);
    }
    // Only a launch shows whether there is capacity: each that was refused had to be asked for first.
    for (const auto& call : calls_) {
      bool refused = std::holds_alternative<ec2::RunInstancesRequest>(call->request) && !call->done;
      if (refused) ready += call->there() + call->back();
    }
    const NotedMachine& after = notes_.machines.at(state_.instance->id);
    const Time launched = ready + run->there();
    const Time known = launched + run->back();
    const Time runs = launched + (*after.runs - run->taken);
    Time end = runs + (*after.well - *after.runs);
    for (const auto& call : calls_) {
      const auto* attach = std::get_if<ec2::AttachVolumeRequest>(&call->request);
      if (attach == nullptr || !call->done) continue;
      HF_TRY(const Time there, volume_there(attach->volume_id, gone_at, known));
      const Time came = notes_.volume_came.at({attach->instance_id, attach->volume_id});
      end = std::max(end, std::max({runs, known, there}) + call->there() + (came - call->taken));
    }
    return end;
  }

  // When the volume to be attached is in the zone of the instance, which is known from `zone_known` on.
  Result<Time> volume_there(const VolumeId& volume, Time gone_at, Time zone_known) {
    const NotedCall* call = made<ec2::CreateVolumeRequest>(volume.str());
    if (call == nullptr) return gone_at;  // the same as before
    another_zone_ = true;
    HF_TRY(const Time copy, completed(*std::get<ec2::CreateVolumeRequest>(call->request).snapshot_id, gone_at));
    const Time taken = std::max(zone_known, copy) + call->there();
    return std::max(taken + (notes_.volume_made.at(volume) - call->taken), taken + call->back());
  }

  const Notes& notes_;
  const model::State& state_;
  InstanceId former_;
  Cause cause_;
  Time began_;
  NotedCalls calls_;
  bool another_zone_ = false;

 public:
  Duration unhealthy_duration{};
};

}  // namespace

Result<Downtime> downtime_of(ReplacementWorld& world, const ManagedInstanceId& id, const InstanceId& former,
                             Cause cause, Time began) {
  Account account(world, id, former, cause, began);
  account.unhealthy_duration = world.view(id)->spec.health_check.unhealthy_duration;
  return account.reckon();
}

}  // namespace holdfast::bench
