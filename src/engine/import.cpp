#include "engine/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/import_original.h"
#include "engine/inspect.h"

namespace holdfast::engine {

namespace {

constexpr char kImage[] = "compute.launchSpecification.imageId";

tl::unexpected<model::Faults> one_fault(Error error) {
  return tl::unexpected(model::Faults{{std::move(error)}});
}

Error fault(std::string field, std::string message) {
  return {ErrorKind::invalid, "INVALID_FIELD", std::move(message), std::move(field)};
}

// What an import brings along must be kept by the document that it is merged with.
void check_persistence(const ImportRequest& request, const ImportPlan& plan, model::Faults& faults) {
  const model::Persistence& kept = plan.spec.persistence;
  if (!kept.root_device) {
    faults.errors.push_back(fault("persistence.persistRootDevice",
                                  "must be true: the root of the instance is what is imported; leave it out"));
  }
  if (!kept.block_devices && !plan.import.original.data.empty()) {
    faults.errors.push_back(fault("persistence.persistBlockDevices",
                                  "must be true: the instance has data volumes, which would be lost; leave it out, or "
                                  "detach them first"));
  }
  if (request.terminate && kept.private_ip != request.keep_private_ip) {
    faults.errors.push_back(
        fault("persistence.persistPrivateIp", "follows shouldKeepPrivateIp here; leave it out and set that"));
  }
  for (const model::OriginalVolume& volume : plan.import.original.data) {
    const auto& devices = plan.spec.compute.block_devices;
    bool named = std::any_of(devices.begin(), devices.end(),
                             [&](const model::BlockDevice& device) { return device.device_name == volume.device; });
    if (named) continue;
    faults.errors.push_back(fault("compute.launchSpecification.blockDeviceMappings",
                                  fmt::format("leaves out {} ({}) of the instance; name it, or leave the list out",
                                              volume.device, volume.id.str())));
  }
}

void check_zones(const ImportRequest& request, const model::Surroundings& facts, model::Faults& faults) {
  for (size_t i = 0; i < request.zones.size(); ++i) {
    const ImportZone& zone = request.zones[i];
    for (const SubnetId& id : zone.subnet_ids) {
      for (const model::SubnetFacts& subnet : facts.subnets) {
        if (subnet.id != id || zone.name.empty() || subnet.zone == zone.name) continue;
        faults.errors.push_back(fault(fmt::format("availabilityZones[{}].name", i),
                                      fmt::format("subnet {} is in {}, not in {}", id.str(), subnet.zone, zone.name)));
      }
    }
  }
}

void check_image(ec2::Ec2& ec2, const FoundOriginal& found, const ImportPlan& plan, model::Faults& faults) {
  const model::ImageFacts& facts = plan.surroundings.image;
  if (facts.root_device != found.instance.root_device_name) {
    faults.errors.push_back(fault(
        kImage, fmt::format("the root of image {} is {}, that of the instance {}; name an image (imageId) with the "
                            "instance's root device",
                            facts.id.str(), facts.root_device, found.instance.root_device_name)));
  }
  ec2::DescribeImagesRequest request;
  request.image_ids = {facts.id};
  auto answer = ec2.call(request);
  if (!answer || answer->images.empty()) return;  // inspect has just found it
  const std::string& platform = answer->images.front().platform_details;
  if (platform.empty() || platform == "Linux/UNIX") return;
  // A registered image loses its platform's billing details: it would run without a licence, or not at all.
  faults.errors.push_back(
      fault("originalInstanceId",
            fmt::format("the instance's platform is {}, and only Linux/UNIX can be imported so far", platform)));
}

// The image's facts are needed, and images are removed more often than what was launched from them.
void explain_image(const ImportRequest& request, model::Faults& faults) {
  for (Error& error : faults.errors) {
    if (error.field != kImage || !request.image_id.empty()) continue;
    error.field = "imageId";
    error.message = fmt::format(
        "{}. The instance was launched from it: give the imageId of one that is alike (architecture, root device); its "
        "facts are used, what runs is the instance's own root",
        error.message);
  }
}

}  // namespace

model::Checked<ImportPlan> plan_import(ec2::Ec2& ec2, const ImportRequest& request) {
  model::Faults faults;
  auto found = find_original(ec2, request, faults);
  if (!found) return one_fault(std::move(found).error());
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  ImportPlan plan;
  plan.import = import_of(request, **found);
  plan.document = document_of(request, **found);
  if (!request.document.empty()) {
    auto merged = model::merge_document(plan.document, request.document);
    if (!merged) return one_fault(std::move(merged).error());
    plan.document = std::move(*merged);
  }
  auto spec = model::read_spec(plan.document);
  if (!spec) return tl::unexpected(std::move(spec).error());
  plan.spec = std::move(*spec);
  check_persistence(request, plan, faults);
  Own own;
  if (request.keep_private_ip) own.interface = plan.import.original.interface;
  auto surroundings = inspect(ec2, plan.spec, own);
  if (!surroundings) {
    auto& more = surroundings.error().errors;
    faults.errors.insert(faults.errors.end(), more.begin(), more.end());
    explain_image(request, faults);
    return tl::unexpected(std::move(faults));
  }
  plan.surroundings = std::move(*surroundings);
  check_zones(request, plan.surroundings, faults);
  check_image(ec2, **found, plan, faults);
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  describe_steps(**found, plan);
  return plan;
}

}  // namespace holdfast::engine
