// RegisterImage, DeregisterImage, and the public images that the substrate builds.
#include <algorithm>

#include "base/text.h"
#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/rules/launch_plan.h"

namespace holdfast::cloud {

Result<void> check_image_name(const Model& model, const std::string& name) {
  bool fits = name.size() >= 3 && name.size() <= 128 &&
              name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()[] ./-'@_") ==
                  std::string::npos;
  if (!fits) {
    return fail(ErrorKind::invalid, "InvalidAMIName.Malformed",
                "An image's name has 3 to 128 characters of letters, digits and ()[] ./-'@_; '" + name + "' has not.",
                "Name");
  }
  const ImageId* other = model.image_names.find(name);
  if (other == nullptr) return {};
  return ec2::ec2_fail("InvalidAMIName.Duplicate", "The name '" + name + "' is in use by " + other->str() + ".");
}

namespace {

Result<void> check_machine(const ec2::RegisterImageRequest& request) {
  if (!request.architecture.empty() && request.architecture != "x86_64") {
    return bad_value("Only x86_64 machines are offered here.", "Architecture");
  }
  if (!request.virtualization_type.empty() && request.virtualization_type != "hvm") {
    return bad_value("Only 'hvm' is offered here.", "VirtualizationType");
  }
  static const std::vector<std::string> kModes = {"", "legacy-bios", "uefi", "uefi-preferred"};
  if (std::find(kModes.begin(), kModes.end(), request.boot_mode) == kModes.end()) {
    return bad_value("The boot mode is legacy-bios, uefi or uefi-preferred.", "BootMode");
  }
  if (request.root_device_name.empty()) return missing("RootDeviceName");
  return {};
}

}  // namespace

void put_mapping(Call& call, Image& image, std::vector<ec2::BlockDeviceMapping> mappings) {
  auto name = [&](const auto& mapping) { return mapping.ebs->snapshot_id->str() + "/" + image.id.str(); };
  for (const auto& old : image.mappings) {
    if (old.ebs && old.ebs->snapshot_id) call.model.snapshot_images.erase(name(old));
  }
  image.mappings = std::move(mappings);
  for (const auto& mapping : image.mappings) {
    if (mapping.ebs && mapping.ebs->snapshot_id) call.model.snapshot_images.put(name(mapping), image.id);
  }
}

Answer act(Call& call, const ec2::RegisterImageRequest& request) {
  HF_TRY_VOID(check_image_name(call.model, request.name));
  HF_TRY_VOID(check_machine(request));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"image"}));
  HF_TRY(auto volumes, plan_volumes(call.model, Image(), request.block_device_mappings));
  auto root =
      std::find_if(volumes.begin(), volumes.end(), [&](const auto& v) { return v.device == request.root_device_name; });
  if (root == volumes.end() || !root->snapshot) {
    return bad_value("The root device '" + request.root_device_name + "' needs a mapping with a snapshot.",
                     "BlockDeviceMapping");
  }
  std::vector<ec2::BlockDeviceMapping> mappings;
  for (auto& volume : volumes) {
    volume.ebs.volume_size = volume.size;
    if (!volume.ebs.delete_on_termination) volume.ebs.delete_on_termination = true;
    mappings.push_back({volume.device, volume.ebs, false});
  }
  Image image;
  image.id = fresh_id(call.model.images, call.random), image.root_device_name = request.root_device_name;
  image.name = request.name, image.description = request.description, image.boot_mode = request.boot_mode;
  image.ena_support = request.ena_support, image.created_at = call.now;
  image.tags = tags_for(request.tag_specifications, "image");
  put_mapping(call, image, std::move(mappings));
  call.model.images.put(image.id, image);
  call.model.image_names.put(image.name, image.id);
  return ec2::RegisterImageResponse{image.id};
}

// Safe: an image is only a name for snapshots, which stay.
Answer act(Call& call, const ec2::DeregisterImageRequest& request) {
  HF_TRY(const Image* found, need(call.model.images, request.image_id, "ImageId"));
  if (found->is_public) {
    return ec2::ec2_fail("AuthFailure", "The public image '" + found->name + "' belongs to the cloud and stays.");
  }
  Image image = *found;
  put_mapping(call, image, {});
  call.model.image_names.erase(image.name);
  call.model.images.erase(image.id);
  return ec2::Empty{};
}

Result<ImageId> build_image(Call& call, const std::string& name) {
  auto size = call.settings.image_sizes.find(name);
  if (size == call.settings.image_sizes.end()) {
    std::vector<std::string> names;
    for (const auto& [buildable, gib] : call.settings.image_sizes) names.push_back(buildable);
    return bad_value("No image '" + name + "' can be built here; there are: " + join(names, ", ") + ".", "name");
  }
  const ImageId* known = call.model.image_names.find(name);
  if (known != nullptr && !call.model.images.find(*known)->is_public) {
    return ec2::ec2_fail("InvalidAMIName.Duplicate",
                         "An image of your own has the name '" + name + "'; deregister it first.");
  }
  Image image;
  if (known != nullptr) {
    image = *call.model.images.find(*known);
  } else {
    image.id = name == kMinimalImageName  ? ImageId(kMinimalImage)
               : name == kDebianImageName ? ImageId(kDebianImage)
                                          : fresh_id(call.model.images, call.random);
    image.name = name, image.description = "Public image " + name, image.is_public = true;
    image.root_device_name = "/dev/xvda", image.state = "pending", image.created_at = call.now;
  }
  if (!image.building.empty()) return image.id;  // under way
  Snapshot snapshot;
  snapshot.id = fresh_id(call.model.snapshots, call.random);
  snapshot.size = size->second, snapshot.started_at = call.now, snapshot.built = name;
  snapshot.description = "Built for " + image.id.str();
  call.model.snapshots.put(snapshot.id, snapshot);
  image.building = snapshot.id, image.build_problem.clear();
  if (image.state == "failed") image.state = "pending";
  call.model.images.put(image.id, image);
  call.model.image_names.put(name, image.id);
  return image.id;
}

void progress_image(Call& call, const ImageId& id) {
  const Image* image = call.model.images.find(id);
  std::string flight = "build/" + id.str();
  if (image == nullptr || image->building.empty() || call.model.flights.contains(flight)) return;
  call.model.flights.put(flight, "");
  call.out.orders.push_back(BuildImageOrder{image->name, image->building});
}

// The old snapshot may go: it holds what can be built again, nobody's state, and volumes made from it are copies. One
// that a user's own image has named as well stays.
void finished(Call& call, const BuildImageOrder& order, const Result<void>& outcome) {
  const ImageId* id = call.model.image_names.find(order.name);
  if (id == nullptr) return;
  call.model.flights.erase("build/" + id->str());
  Image image = *call.model.images.find(*id);
  if (image.building != order.into) return;
  Snapshot& snapshot = call.model.snapshots.edit(order.into);
  snapshot.built.clear();
  image.building = SnapshotId();
  if (!outcome) {
    image.build_problem = describe(outcome.error());
    if (image.mappings.empty()) image.state = "failed";
    drop_snapshot(call, order.into);
  } else {
    snapshot.state = "completed", snapshot.completed_at = call.now;
    auto old = image.mappings;
    ec2::EbsBlockDevice root;
    root.snapshot_id = order.into, root.volume_size = snapshot.size, root.delete_on_termination = true;
    put_mapping(call, image, {{image.root_device_name, root, false}});
    image.state = "available";
    for (const auto& mapping : old) {
      if (!any_below(call.model.snapshot_images, mapping.ebs->snapshot_id->str() + "/"))
        drop_snapshot(call, *mapping.ebs->snapshot_id);
    }
  }
  call.model.images.put(image.id, image);
}

}  // namespace holdfast::cloud
