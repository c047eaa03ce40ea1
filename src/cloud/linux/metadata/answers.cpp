#include "cloud/linux/metadata/answers.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <set>

#include "base/text.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int64_t longest_token_seconds = 21'600;
constexpr const char* account = "000000000000";  // the local cloud has no accounts

http::Response text_answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain"}, {"Server", "EC2ws"}};
  response.body = std::move(body);
  return response;
}

// EC2 writes these times without a fraction.
std::string seconds_text(Time time) {
  const std::string text = to_iso(time);
  return text.substr(0, text.find_first_of(".Z")) + "Z";
}

std::string bare(const std::string& device) {
  return device.starts_with("/dev/") ? device.substr(5) : device;
}

using Tree = std::map<std::string, std::string>;

void add_spot(Tree& tree, const MachineFacts& facts) {
  const std::string meta = "meta-data/";
  if (facts.notice) {
    const boost::json::object action = {{"action", facts.notice->action}, {"time", seconds_text(facts.notice->at)}};
    tree[meta + "spot/instance-action"] = boost::json::serialize(action);
    if (facts.notice->action == "terminate") tree[meta + "spot/termination-time"] = seconds_text(facts.notice->at);
  }
  if (facts.rebalance) {
    const boost::json::object notice = {{"noticeTime", seconds_text(*facts.rebalance)}};
    tree[meta + "events/recommendations/rebalance"] = boost::json::serialize(notice);
  }
}

void add_interfaces(Tree& tree, const MachineFacts& facts) {
  for (size_t i = 0; i < facts.spec.interfaces.size(); ++i) {
    const auto& interface = facts.spec.interfaces[i];
    const std::string base = "meta-data/network/interfaces/macs/" + interface.mac + "/";
    tree[base + "device-number"] = std::to_string(i);
    tree[base + "interface-id"] = interface.id.str();
    tree[base + "local-ipv4s"] = interface.ip;
    tree[base + "mac"] = interface.mac;
    tree[base + "subnet-id"] = interface.subnet.str();
    if (i < facts.cidrs.size()) tree[base + "subnet-ipv4-cidr-block"] = facts.cidrs[i];
  }
}

void add_volumes(Tree& tree, const MachineSpec& spec) {
  const std::string base = "meta-data/block-device-mapping/";
  tree[base + "ami"] = bare(spec.root_device);
  tree[base + "root"] = spec.root_device;
  int number = 0;
  for (const auto& volume : spec.volumes) {
    if (volume.device != spec.root_device) tree[base + fmt::format("ebs{}", ++number)] = bare(volume.device);
  }
}

std::string identity_document(const MachineSpec& spec) {
  const boost::json::object document = {{"accountId", account},
                                        {"architecture", "x86_64"},
                                        {"availabilityZone", spec.identity.availability_zone},
                                        {"imageId", spec.identity.image.str()},
                                        {"instanceId", spec.id.str()},
                                        {"instanceType", spec.identity.instance_type},
                                        {"privateIp", spec.interfaces.empty() ? "" : spec.interfaces[0].ip},
                                        {"region", spec.identity.region},
                                        {"version", "2017-09-30"}};
  return boost::json::serialize(document);
}

// The names directly below a folder, as EC2 lists them: folders end with a slash. Empty if there is no such folder.
std::string listing(const Tree& tree, const std::string& folder) {
  std::set<std::string> names;
  for (auto entry = tree.lower_bound(folder); entry != tree.end() && entry->first.starts_with(folder); ++entry) {
    const std::string rest = entry->first.substr(folder.size());
    const size_t slash = rest.find('/');
    names.insert(slash == std::string::npos ? rest : rest.substr(0, slash + 1));
  }
  return join({names.begin(), names.end()}, "\n");
}

http::Response get(const MachineFacts& facts, const std::string& path) {
  if (path == "/") return text_answer(200, "latest");
  constexpr std::string_view version = "/latest";
  if (!path.starts_with(version)) return text_answer(404, "not found\n");
  std::string below = path.substr(version.size());
  if (!below.empty() && below[0] != '/') return text_answer(404, "not found\n");
  below.erase(0, 1);
  const Tree tree = metadata_tree(facts);
  if (const auto leaf = tree.find(below); leaf != tree.end()) return text_answer(200, leaf->second);
  if (!below.empty() && !below.ends_with('/')) below += '/';
  std::string names = listing(tree, below);
  if (names.empty()) return text_answer(404, "not found\n");
  return text_answer(200, std::move(names));
}

http::Response put_token(const MachineFacts& facts, const TokenKey& key, Time now, const http::Request& request) {
  // A token asked for through a proxy would be a proxy's mistake: EC2 refuses it.
  if (request.header("x-forwarded-for")) return text_answer(403, "forwarded requests get no token\n");
  const auto seconds = parse_int(request.header("x-aws-ec2-metadata-token-ttl-seconds").value_or(""));
  if (!seconds || *seconds < 1 || *seconds > longest_token_seconds) {
    return text_answer(400, "X-aws-ec2-metadata-token-ttl-seconds must be from 1 to 21600\n");
  }
  auto response = text_answer(200, key.issue(facts.spec.id, now + std::chrono::seconds(*seconds)));
  response.headers.emplace_back("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", std::to_string(*seconds));
  return response;
}

}  // namespace

std::string host_name(const MachineSpec& spec) {
  std::string name = "ip-" + (spec.interfaces.empty() ? std::string("0-0-0-0") : spec.interfaces[0].ip);
  for (char& c : name) {
    if (c == '.') c = '-';
  }
  return name;
}

std::string full_host_name(const MachineSpec& spec) {
  return host_name(spec) + "." + spec.identity.region + ".compute.internal";
}

std::map<std::string, std::string> metadata_tree(const MachineFacts& facts) {
  const MachineSpec& spec = facts.spec;
  const std::string meta = "meta-data/";
  Tree tree;
  tree[meta + "ami-id"] = spec.identity.image.str();
  tree[meta + "hostname"] = tree[meta + "local-hostname"] = full_host_name(spec);
  tree[meta + "instance-action"] = "none";
  tree[meta + "instance-id"] = spec.id.str();
  tree[meta + "instance-life-cycle"] = spec.identity.life_cycle;
  tree[meta + "instance-type"] = spec.identity.instance_type;
  if (!spec.interfaces.empty()) {
    tree[meta + "local-ipv4"] = spec.interfaces[0].ip;
    tree[meta + "mac"] = spec.interfaces[0].mac;
  }
  tree[meta + "placement/availability-zone"] = spec.identity.availability_zone;
  tree[meta + "placement/region"] = spec.identity.region;
  tree[meta + "services/domain"] = "amazonaws.com";
  for (const auto& [name, value] : spec.identity.tags) {
    if (name.find('/') == std::string::npos) tree[meta + "tags/instance/" + name] = value;
  }
  add_spot(tree, facts);
  add_interfaces(tree, facts);
  add_volumes(tree, spec);
  tree["dynamic/instance-identity/document"] = identity_document(spec);
  if (!spec.user_data.empty()) tree["user-data"] = spec.user_data;
  return tree;
}

http::Response answer(const MachineFacts& facts, const TokenKey& key, Time now, const http::Request& request) {
  if (request.method == "PUT" && request.path == "/latest/api/token") return put_token(facts, key, now, request);
  if (request.method != "GET" && request.method != "HEAD") return text_answer(405, "only GET here\n");
  const auto token = request.header("x-aws-ec2-metadata-token");
  if (token && !key.valid(*token, facts.spec.id, now)) return text_answer(401, "the token is not valid\n");
  if (!token && facts.spec.imds_tokens_required) {
    return text_answer(401, "a token is required: PUT /latest/api/token first\n");
  }
  return get(facts, request.path);
}

}  // namespace holdfast::cloud::linux_
