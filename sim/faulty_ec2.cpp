#include "sim/faulty_ec2.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <variant>

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

// Of calls there are no published figures; these are what clients see of EC2's API from within its region.
constexpr Spread kDescribe{120ms, 900ms};
constexpr Spread kMutate{300ms, 2000ms};
constexpr Spread kRun{1200ms, 5000ms};
constexpr Duration kTimeout = 10s;  // of a call that is never answered

Error error_of(ErrorKind kind, std::string code, std::string message) {
  return {kind, std::move(code), std::move(message), {}};
}

// Ids that a mutating request names, which EC2 may not find yet.
struct Named {
  std::vector<std::pair<std::string, std::string>> operator()(const ec2::RunInstancesRequest& r) const {
    return {{r.image_id.str(), "InvalidAMIID.NotFound"}};
  }
  std::vector<std::pair<std::string, std::string>> operator()(const ec2::TerminateInstancesRequest& r) const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& id : r.instance_ids) all.emplace_back(id.str(), "InvalidInstanceID.NotFound");
    return all;
  }
  std::vector<std::pair<std::string, std::string>> operator()(const ec2::AttachVolumeRequest& r) const {
    return {{r.volume_id.str(), "InvalidVolume.NotFound"}, {r.instance_id.str(), "InvalidInstanceID.NotFound"}};
  }
  std::vector<std::pair<std::string, std::string>> operator()(const ec2::CreateTagsRequest& r) const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& id : r.resources) all.emplace_back(id, "InvalidID");
    return all;
  }
  std::vector<std::pair<std::string, std::string>> operator()(const ec2::RegisterImageRequest& r) const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& mapping : r.block_device_mappings) {
      if (mapping.ebs && mapping.ebs->snapshot_id) {
        all.emplace_back(mapping.ebs->snapshot_id->str(), "InvalidSnapshot.NotFound");
      }
    }
    return all;
  }
  std::vector<std::pair<std::string, std::string>> operator()(const ec2::ModifyInstanceAttributeRequest& r) const {
    return {{r.instance_id.str(), "InvalidInstanceID.NotFound"}};
  }
  template <class R>
  std::vector<std::pair<std::string, std::string>> operator()(const R&) const {
    return {};
  }
};

}  // namespace

Spread spread_of(const ec2::Request& request) {
  if (std::holds_alternative<ec2::RunInstancesRequest>(request)) return kRun;
  return ec2::mutates(request) ? kMutate : kDescribe;
}

Spread spread_of(const ec2::FurtherRequest& request) {
  return ec2::mutates(request) ? kMutate : kDescribe;
}

namespace {

// How late a request may be whose caller has given up, or died.
constexpr Duration kLatest = 40s;

}  // namespace

Duration Spread::draw(Random& random) const {
  constexpr double kP99 = 2.326;  // standard deviations
  double sigma = std::log(static_cast<double>(p99.count()) / static_cast<double>(median.count())) / kP99;
  double u = std::max(random.unit(), 1e-12), v = random.unit();
  double normal = std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
  double drawn = static_cast<double>(median.count()) * std::exp(sigma * normal);
  return Duration(static_cast<int64_t>(std::min(drawn, 20.0 * static_cast<double>(p99.count()))));
}

FaultyEc2::FaultyEc2(Ties ties, uint64_t seed, bool throttle)
    : ties_(std::move(ties)), random_(seed), throttle_(throttle) {}

void FaultyEc2::deliver_later(const ec2::Request& request, Duration delay) {
  ties_.runtime.post(delay, [this, request] {
    auto answered = ties_.inner.perform(request);
    const auto* run = std::get_if<ec2::RunInstancesRequest>(&request);
    if (answered && run != nullptr) tokens_done_.insert(run->client_token);
  });
}

void FaultyEc2::deliver_later(const ec2::FurtherRequest& request, Duration delay) {
  ties_.runtime.post(delay, [this, request] { (void)ec2::perform_further(ties_.inner, request); });
}

Result<ec2::Response> FaultyEc2::perform(const ec2::Request& request) {
  return send<ec2::Response>(request);
}

Result<ec2::FurtherResponse> FaultyEc2::perform_further(const ec2::FurtherRequest& request) {
  return send<ec2::FurtherResponse>(request);
}

// The request's way there, what becomes of it, and the answer's way back.
template <class Response, class Request>
Result<Response> FaultyEc2::send(const Request& request) {
  Duration there = spread_of(request).draw(random_) / 2;
  if (ties_.faults.strikes(Fault::unreachable)) {
    ties_.wait(there);
    return Failure(error_of(ErrorKind::unavailable, "ConnectionRefused", "the cloud cannot be reached"));
  }
  try {
    ties_.wait(there);
  } catch (...) {
    // The caller has died with the request on its way.
    if (ec2::mutates(request) && ties_.faults.strikes(Fault::zombie_request)) {
      deliver_later(request, Duration(ties_.faults.draw(Fault::zombie_request, kLatest.count())));
    }
    throw;
  }
  return travel<Response>(request);
}

template <class Response, class Request>
Result<Response> FaultyEc2::travel(const Request& request) {
  auto timed_out = [&](Duration after) {
    ties_.wait(after);
    return Failure(error_of(ErrorKind::unknown_outcome, "Timeout", "the call was not answered in time"));
  };
  bool mutating = ec2::mutates(request);
  if (ties_.faults.strikes(Fault::lost_request)) return timed_out(kTimeout);
  if (mutating && ties_.faults.strikes(Fault::late_request)) {
    deliver_later(request, 1s + Duration(ties_.faults.draw(Fault::late_request, kLatest.count())));
    return timed_out(1s);
  }
  if (auto refused = throttle(ec2::action_of(request))) {
    ties_.wait(spread_of(request).draw(random_) / 4);
    return Failure(std::move(*refused));
  }
  bool internal = ties_.faults.strikes(Fault::internal_error);
  bool not_done = internal && ties_.faults.draw(Fault::internal_error, 2) == 0;
  Result<Response> answered =
      not_done ? Failure(error_of(ErrorKind::unknown_outcome, "InternalError", "lost")) : answer(request);
  if (internal) {
    ties_.wait(spread_of(request).draw(random_));
    return Failure(error_of(ErrorKind::unknown_outcome, "InternalError", "An internal error has occurred"));
  }
  if (ties_.faults.strikes(Fault::lost_reply)) return timed_out(kTimeout);
  ties_.wait(spread_of(request).draw(random_) / 2);
  return answered;
}

std::optional<Error> FaultyEc2::throttle(std::string_view action) {
  Error refusal = error_of(ErrorKind::throttled, "RequestLimitExceeded", "Request limit exceeded.");
  if (ties_.faults.strikes(Fault::throttled)) return refusal;
  if (!throttle_) return std::nullopt;
  ec2::ApiCall call{action};
  Time now = ties_.runtime.now();
  if (budget_.next_allowed(call, now) > now) return refusal;
  budget_.take(call, now);
  return std::nullopt;
}

std::optional<Error> FaultyEc2::not_visible_yet(const ec2::Request& request) {
  Time now = ties_.runtime.now();
  for (const auto& [id, code] : std::visit(Named(), request)) {
    auto born = made_.find(id);
    if (born == made_.end() || now - born->second >= kLongestLag) continue;
    if (ties_.faults.strikes(Fault::unknown_id)) return error_of(ErrorKind::not_found, code, id + " does not exist");
  }
  return std::nullopt;
}

void FaultyEc2::note_made(const ec2::Response& response) {
  Time now = ties_.runtime.now();
  auto made = [&](const std::string& id) { made_.emplace(id, now); };
  if (const auto* run = std::get_if<ec2::RunInstancesResponse>(&response)) {
    for (const auto& instance : run->instances) {
      made(instance.instance_id.str());
      for (const auto& device : instance.block_device_mappings) made(device.volume_id.str());
    }
  } else if (const auto* volume = std::get_if<ec2::CreateVolumeResponse>(&response)) {
    made(volume->volume.volume_id.str());
  } else if (const auto* snapshot = std::get_if<ec2::CreateSnapshotResponse>(&response)) {
    made(snapshot->snapshot.snapshot_id.str());
  } else if (const auto* image = std::get_if<ec2::RegisterImageResponse>(&response)) {
    made(image->image_id.str());
  } else if (const auto* interface = std::get_if<ec2::CreateNetworkInterfaceResponse>(&response)) {
    made(interface->network_interface.network_interface_id.str());
  }
  std::erase_if(made_, [&](const auto& entry) { return now - entry.second > kLongestLag; });
}

Result<ec2::Response> FaultyEc2::answer(const ec2::Request& request) {
  if (auto unseen = not_visible_yet(request)) return Failure(std::move(*unseen));
  const auto* run = std::get_if<ec2::RunInstancesRequest>(&request);
  if (run != nullptr && !tokens_done_.contains(run->client_token) && ties_.faults.strikes(Fault::no_capacity)) {
    return Failure(error_of(ErrorKind::no_capacity, "InsufficientInstanceCapacity", "There is no capacity just now."));
  }
  auto answered = ties_.inner.perform(request);
  if (ec2::mutates(request)) {
    if (answered) note_made(*answered);
    if (answered && run != nullptr) tokens_done_.insert(run->client_token);
    if (answered && ties_.done) ties_.done();
    return answered;
  }
  if (!answered) return answered;
  Time now = ties_.runtime.now();
  looks_.distort(*answered, now, kLongestLag, [&](const std::string& id, bool has_former) {
    auto born = made_.find(id);
    bool young = born != made_.end() && now - born->second < kLongestLag;
    if (young && ties_.faults.strikes(Fault::missing_describe)) return cloud::FormerLooks::Shown::hidden;
    if (has_former && ties_.faults.strikes(Fault::stale_describe)) return cloud::FormerLooks::Shown::former;
    return cloud::FormerLooks::Shown::now;
  });
  return answered;
}

// What these show is not distorted: what of it matters shows in the instances' listing, too.
Result<ec2::FurtherResponse> FaultyEc2::answer(const ec2::FurtherRequest& request) {
  auto answered = ec2::perform_further(ties_.inner, request);
  if (answered && ec2::mutates(request) && ties_.done) ties_.done();
  return answered;
}

}  // namespace holdfast::sim
