#include "sim/virtual_cloud.h"

#include <algorithm>

#include "base/check.h"
#include "ec2/budgeted.h"
#include "sim/virtual_workers.h"

namespace holdfast::sim {

namespace {

// Of a request within the region. EC2 counts it when it comes in; most of what a caller waits comes after that.
constexpr Spread kWay{std::chrono::milliseconds(15), std::chrono::milliseconds(150)};

// Another seed for each name, the same for the same.
uint64_t seed_of(uint64_t seed, const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

VirtualCloud::VirtualCloud(Options options)
    : options_(options),
      faults_(options.seed, FaultPlan{}, std::nullopt),
      guests_(options.seed),
      substrate_(time_, faults_, guests_, *this, options.seed) {
  substrate_.draw_by([this](Takes what, const std::string& thing) { return draw(what, thing); });
  auto cloud = cloud::Cloud::open(cloud_options(options.seed), substrate_, time_);
  CHECK(cloud);
  cloud_ = std::move(*cloud);
  settle();
  cloud_->listen([this](const ec2::CloudEvent& event) {
    if (listener_) listener_(event);
  });
}

// Until what was just begun is done: the first image, a subnet.
void VirtualCloud::settle() {
  const Time end = time_.now() + std::chrono::seconds(10);
  while (time_.next() && *time_.next() <= end) {
    time_.advance_to(*time_.next());
    time_.run_due();
  }
}

VirtualCloud::~VirtualCloud() {
  cloud_->listen({});
}

Network VirtualCloud::make_network() {
  const std::string block = "10." + std::to_string(100 + networks_++) + ".0.0/16";
  ec2::CreateVpcRequest request;
  request.cidr_block = block;
  auto vpc = cloud_->perform_further(request);
  CHECK(vpc);
  Network made;
  ec2::CreateSubnetRequest subnet;
  subnet.vpc_id = std::get<ec2::CreateVpcResponse>(*vpc).vpc->vpc_id;
  subnet.cidr_block = block;
  auto answered = cloud_->call(subnet);
  CHECK(answered);
  made.subnet = answered->subnet.subnet_id;
  ec2::DescribeSecurityGroupsRequest groups;
  groups.filters = {{"vpc-id", {subnet.vpc_id.str()}}};
  auto found = cloud_->call(groups);
  CHECK(found && found->security_groups.size() == 1);
  made.security_group = found->security_groups.front().group_id;
  settle();
  return made;
}

void VirtualCloud::set_limits(bool throttling, int snapshots_under_way) {
  options_.throttling = throttling;
  options_.snapshots_under_way = snapshots_under_way;
}

Random& VirtualCloud::stream(const std::string& name) {
  return streams_.try_emplace(name, seed_of(options_.seed, name)).first->second;
}

Duration VirtualCloud::draw(Takes what, const std::string& thing) {
  if (!options_.latency) return Duration::zero();
  Duration took = spread_of(what).draw(stream("takes " + std::to_string(static_cast<int>(what))));
  drawn_.push_back({what, thing, time_.now(), took});
  return took;
}

CallTimes VirtualCloud::draw_call(const ec2::Request& request) {
  if (!options_.latency) return {};
  const std::string action(ec2::action_of(request));
  Duration whole = spread_of(request).draw(stream(action));
  Duration there = std::min(kWay.draw(stream("way of " + action)), whole);
  return {there, whole - there};
}

// The way there, what becomes of it, and the way back.
Result<ec2::Response> VirtualCloud::perform(const ec2::Request& request) {
  CpuMeter::Turn turn(meter_, CpuMeter::Side::world);
  const CallTimes times = draw_call(request);
  const Time asked = time_.now();
  VirtualWorkers::wait(times.there);
  Result<ec2::Response> answered = answer(request);
  if (options_.latency && ec2::mutates(request)) {
    drawn_calls_.push_back({std::string(ec2::action_of(request)), asked, times, !answered});
  }
  VirtualWorkers::wait(times.back);
  return answered;
}

Result<ec2::Response> VirtualCloud::answer(const ec2::Request& request) {
  Calls& calls = calls_[std::string(ec2::action_of(request))];
  ++calls.answered;
  auto refused = [&](Error error) {
    ++calls.refused[error.code];
    if (error.kind == ErrorKind::throttled) ++calls.throttled;
    return Failure(std::move(error));
  };
  if (auto limit = limited(request)) return refused(std::move(*limit));
  auto answered = cloud_->perform(request);
  if (!answered) return refused(std::move(answered).error());
  if (std::holds_alternative<ec2::CreateSnapshotResponse>(*answered)) {
    most_snapshots_ = std::max(most_snapshots_, ++snapshots_);
  }
  return answered;
}

std::optional<Error> VirtualCloud::limited(const ec2::Request& request) {
  const ec2::ApiCall call = ec2::api_call_of(request);
  const Time now = time_.now();
  if (options_.throttling) {
    if (budget_.next_allowed(call, now) > now) {
      return Error{ErrorKind::throttled, "RequestLimitExceeded", "Request limit exceeded.", {}};
    }
    budget_.take(call, now);
  }
  const int most = options_.snapshots_under_way;
  if (most > 0 && snapshots_ >= most && std::holds_alternative<ec2::CreateSnapshotRequest>(request)) {
    return Error{
        ErrorKind::throttled, "ConcurrentSnapshotLimitExceeded", "Too many snapshots of the account are pending.", {}};
  }
  return std::nullopt;
}

uint64_t VirtualCloud::calls_made() const {
  uint64_t sum = 0;
  for (const auto& [action, calls] : calls_) sum += calls.answered;
  return sum;
}

uint64_t VirtualCloud::calls_throttled() const {
  uint64_t sum = 0;
  for (const auto& [action, calls] : calls_) sum += calls.throttled;
  return sum;
}

void VirtualCloud::forget_figures() {
  calls_.clear();
  drawn_.clear();
  drawn_calls_.clear();
  most_snapshots_ = snapshots_;
}

}  // namespace holdfast::sim
