// Spot requests, one-time ones: RequestSpotInstances, CancelSpotInstanceRequests, and those behind the spot options of
// RunInstances. An open one waits for capacity at its price; it is tried when a market changes, and every half minute.
#include "cloud/rules/spot_requests.h"

#include <algorithm>

#include "base/text.h"
#include "cloud/codec.h"
#include "cloud/filters.h"
#include "cloud/rules_further.h"
#include "cloud/tokens.h"

namespace holdfast::cloud {

namespace {

constexpr Duration kTryEvery = std::chrono::seconds(30);
constexpr Duration kKept = std::chrono::hours(48);

void set_status(Call& call, const SpotRequestId& id, const std::string& state, const std::string& status,
                const std::string& message) {
  const SpotRequest& now = *call.model.spot_requests.find(id);
  if (now.state == state && now.status == status) return;
  SpotRequest& row = call.model.spot_requests.edit(id);
  row.state = state, row.status = status, row.status_message = message, row.status_at = call.now;
  if (state != "open") call.model.open_spot_requests.erase(id.str());
}

bool waits(const Error& error) {
  return error.kind == ErrorKind::no_capacity || error.code == "IncorrectState";
}

ec2::RunInstancesRequest decoded(const SpotRequest& row) {
  ec2::RunInstancesRequest request;
  CHECK(decode(row.launch, request).has_value());  // we wrote it
  return request;
}

Result<std::optional<SubnetId>> subnet_of_zone(const Model& model, const std::string& zone) {
  for (const auto& [id, subnet] : model.subnets.rows()) {
    if (subnet.is_default && subnet.zone == zone && !hidden(subnet)) return std::optional<SubnetId>(id);
  }
  return fail(ErrorKind::invalid, "InvalidZone.NotFound",
              "The zone '" + zone + "' does not exist or has no default subnet; name a subnet.",
              "LaunchSpecification.Placement.AvailabilityZone");
}

// The launch that a request asks for, as RunInstances would be asked.
Result<ec2::RunInstancesRequest> as_launch(const Model& model, const ec2::RequestSpotInstancesRequest& request) {
  if (!request.launch_specification) return missing("LaunchSpecification");
  const auto& given = *request.launch_specification;
  ec2::RunInstancesRequest launch;
  launch.image_id = given.image_id, launch.instance_type = given.instance_type, launch.user_data = given.user_data;
  launch.security_group_ids = given.security_group_ids, launch.network_interfaces = given.network_interfaces;
  launch.block_device_mappings = given.block_device_mappings;
  if (!given.subnet_id.empty()) launch.subnet_id = given.subnet_id;
  bool place = launch.subnet_id || !launch.network_interfaces.empty();
  if (!place && !given.availability_zone.empty()) {
    HF_TRY(launch.subnet_id, subnet_of_zone(model, given.availability_zone));
  }
  ec2::SpotMarketOptions spot;
  spot.max_price = request.spot_price;
  if (!request.type.empty()) spot.spot_instance_type = request.type;
  if (!request.instance_interruption_behavior.empty())
    spot.instance_interruption_behavior = request.instance_interruption_behavior;
  launch.spot_options = spot;
  return launch;
}

Result<void> check_request(const Call& call, const ec2::RequestSpotInstancesRequest& request) {
  int count = request.instance_count.value_or(1);
  if (count < 1 || count > kMaxInstancesACall) return bad_value("InstanceCount is 1 to 100.", "InstanceCount");
  if (request.valid_until && *request.valid_until <= call.now)
    return bad_value("ValidUntil is over already.", "ValidUntil");
  if (request.valid_from && request.valid_until && *request.valid_until <= *request.valid_from)
    return bad_value("ValidUntil is not after ValidFrom.", "ValidUntil");
  return check_tag_specifications(request.tag_specifications, {"spot-instances-request"});
}

ec2::LaunchSpecification shown_launch(const Model& model, const SpotRequest& row) {
  ec2::RunInstancesRequest launch = decoded(row);
  ec2::LaunchSpecification shown;
  shown.image_id = launch.image_id, shown.instance_type = launch.instance_type;
  shown.security_groups = launch.security_group_ids, shown.network_interfaces = launch.network_interfaces;
  shown.block_device_mappings = launch.block_device_mappings, shown.user_data = launch.user_data;
  shown.availability_zone = row.zone;
  if (launch.subnet_id) shown.subnet_id = *launch.subnet_id;
  const Instance* instance = model.instances.find(row.instance);
  if (instance != nullptr && !instance->user_data.empty()) shown.user_data = base64_encode(instance->user_data);
  return shown;
}

ec2::SpotInstanceRequest view(const Model& model, const SpotRequest& row) {
  ec2::SpotInstanceRequest shown;
  shown.spot_instance_request_id = row.id.str(), shown.state = row.state, shown.type = "one-time";
  shown.status = ec2::SpotInstanceStatus{row.status, row.status_message, row.status_at};
  if (row.state == "failed") shown.fault = ec2::SpotInstanceStateFault{row.status, row.status_message};
  shown.instance_id = row.instance, shown.launch_specification = shown_launch(model, row);
  shown.launched_availability_zone = row.zone, shown.product_description = "Linux/UNIX";
  shown.spot_price = row.max_price, shown.create_time = row.created_at, shown.tags = row.tags;
  shown.valid_from = row.valid_from, shown.valid_until = row.valid_until;
  shown.instance_interruption_behavior = "terminate";
  return shown;
}

const std::vector<FilterField<ec2::SpotInstanceRequest>> kFields = {
    {"spot-instance-request-id", [](const auto& x) { return Values{x.spot_instance_request_id}; }},
    {"state", [](const auto& x) { return Values{x.state}; }},
    {"status-code", [](const auto& x) { return Values{x.status->code}; }},
    {"instance-id", [](const auto& x) { return x.instance_id.empty() ? Values{} : Values{x.instance_id.str()}; }},
    {"launched-availability-zone", [](const auto& x) { return Values{x.launched_availability_zone}; }},
    {"launch.image-id", [](const auto& x) { return Values{x.launch_specification->image_id.str()}; }},
    {"launch.instance-type", [](const auto& x) { return Values{x.launch_specification->instance_type}; }},
    {"product-description", [](const auto& x) { return Values{x.product_description}; }},
    {"spot-price", [](const auto& x) { return Values{x.spot_price}; }},
    {"type", [](const auto& x) { return Values{x.type}; }},
};

std::string price_text(const ec2::RunInstancesRequest& launch) {
  if (!launch.spot_options->max_price.empty()) return launch.spot_options->max_price;
  const InstanceType* type = find_instance_type(launch.instance_type);
  return type == nullptr ? "" : std::to_string(type->usd_an_hour);
}

void fulfil(Call& call, const SpotRequestId& id, const ec2::RunInstancesRequest& launch, const LaunchPlan& plan) {
  InstanceId instance = make_instance(call, launch, plan, "r-" + call.random.hex(17));
  call.model.instances.edit(instance).spot_request = id;
  SpotRequest& row = call.model.spot_requests.edit(id);
  row.instance = instance, row.zone = plan.market.availability_zone;
  set_status(call, id, "active", "fulfilled", "Your Spot request is fulfilled.");
}

void try_to_fulfil(Call& call, const SpotRequestId& id) {
  ec2::RunInstancesRequest launch = decoded(*call.model.spot_requests.find(id));
  Result<LaunchPlan> plan = plan_launch(call, launch);
  if (plan && call.settings.free_bytes > 0) return fulfil(call, id, launch, *plan);
  if (!plan && !waits(plan.error())) {
    return set_status(call, id, "failed", "bad-parameters", plan.error().code + ": " + plan.error().message);
  }
  bool price = !plan && plan.error().code == "SpotMaxPriceTooLow";
  set_status(call, id, "open", price ? "price-too-low" : "capacity-not-available",
             plan ? "The pool of volumes is full." : plan.error().message);
  wake_at(call, id.str(), call.now + kTryEvery);
}

}  // namespace

void put_fulfilled_request(Call& call, const ec2::RunInstancesRequest& launch, const InstanceId& instance) {
  SpotRequest row;
  row.id = fresh_id(call.model.spot_requests, call.random), row.instance = instance;
  ec2::RunInstancesRequest kept = launch;
  kept.user_data.clear();  // the instance has it
  row.zone = call.model.instances.find(instance)->zone, row.launch = encode(kept);
  row.max_price = price_text(launch), row.created_at = call.now, row.status_at = call.now;
  row.state = "active", row.status = "fulfilled", row.status_message = "Your Spot request is fulfilled.";
  row.tags = tags_for(launch.tag_specifications, "spot-instances-request");
  call.model.spot_requests.put(row.id, row);
  call.model.instances.edit(instance).spot_request = row.id;
}

void progress_spot_request(Call& call, const SpotRequestId& id) {
  const SpotRequest* row = call.model.spot_requests.find(id);
  if (row == nullptr || row->state != "open") return;
  if (row->valid_until && *row->valid_until <= call.now) {
    return set_status(call, id, "cancelled", "schedule-expired", "The request was not fulfilled in its time.");
  }
  if (row->valid_until) wake_at(call, id.str(), *row->valid_until);
  if (!row->valid_from || *row->valid_from <= call.now) return try_to_fulfil(call, id);
  set_status(call, id, "open", "not-scheduled-yet", "The request's time has not come.");
  wake_at(call, id.str(), *call.model.spot_requests.find(id)->valid_from);
}

void try_spot_requests(Call& call) {
  std::vector<SpotRequestId> open;
  for (const auto& [text, id] : call.model.open_spot_requests.rows()) open.push_back(id);
  for (const auto& id : open) progress_spot_request(call, id);
}

void instance_ended(Call& call, const Instance& instance) {
  SpotRequestId id = instance.spot_request;
  if (const SpotRequest* row = call.model.spot_requests.find(id)) {
    bool reclaimed = instance.reason && instance.reason->code == "Server.SpotInstanceTermination";
    set_status(call, id, row->state == "cancelled" ? "cancelled" : "closed",
               reclaimed ? "instance-terminated-no-capacity" : "instance-terminated-by-user",
               instance.reason ? instance.reason->message : "");
  }
  try_spot_requests(call);
}

void sweep_spot_requests(Call& call) {
  std::vector<SpotRequestId> old;
  for (const auto& [id, row] : call.model.spot_requests.rows()) {
    bool over = row.state != "open" && row.state != "active" && call.now - row.status_at > kKept;
    if (over && !call.model.instances.contains(row.instance)) old.push_back(id);
  }
  for (const auto& id : old) call.model.spot_requests.erase(id);
}

FurtherAnswer act(Call& call, const ec2::RequestSpotInstancesRequest& request) {
  ec2::RequestSpotInstancesResponse response;
  HF_TRY(const std::vector<std::string>* made, find_token(call, "", request));
  if (made != nullptr) {
    for (const auto& id : *made) {
      const SpotRequest* row = call.model.spot_requests.find(SpotRequestId(id));
      if (row == nullptr) return not_found(kind_of(SpotRequestId()), id, "ClientToken");
      response.spot_instance_requests.push_back(view(call.model, *row));
    }
    return response;
  }
  HF_TRY_VOID(check_request(call, request));
  HF_TRY(auto launch, as_launch(call.model, request));
  auto plan = plan_launch(call, launch);
  if (!plan && !waits(plan.error())) return Failure(plan.error());
  std::vector<std::string> ids;
  for (int i = 0; i < request.instance_count.value_or(1); ++i) {
    SpotRequest row;
    row.id = fresh_id(call.model.spot_requests, call.random), row.launch = encode(launch);
    row.max_price = price_text(launch), row.created_at = call.now, row.status_at = call.now;
    row.status_message = "Your Spot request has been submitted for review.";
    row.valid_from = request.valid_from, row.valid_until = request.valid_until;
    row.tags = tags_for(request.tag_specifications, "spot-instances-request");
    call.model.spot_requests.put(row.id, row);
    call.model.open_spot_requests.put(row.id.str(), row.id);
    ids.push_back(row.id.str());
    response.spot_instance_requests.push_back(view(call.model, row));
  }
  keep_token(call, "", request, std::move(ids));
  return response;
}

// As on EC2, an instance that runs goes on running.
FurtherAnswer act(Call& call, const ec2::CancelSpotInstanceRequestsRequest& request) {
  if (request.spot_instance_request_ids.empty()) return missing("SpotInstanceRequestId");
  for (const auto& id : request.spot_instance_request_ids)
    HF_TRY_VOID(need(call.model.spot_requests, SpotRequestId(id), "SpotInstanceRequestId"));
  ec2::CancelSpotInstanceRequestsResponse response;
  for (const auto& text : request.spot_instance_request_ids) {
    SpotRequestId id(text);
    std::string state = call.model.spot_requests.find(id)->state;
    if (state == "open") {
      set_status(call, id, "cancelled", "canceled-before-fulfillment", "The request was cancelled.");
    } else if (state == "active") {
      set_status(call, id, "cancelled", "request-canceled-and-instance-running",
                 "The request was cancelled; its instance runs on.");
    }
    response.cancelled_spot_instance_requests.push_back({text, call.model.spot_requests.find(id)->state});
  }
  return response;
}

FurtherAnswer act(Call& call, const ec2::DescribeSpotInstanceRequestsRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kFields));
  std::vector<SpotRequestId> ids(request.spot_instance_request_ids.begin(), request.spot_instance_request_ids.end());
  ec2::DescribeSpotInstanceRequestsResponse response{{}, request.next_token};
  std::function<std::optional<ec2::SpotInstanceRequest>(const SpotRequest&)> accept =
      [&](const SpotRequest& row) -> std::optional<ec2::SpotInstanceRequest> {
    auto shown = view(call.model, row);
    if (!matches(shown, row.tags, request.filters, kFields)) return std::nullopt;
    return shown;
  };
  HF_TRY(response.spot_instance_requests,
         list_page(request.kAction, call.model.spot_requests, ids, "SpotInstanceRequestId", request.max_results,
                   response.next_token, accept));
  return response;
}

}  // namespace holdfast::cloud
