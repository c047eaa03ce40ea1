// Attributes of instances: monitoring (as data), the metadata service's options, DescribeInstanceAttribute.
#include <algorithm>

#include "base/text.h"
#include "cloud/lookup.h"
#include "cloud/rules_further.h"
#include "cloud/views.h"

namespace holdfast::cloud {

namespace {

Failure gone(const Instance& instance) {
  return ec2::ec2_fail("IncorrectInstanceState", "The instance '" + instance.id.str() + "' is " + instance.state + ".");
}

bool ending(const Instance& instance) {
  return instance.state == "shutting-down" || instance.state == "terminated";
}

Result<void> check_word(const std::string& word, const std::vector<std::string>& known, const std::string& field) {
  if (word.empty() || std::find(known.begin(), known.end(), word) != known.end()) return {};
  return bad_value(field + " is " + join(known, " or ") + ", not '" + word + "'.", field);
}

// What would be a promise without effect is refused: the machines' own init needs the service, and IPv6 there is none.
Result<void> check_options(const ec2::ModifyInstanceMetadataOptionsRequest& request) {
  constexpr int kMostHops = 64;
  HF_TRY_VOID(check_word(request.http_tokens, {"optional", "required"}, "HttpTokens"));
  HF_TRY_VOID(check_word(request.http_endpoint, {"enabled", "disabled"}, "HttpEndpoint"));
  HF_TRY_VOID(check_word(request.http_protocol_ipv6, {"enabled", "disabled"}, "HttpProtocolIpv6"));
  HF_TRY_VOID(check_word(request.instance_metadata_tags, {"enabled", "disabled"}, "InstanceMetadataTags"));
  int hops = request.http_put_response_hop_limit.value_or(1);
  if (hops < 1 || hops > kMostHops) {
    return bad_value("HttpPutResponseHopLimit is 1 to 64.", "HttpPutResponseHopLimit");
  }
  if (request.http_endpoint == "disabled") {
    return ec2::ec2_fail("UnsupportedOperation",
                         "The local cloud's metadata service cannot be switched off; leave "
                         "HttpEndpoint out and require tokens (HttpTokens) instead.");
  }
  if (request.http_protocol_ipv6 == "enabled") {
    return ec2::ec2_fail("UnsupportedOperation", "The local cloud has no IPv6; leave HttpProtocolIpv6 out.");
  }
  return {};
}

using Described = ec2::DescribeInstanceAttributeResponse;
using Describe = void (*)(const Model&, const Instance&, Described&);

const std::map<std::string, Describe> kAttributes = {
    {"instanceType", [](const Model&, const Instance& row, Described& to) { to.instance_type = row.type; }},
    {"userData",
     [](const Model&, const Instance& row, Described& to) {
       if (!row.user_data.empty()) to.user_data = base64_encode(row.user_data);
     }},
    {"disableApiTermination", [](const Model&, const Instance&, Described& to) { to.disable_api_termination = false; }},
    {"disableApiStop", [](const Model&, const Instance&, Described& to) { to.disable_api_stop = false; }},
    {"instanceInitiatedShutdownBehavior",
     [](const Model&, const Instance&, Described& to) { to.instance_initiated_shutdown_behavior = "terminate"; }},
    {"rootDeviceName", [](const Model&, const Instance& row, Described& to) { to.root_device_name = row.root_device; }},
    {"blockDeviceMapping", [](const Model& model, const Instance& row,
                              Described& to) { to.block_device_mappings = view(model, row).block_device_mappings; }},
    {"sourceDestCheck", [](const Model&, const Instance&, Described& to) { to.source_dest_check = true; }},
    {"groupSet", [](const Model&, const Instance& row, Described& to) { to.groups = row.groups; }},
    {"ebsOptimized", [](const Model&, const Instance&, Described& to) { to.ebs_optimized = false; }},
    {"enaSupport", [](const Model&, const Instance&, Described& to) { to.ena_support = true; }},
    // Instances here have none of these, and EC2 then shows none.
    {"kernel", [](const Model&, const Instance&, Described&) {}},
    {"ramdisk", [](const Model&, const Instance&, Described&) {}},
    {"productCodes", [](const Model&, const Instance&, Described&) {}},
    {"sriovNetSupport", [](const Model&, const Instance&, Described&) {}},
    {"enclaveOptions", [](const Model&, const Instance&, Described&) {}},
};

}  // namespace

FurtherAnswer act(Call& call, const ec2::MonitorInstancesRequest& request) {
  HF_TRY_VOID(need_instances(call.model, request.instance_ids));
  for (const auto& id : request.instance_ids) {
    if (ending(*call.model.instances.find(id))) return gone(*call.model.instances.find(id));
  }
  ec2::MonitorInstancesResponse response;
  for (const auto& id : request.instance_ids) {
    Instance& row = call.model.instances.edit(id);
    response.instance_monitorings.push_back({id, row.monitoring ? "enabled" : "pending"});
    row.monitoring = true;
  }
  return response;
}

FurtherAnswer act(Call& call, const ec2::DescribeInstanceAttributeRequest& request) {
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  if (request.attribute.empty()) return missing("Attribute");
  auto found = kAttributes.find(request.attribute);
  if (found == kAttributes.end()) {
    std::vector<std::string> names;
    for (const auto& [name, describe] : kAttributes) names.push_back(name);
    return bad_value("The attribute '" + request.attribute + "' is unknown; there are " + join(names, ", ") + ".",
                     "Attribute");
  }
  Described response;
  response.instance_id = instance->id;
  found->second(call.model, *instance, response);
  return response;
}

FurtherAnswer act(Call& call, const ec2::ModifyInstanceMetadataOptionsRequest& request) {
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  if (ending(*instance)) return gone(*instance);
  HF_TRY_VOID(check_options(request));
  Instance& row = call.model.instances.edit(request.instance_id);
  if (!request.http_tokens.empty()) row.imds_tokens_required = request.http_tokens == "required";
  if (request.http_put_response_hop_limit) row.metadata_hop_limit = *request.http_put_response_hop_limit;
  if (!request.instance_metadata_tags.empty()) row.metadata_tags = request.instance_metadata_tags == "enabled";
  call.out.orders.push_back(MetadataOrder{row.id, row.imds_tokens_required});
  ec2::InstanceMetadataOptionsResponse options;
  options.state = "pending", options.http_tokens = row.imds_tokens_required ? "required" : "optional";
  options.http_put_response_hop_limit = row.metadata_hop_limit, options.http_endpoint = "enabled";
  options.http_protocol_ipv6 = "disabled", options.instance_metadata_tags = row.metadata_tags ? "enabled" : "disabled";
  return ec2::ModifyInstanceMetadataOptionsResponse{row.id, options};
}

}  // namespace holdfast::cloud
