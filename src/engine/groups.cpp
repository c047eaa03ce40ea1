#include "engine/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "core/interfaces.h"
#include "engine/address.h"
#include "engine/tags.h"

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 1000;
constexpr char kSubnetField[] = "privateIpPool.subnetId";

std::string address_field(size_t index) {
  return fmt::format("privateIpPool.addresses[{}]", index);
}

Error fault(std::string field, std::string message) {
  return {ErrorKind::invalid, "INVALID_FIELD", std::move(message), std::move(field)};
}

std::set<std::string> held(const std::vector<SharedView>& all) {
  std::set<std::string> addresses;
  for (const SharedView& view : all) {
    addresses.insert(view->state.pool_address);
    if (view->state.interface) addresses.insert(view->state.interface->ip);
  }
  return addresses;
}

// Its interface has it: whoever was promised it cannot have it.
bool another_has(const std::string& address, const ManagedInstanceId& self, const std::vector<SharedView>& all) {
  return std::any_of(all.begin(), all.end(), [&](const SharedView& view) {
    return view->id != self && view->state.interface && view->state.interface->ip == address;
  });
}

std::string first_free(const model::Group& group, const std::set<std::string>& taken) {
  if (!group.pool) return {};
  for (const std::string& address : group.pool->addresses) {
    if (!taken.contains(address)) return address;
  }
  return {};
}

Failure not_asked(Error error) {
  error.message = "the cloud could not be asked, so nothing was changed; ask again (" + error.message + ")";
  error.kind = ErrorKind::unavailable;
  error.field.clear();
  return Failure(std::move(error));
}

// The subnet's block; nothing if there is no such subnet.
Result<std::optional<Block>> block_of(ec2::Ec2& ec2, const SubnetId& id) {
  ec2::DescribeSubnetsRequest request;
  request.subnet_ids = {id};
  auto answer = ec2.call(request);
  if (!answer) {
    bool unknown = answer.error().kind == ErrorKind::not_found || answer.error().kind == ErrorKind::invalid;
    if (unknown) return std::optional<Block>();
    return not_asked(answer.error());
  }
  if (answer->subnets.empty()) return std::optional<Block>();
  return Block::parse(answer->subnets.front().cidr_block);
}

// By address: the interface that has it.
Result<std::map<std::string, ec2::NetworkInterface>> occupied(ec2::Ec2& ec2, const SubnetId& subnet) {
  std::map<std::string, ec2::NetworkInterface> found;
  ec2::DescribeNetworkInterfacesRequest request;
  request.filters = {{"subnet-id", {subnet.str()}}};
  for (int page = 0; page < kMostPages; ++page) {
    auto answer = ec2.call(request);
    if (!answer) return not_asked(answer.error());
    for (ec2::NetworkInterface& interface : answer->network_interfaces) {
      found.emplace(interface.private_ip_address, std::move(interface));
    }
    if (answer->next_token.empty()) return found;
    request.next_token = answer->next_token;
  }
  return fail(ErrorKind::unavailable, "EndlessListing", "DescribeNetworkInterfaces does not come to an end");
}

// What is wrong with the address; empty if nothing.
std::string out_of_place(const std::string& address, const Block& block, const SubnetId& subnet) {
  auto ip = parse_ipv4(address);
  if (!ip || !block.contains(*ip)) return fmt::format("{} is not in subnet {}", address, subnet.str());
  if (!block.reserved(*ip)) return {};
  return fmt::format("{} is one of those that EC2 keeps to itself: the first four of a subnet and the last", address);
}

std::string taken_by_another(const std::string& address, const std::map<std::string, ec2::NetworkInterface>& taken,
                             const std::set<ManagedInstanceId>& own) {
  auto holder = taken.find(address);
  if (holder == taken.end()) return {};
  auto owner = owner_of(holder->second.tag_set);
  if (owner && own.contains(*owner)) return {};
  return fmt::format("{} is taken by {}; name a free one, or delete that interface", address,
                     holder->second.network_interface_id.str());
}

const GroupView* other_with(const std::string& address, const SubnetId& subnet, const std::vector<GroupView>& others) {
  for (const GroupView& other : others) {
    if (other.group.pool && other.group.pool->subnet == subnet && other.group.has_address(address)) return &other;
  }
  return nullptr;
}

}  // namespace

GroupView view_of(const StoredGroup& stored) {
  auto group = model::read_group(stored.document);
  CHECK(group.has_value());
  return {stored.id, stored.document, std::move(*group), stored.created_at, stored.updated_at};
}

std::vector<SharedView> members_of(const GroupId& group, const std::vector<SharedView>& all) {
  std::vector<SharedView> members;
  for (const SharedView& view : all) {
    if (view->spec.group == group && view->state.goal != model::Goal::deleted) members.push_back(view);
  }
  return members;
}

std::string free_address(const model::Group& group, const std::vector<SharedView>& all) {
  return first_free(group, held(all));
}

std::vector<Gift> gifts(const GroupView& group, const std::vector<SharedView>& all) {
  std::set<std::string> taken = held(all);
  std::vector<Gift> gifts;
  const SubnetId subnet = group.group.pool ? group.group.pool->subnet : SubnetId();
  for (const SharedView& member : members_of(group.id, all)) {
    const model::State& state = member->state;
    const std::vector<SubnetId>& subnets = member->spec.compute.subnet_ids;
    const bool reached = std::find(subnets.begin(), subnets.end(), subnet) != subnets.end();
    const std::string& present = state.pool_address;
    const bool fits = reached && group.group.has_address(present) && !another_has(present, member->id, all);
    if (!core::may_change_address(state) || fits) continue;
    std::string address = reached ? first_free(group.group, taken) : std::string();
    if (address == state.pool_address) continue;  // none before, none now
    taken.insert(address);
    gifts.push_back({member->id, {address, address.empty() ? SubnetId() : subnet}});
  }
  return gifts;
}

void mark_holder(model::Surroundings& surroundings, const std::string& address) {
  auto ip = parse_ipv4(address);
  if (!ip) return;
  for (model::SubnetFacts& subnet : surroundings.subnets) {
    auto block = Block::parse(subnet.cidr);
    if (block && block->contains(*ip)) subnet.holds_address = true;
  }
}

model::Checked<void> inspect_pool(ec2::Ec2& ec2, const model::Group& group, const std::optional<GroupView>& before,
                                  const std::vector<GroupView>& others, const std::vector<SharedView>& members) {
  if (!group.pool) return {};
  const SubnetId& subnet = group.pool->subnet;
  auto block = block_of(ec2, subnet);
  if (!block) return tl::unexpected(model::Faults{{block.error()}});
  model::Faults faults;
  if (!*block) {
    faults.errors.push_back(
        fault(kSubnetField, fmt::format("there is no subnet {}; name one that DescribeSubnets lists", subnet.str())));
    return tl::unexpected(std::move(faults));
  }
  auto taken = occupied(ec2, subnet);
  if (!taken) return tl::unexpected(model::Faults{{taken.error()}});
  std::set<ManagedInstanceId> own;
  for (const SharedView& member : members) own.insert(member->id);
  for (size_t i = 0; i < group.pool->addresses.size(); ++i) {
    const std::string& address = group.pool->addresses[i];
    std::string wrong = out_of_place(address, **block, subnet);
    if (const GroupView* other = other_with(address, subnet, others); wrong.empty() && other != nullptr) {
      wrong = fmt::format("{} is in the pool of group {} ({}) already", address, other->id.str(), other->group.name);
    }
    bool had = before && before->group.has_address(address);
    if (wrong.empty() && !had) wrong = taken_by_another(address, *taken, own);
    if (!wrong.empty()) faults.errors.push_back(fault(address_field(i), std::move(wrong)));
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return {};
}

}  // namespace holdfast::engine
