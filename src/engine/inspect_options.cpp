#include "engine/inspect_options.h"

#include <functional>
#include <vector>

#include "engine/perform.h"
#include "engine/tags.h"

namespace holdfast::engine {

namespace {

// An option that a cloud may not offer: its field, and how it is set in a launch that has none else.
struct Option {
  std::string field;
  std::function<void(model::LaunchOptions&)> set;
};

std::vector<Option> options_to_try(const model::LaunchOptions& wanted) {
  std::vector<Option> options;
  auto add = [&](bool is_wanted, const std::string& field, auto set) {
    if (is_wanted) options.push_back({fmt::format("{}.{}", kLaunchSpecification, field), set});
  };
  add(wanted.tenancy == "dedicated", "tenancy", [&](auto& o) { o.tenancy = wanted.tenancy; });
  add(!wanted.profile_name.empty(), "iamRole.name", [&](auto& o) { o.profile_name = wanted.profile_name; });
  add(!wanted.profile_arn.empty(), "iamRole.arn", [&](auto& o) { o.profile_arn = wanted.profile_arn; });
  add(wanted.public_ip.value_or(false), "networkInterfaces[0].associatePublicIpAddress",
      [](auto& o) { o.public_ip = true; });
  return options;
}

// As the first launch would be, without the options. Nothing is made.
ec2::RunInstancesRequest trial(const model::Spec& spec, const Own& own, const model::Surroundings& facts,
                               const model::LaunchOptions& options) {
  model::LaunchInstance launch;
  const std::vector<std::string>& types = facts.types.empty() ? spec.compute.instance_types : facts.types;
  launch.market = {types.front(), facts.subnets.front().id, facts.subnets.front().zone, spec.strategy.life_cycle};
  launch.image = spec.compute.image_id;
  launch.security_group_ids = spec.compute.security_group_ids;
  launch.options = options;
  // Whose it would be: rights may hang on the tags.
  const ManagedInstanceId id = own.id.value_or(ManagedInstanceId("smi-00000000"));
  ec2::RunInstancesRequest request = launch_request(id, "trial", launch);
  request.dry_run = true;
  return request;
}

bool would_do(const Error& error) {
  return error.code == "DryRunOperation";
}

Result<void> try_options(const Inquiry& inquiry, const model::Spec& spec, const Own& own,
                         const model::Surroundings& facts) {
  const std::vector<Option> options = options_to_try(spec.compute.options);
  if (options.empty() || !inquiry.faults.errors.empty()) return {};  // a trial of what is faulty tells nothing
  auto plain = inquiry.ec2.call(trial(spec, own, facts, {}));
  if (plain || !would_do(plain.error())) return {};  // refused for another reason: nothing is told of an option
  for (const Option& option : options) {
    model::LaunchOptions only;
    option.set(only);
    auto answer = inquiry.ec2.call(trial(spec, own, facts, only));
    if (answer || would_do(answer.error())) continue;
    const Error& error = answer.error();
    bool about_it = error.kind == ErrorKind::invalid || error.kind == ErrorKind::not_found ||
                    error.kind == ErrorKind::denied || error.code == "Unsupported";
    if (about_it) {
      inquiry.fault(option.field, fmt::format("the cloud would refuse a launch with it ({}: {}); leave it out, or mend "
                                              "what it says",
                                              error.code, error.message));
    }
  }
  return {};
}

Result<void> look_at_key_pair(const Inquiry& inquiry, const std::string& name) {
  if (name.empty()) return {};
  ec2::DescribeKeyPairsRequest request;
  request.key_names = {name};
  HF_TRY(auto answer, inquiry.ask_further(request));
  if (answer && !answer->key_pairs.empty()) return {};
  inquiry.fault(
      fmt::format("{}.keyPair", kLaunchSpecification),
      fmt::format("there is no key pair {} in this region; name one that DescribeKeyPairs lists, or import it", name));
  return {};
}

}  // namespace

Result<void> look_at_options(const Inquiry& inquiry, const model::Spec& spec, const Own& own,
                             const model::Surroundings& facts) {
  HF_TRY_VOID(look_at_key_pair(inquiry, spec.compute.options.key_pair));
  return try_options(inquiry, spec, own, facts);
}

namespace {

// By itself already: on its own interface, or on an instance of its own.
Result<bool> is_own(const Inquiry& inquiry, const ec2::Address& address, const Own& own) {
  if (own.interface && address.network_interface_id == *own.interface) return true;
  if (!own.id || address.instance_id.empty()) return false;
  ec2::DescribeInstancesRequest request;
  request.instance_ids = {address.instance_id};
  HF_TRY(auto answer, inquiry.ask(request));
  return answer && !answer->instances.empty() && owner_of(answer->instances.front().tags) == own.id;
}

}  // namespace

Result<std::string> look_at_elastic_ip(const Inquiry& inquiry, const model::Spec& spec, const Own& own) {
  const std::string& wanted = spec.compute.elastic_ip;
  if (wanted.empty()) return std::string();
  ec2::DescribeAddressesRequest request;
  request.allocation_ids = {wanted};
  HF_TRY(auto answer, inquiry.ask_further(request));
  if (!answer || answer->addresses.empty()) {
    inquiry.fault("compute.elasticIp",
                  fmt::format("there is no elastic address {}; name one that DescribeAddresses lists", wanted));
    return std::string();
  }
  const ec2::Address& address = answer->addresses.front();
  HF_TRY(bool own_already, is_own(inquiry, address, own));
  if (!address.association_id.empty() && !own_already) {
    inquiry.fault(
        "compute.elasticIp",
        fmt::format("{} ({}) is associated with {}; disassociate it first, or name another", wanted, address.public_ip,
                    address.instance_id.empty() ? address.network_interface_id.str() : address.instance_id.str()));
    return std::string();
  }
  return address.public_ip;
}

}  // namespace holdfast::engine
