// The part of the front that answers calls: the rules as one transaction. What a profile or a fault does to a call is
// in front_behaviour.
#include <algorithm>

#include "cloud/front.h"
#include "cloud/lookup.h"
#include "cloud/rules_further.h"
#include "ec2/codec.h"

namespace holdfast::cloud {

int64_t Cloud::Front::free_bytes() const {
  return substrate_.free_bytes();
}

namespace {

// The rules draw no secrets: the one a request needs is made before, and outside the lock.
Result<KeyMaterial> key_for(const ec2::FurtherRequest& request) {
  const auto* wanted = std::get_if<ec2::CreateKeyPairRequest>(&request);
  return wanted == nullptr ? Result<KeyMaterial>(KeyMaterial()) : make_key(wanted->key_type);
}

Result<ec2::Response> act_on(Call& call, const ec2::Request& request) {
  return std::visit(
      [&](const auto& r) -> Result<ec2::Response> {
        if constexpr (std::is_same_v<std::decay_t<decltype(r)>, ec2::GetConsoleOutputRequest>) {
          CHECK(false && "the substrate's to answer");
          return ec2::Empty{};
        } else {
          return act(call, r);
        }
      },
      request);
}

bool needs_space(const ec2::Request& request) {
  return std::holds_alternative<ec2::RunInstancesRequest>(request) ||
         std::holds_alternative<ec2::CreateVolumeRequest>(request);
}

}  // namespace

Result<ec2::Response> Cloud::Front::perform(const ec2::Request& request) {
  if (auto* snapshot = std::get_if<ec2::CreateSnapshotRequest>(&request)) return perform_snapshot(*snapshot);
  if (auto* console = std::get_if<ec2::GetConsoleOutputRequest>(&request)) return perform_console(*console);
  int64_t free = needs_space(request) ? free_bytes() : 1;
  return transact<ec2::Response>([&](Call& call) {
    settings_.free_bytes = free;
    return act_on(call, request);
  });
}

Result<ec2::FurtherResponse> Cloud::Front::perform_further(const ec2::FurtherRequest& request) {
  auto answer = transact_further(request, [](FurtherAnswer made) { return made; });
  if (answer) wait_for_snapshots(*answer);
  return answer;
}

Result<ec2::FurtherResponse> Cloud::Front::try_out_further(const ec2::FurtherRequest& request) {
  return transact_further(request, [](FurtherAnswer made) -> FurtherAnswer {
    HF_TRY_VOID(made);
    return ec2::ec2_fail("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  });
}

Result<ec2::FurtherResponse> Cloud::Front::transact_further(
    const ec2::FurtherRequest& request,
    const std::function<Result<ec2::FurtherResponse>(Result<ec2::FurtherResponse>)>& finish) {
  int64_t free = free_bytes();
  HF_TRY(KeyMaterial key, key_for(request));
  return transact<ec2::FurtherResponse>([&](Call& call) {
    settings_.free_bytes = free, settings_.fresh_key = std::move(key);
    auto made = std::visit([&](const auto& r) { return act(call, r); }, request);
    settings_.fresh_key = {};
    return finish(std::move(made));
  });
}

// As perform_snapshot: the answer comes when the volumes' state is held.
void Cloud::Front::wait_for_snapshots(const ec2::FurtherResponse& answer) {
  const auto* made = std::get_if<ec2::CreateSnapshotsResponse>(&answer);
  if (made == nullptr || options_.snapshot_wait == Duration(0)) return;
  std::unique_lock hold(mutex_);
  changed_.wait_for(hold, options_.snapshot_wait, [&] {
    return closed_ || std::none_of(made->snapshots.begin(), made->snapshots.end(), [&](const auto& one) {
             return model_.flights.contains("clone/" + one.volume_id.str() + "/" + one.snapshot_id.str());
           });
  });
}

// The rules are pure, so trying is carrying out and rolling back.
Result<ec2::Response> Cloud::Front::try_out(const ec2::Request& request) {
  int64_t free = needs_space(request) ? free_bytes() : 1;
  return transact<ec2::Response>([&](Call& call) -> Result<ec2::Response> {
    settings_.free_bytes = free;
    if (auto* console = std::get_if<ec2::GetConsoleOutputRequest>(&request)) {
      HF_TRY_VOID(need(model_.instances, console->instance_id, "InstanceId"));
    } else {
      HF_TRY_VOID(act_on(call, request));
    }
    return ec2::ec2_fail("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  });
}

// The answer waits until the substrate holds the volume's state: what the caller writes or deletes afterwards must not
// be missing from, or be in, the snapshot. It shows the snapshot as EC2 does, pending.
Result<ec2::Response> Cloud::Front::perform_snapshot(const ec2::CreateSnapshotRequest& request) {
  HF_TRY(ec2::Response response, transact<ec2::Response>([&](Call& call) { return act(call, request); }));
  if (options_.snapshot_wait == Duration(0)) return response;
  const auto& snapshot = std::get<ec2::CreateSnapshotResponse>(response).snapshot;
  std::string flight = "clone/" + snapshot.volume_id.str() + "/" + snapshot.snapshot_id.str();
  std::unique_lock hold(mutex_);
  changed_.wait_for(hold, options_.snapshot_wait, [&] { return closed_ || !model_.flights.contains(flight); });
  return response;
}

Result<ec2::Response> Cloud::Front::perform_console(const ec2::GetConsoleOutputRequest& request) {
  {
    std::lock_guard hold(mutex_);
    HF_TRY_VOID(need(model_.instances, request.instance_id, "InstanceId"));
  }
  HF_TRY(std::string output, substrate_.console_output(request.instance_id));
  return ec2::GetConsoleOutputResponse{request.instance_id, runtime_.now(), std::move(output)};
}

Result<void> Cloud::Front::need_machine(const InstanceId& instance) const {
  std::lock_guard hold(mutex_);
  HF_TRY(const Instance* row, need(model_.instances, instance, "id"));
  if (row->state == "running") return {};
  return ec2::ec2_fail("IncorrectInstanceState",
                       "The instance '" + instance.str() + "' is " + row->state + ", not running.");
}

}  // namespace holdfast::cloud
