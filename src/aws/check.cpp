#include "aws/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/check_probes.h"
#include "aws/service_quotas.h"
#include "aws/sqs.h"
#include "aws/sts.h"
#include "base/text.h"

namespace holdfast::aws {
namespace {

constexpr char kPolicyRemedy[] = "attach the policy that `holdfast aws policy` prints to the user or role";

bool is_unreached(const Error& error) {
  return error.kind == ErrorKind::unavailable ||
         (error.kind == ErrorKind::unknown_outcome && !error.code.starts_with("Internal"));
}

class Examiner {
 public:
  Examiner(Session& session, const CheckOptions& options, std::stop_token stop)
      : session_(session), options_(options), stop_(std::move(stop)) {}

  Examination run();

 private:
  void add(std::string about, Verdict verdict, std::string detail, std::string remedy = {}) {
    seen_.findings.push_back({std::move(about), verdict, std::move(detail), std::move(remedy)});
  }
  bool find_endpoint();
  bool find_keys();
  bool identify();
  void look_at_subnets();
  void look_at_images();
  void look_at_ours();
  void try_rights();
  Finding judge(const Probe& probe);
  void look_at_limits();
  void look_at_quota(const std::string& about, const std::string& code);
  void look_at_queue();

  template <class R, class Item>
  std::vector<Item> ours(std::vector<Item> R::Response::*items);

  Session& session_;
  const CheckOptions& options_;
  const std::stop_token stop_;
  std::unique_ptr<QueryClient> ec2_;
  Examination seen_;
  Facts facts_;
  bool ignores_dry_runs_ = false;
};

Examination Examiner::run() {
  seen_.region = session_.region();
  if (!find_endpoint() || !find_keys() || !identify()) return std::move(seen_);
  look_at_subnets();
  look_at_images();
  look_at_ours();
  try_rights();
  look_at_limits();
  look_at_queue();
  return std::move(seen_);
}

bool Examiner::find_endpoint() {
  auto ec2 = session_.ec2();
  if (!ec2) {
    add("endpoint", Verdict::missing, describe(ec2.error()), "name the endpoint with --endpoint-url, or leave it out");
    return false;
  }
  ec2_ = std::move(*ec2);
  seen_.endpoint = ec2_->service().endpoint().url;
  return true;
}

bool Examiner::find_keys() {
  auto keys = session_.credentials().get(stop_);
  if (keys) {
    add("keys", Verdict::ok, keys->source);
    return true;
  }
  add("keys", Verdict::missing, describe(keys.error()),
      "give keys as to AWS's own tools: a role of this machine, --profile, or AWS_ACCESS_KEY_ID and "
      "AWS_SECRET_ACCESS_KEY");
  return false;
}

// False: nothing else can be learned.
bool Examiner::identify() {
  auto options = session_.service("sts");
  Result<Caller> caller;
  if (options) {
    QueryService sts(std::move(*options), session_.http(), &session_.credentials(), session_.now());
    caller = caller_identity(sts, stop_);
  } else {
    caller = Failure(options.error());
  }
  if (caller) {
    seen_.account = caller->account, seen_.who = caller->arn;
    add("identity", Verdict::ok, caller->arn);
    return true;
  }
  const std::string why = describe(caller.error());
  if (caller.error().kind == ErrorKind::denied) {
    add("identity", Verdict::missing, why, "these keys are wrong, expired or of another cloud: get new ones");
    return false;
  }
  if (is_unreached(caller.error())) {
    seen_.reached = false;
    add("endpoint", Verdict::missing, why,
        "look at --endpoint-url, --region, the proxy and the way out of this network");
    return false;
  }
  add("identity", Verdict::unsure, why);
  return true;
}

// ---- what is there

void Examiner::look_at_subnets() {
  ec2::DescribeSubnetsRequest request;
  request.subnet_ids = options_.subnets;
  auto answer = ec2_->call(request);
  if (!answer) {
    const bool unknown = answer.error().kind == ErrorKind::not_found;
    add("subnets", unknown ? Verdict::missing : Verdict::unsure, describe(answer.error()),
        unknown ? "name subnets of this region and account" : "");
    return;
  }
  std::set<std::string> zones;
  int free = 0;
  for (const ec2::Subnet& subnet : answer->subnets) {
    if (!options_.subnets.empty() && subnet.available_ip_address_count == 0)
      add("subnets", Verdict::missing, subnet.subnet_id.str() + " has no free address",
          "name another subnet, or free addresses");
    if (subnet.state != "available" || subnet.available_ip_address_count == 0) continue;
    zones.insert(subnet.availability_zone);
    free += subnet.available_ip_address_count;
    if (!facts_.subnet || subnet.default_for_az) facts_.subnet = subnet;
  }
  const std::string found = fmt::format("{} in {} zone{}, {} free addresses", answer->subnets.size(), zones.size(),
                                        zones.size() == 1 ? "" : "s", free);
  if (facts_.subnet) {
    add("subnets", Verdict::ok, found);
  } else {
    add("subnets", Verdict::missing, found, "make a VPC with a subnet: aws ec2 create-default-vpc");
  }
}

void Examiner::look_at_images() {
  ec2::DescribeImagesRequest request;
  request.image_ids = options_.images;
  if (options_.images.empty()) {  // any, to try a launch with
    request.owners = {"amazon"};
    request.filters = {{"state", {"available"}}, {"architecture", {"x86_64"}}, {"root-device-type", {"ebs"}}};
    request.max_results = 100;
  }
  auto answer = ec2_->call(request);
  if (answer && !answer->images.empty()) facts_.image = answer->images.front().image_id;
  if (options_.images.empty()) return;
  if (!answer) {
    const bool unknown = answer.error().kind == ErrorKind::not_found;
    add("images", unknown ? Verdict::missing : Verdict::unsure, describe(answer.error()),
        unknown ? "name images that this account sees in this region" : "");
    return;
  }
  for (const ec2::Image& image : answer->images) {
    const bool good = image.state == "available";
    add("images", good ? Verdict::ok : Verdict::missing, fmt::format("{} is {}", image.image_id.str(), image.state),
        good ? "" : "name an image that is available");
  }
}

// What carries our tag; nothing where it cannot be read (its right is looked at by itself).
template <class R, class Item>
std::vector<Item> Examiner::ours(std::vector<Item> R::Response::*items) {
  constexpr int kEnough = 200;  // one that fits is looked for, not all
  R request;
  request.filters = {{std::string("tag:") + kOwnerTag, {kOwnerValues}}};
  request.max_results = kEnough;
  auto answer = ec2_->call(request);
  return answer ? std::move(*answer.*items) : std::vector<Item>();
}

void Examiner::look_at_ours() {
  for (const auto& one : ours<ec2::DescribeInstancesRequest>(&ec2::DescribeInstancesResponse::instances)) {
    if (one.state == "running") facts_.running = one;
    if (one.state == "terminated") facts_.terminated = one.instance_id;
  }
  for (const auto& one : ours<ec2::DescribeVolumesRequest>(&ec2::DescribeVolumesResponse::volumes)) {
    if (one.state == "in-use" && !one.attachments.empty()) facts_.attached = one;
  }
  for (const auto& one :
       ours<ec2::DescribeNetworkInterfacesRequest>(&ec2::DescribeNetworkInterfacesResponse::network_interfaces)) {
    if (one.status == "in-use" && one.attachment) facts_.interface = one;
  }
  for (const auto& one : ours<ec2::DescribeImagesRequest>(&ec2::DescribeImagesResponse::images)) {
    for (const auto& device : one.block_device_mappings) {
      if (one.state == "available" && device.ebs && device.ebs->snapshot_id) facts_.held = device.ebs->snapshot_id;
    }
  }
}

// ---- what we may

Finding Examiner::judge(const Probe& probe) {
  Finding finding{probe.action, Verdict::ok, "may", {}};
  const auto say = [&](Verdict verdict, std::string detail, std::string remedy = {}) {
    finding.verdict = verdict, finding.detail = std::move(detail), finding.remedy = std::move(remedy);
    return finding;
  };
  if (probe.mutates() && ignores_dry_runs_)
    return say(Verdict::unsure, "not tried: this endpoint does not know dry runs");
  auto rights = std::visit([&](const auto& request) { return ec2_->check_rights(request); }, probe.request);
  if (rights) return finding;
  const Error& error = rights.error();
  const char* unproven = probe.spares_ours
                             ? "not tried on an image of ours, as only the dry run would hold it back"
                             : "only to be seen on a thing of ours: check again once there is a managed instance";
  if (error.code == "DryRunIgnored") {
    ignores_dry_runs_ = true;
    return say(probe.mutates() ? Verdict::missing : Verdict::unsure, error.message,
               "use an endpoint that knows DryRun");
  }
  if (error.kind == ErrorKind::denied)
    return probe.lacks_ours ? say(Verdict::unsure, unproven) : say(Verdict::missing, describe(error), kPolicyRemedy);
  if (error.code.starts_with("AuthFailure.ServiceLinkedRole"))
    return say(Verdict::missing, describe(error),
               "make the role once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com");
  // Rights come before states.
  if (error.kind == ErrorKind::conflict && !probe.lacks_ours) return finding;
  if (error.kind == ErrorKind::not_found) return say(Verdict::unsure, unproven);
  if (error.code == "UnsupportedOperation" || error.code == "InvalidAction")
    return say(Verdict::missing, describe(error), "use an endpoint that has this action");
  return say(Verdict::unsure, describe(error));
}

// What only reads goes first: it shows whether the endpoint knows dry runs at all.
void Examiner::try_rights() {
  PolicyOptions wanted;
  wanted.features = options_.features;
  std::vector<Probe> probes = probes_for(policy_actions(wanted), facts_);
  std::stable_partition(probes.begin(), probes.end(), [](const Probe& probe) { return !probe.mutates(); });
  for (const Probe& probe : probes) {
    if (!stop_.stop_requested()) seen_.findings.push_back(judge(probe));
  }
  if (options_.features.contains(Feature::first_spot))
    add("iam:CreateServiceLinkedRole", Verdict::unsure, "cannot be tried without doing it");
  if (options_.features.contains(Feature::instance_profile))
    add("iam:PassRole", Verdict::unsure, "cannot be tried without a profile; a document that names one is tried by it");
}

void Examiner::look_at_limits() {
  auto answer = ec2_->call_further(ec2::DescribeAccountAttributesRequest());
  if (answer) {
    std::vector<std::string> limits;
    for (const ec2::AccountAttribute& one : answer->account_attributes) {
      if (one.attribute_name.find("max-") != std::string::npos)
        limits.push_back(fmt::format("{} {}", one.attribute_name, join(one.attribute_values, ",")));
    }
    add("limits", Verdict::ok, join(limits, "; "));
  } else {
    add("limits", Verdict::unsure, describe(answer.error()));
  }
  look_at_quota("spot quota", kSpotQuota);
  look_at_quota("on-demand quota", kOnDemandQuota);
}

// The right to ask is not in the policy: the service itself has no need of it.
void Examiner::look_at_quota(const std::string& about, const std::string& code) {
  Result<double> quota;
  auto options = session_.service("servicequotas");
  if (options) {
    QueryService quotas(std::move(*options), session_.http(), &session_.credentials(), session_.now());
    quota = ec2_quota(quotas, code, stop_);
  } else {
    quota = Failure(options.error());
  }
  if (!quota) {
    return add(about, Verdict::unsure,
               fmt::format("{}; asking needs the right servicequotas:GetServiceQuota (quota {} of ec2)",
                           describe(quota.error()), code));
  }
  if (*quota >= 1) return add(about, Verdict::ok, fmt::format("{:.0f} vCPUs of standard instances", *quota));
  add(about, Verdict::missing, "no vCPU of standard instances",
      "ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code " + code +
          " --desired-value 64");
}

void Examiner::look_at_queue() {
  if (options_.queue.empty()) {
    add("event queue", Verdict::unsure, "none named (--queue): without one, notices are found only by looking");
    return;
  }
  auto queue = Sqs::open(session_, options_.queue, stop_);
  Result<int64_t> waiting;
  if (queue)
    waiting = (*queue)->waiting(stop_);
  else
    waiting = Failure(queue.error());
  if (waiting) {
    add("event queue", Verdict::ok, fmt::format("{} events wait; taking them out was not tried", *waiting));
    return;
  }
  const Error& error = waiting.error();
  if (is_unreached(error)) return add("event queue", Verdict::unsure, describe(error));
  add("event queue", Verdict::missing, describe(error),
      error.kind == ErrorKind::denied ? kPolicyRemedy
                                      : "make the queue, and an EventBridge rule for EC2's events that leads to it");
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::missing:
      return "missing";
    case Verdict::unsure:
      return "unsure";
  }
  return "unsure";
}

bool Examination::complete() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& one) { return one.verdict == Verdict::missing; });
}

Examination examine(Session& session, const CheckOptions& options, std::stop_token stop) {
  return Examiner(session, options, std::move(stop)).run();
}

}  // namespace holdfast::aws
