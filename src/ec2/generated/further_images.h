// Requests, answers and resources about images beyond ec2.h. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/ec2.h"

namespace holdfast::ec2 {

struct CreateImageResponse {
  ImageId image_id;
};
struct CreateImageRequest {
  static constexpr std::string_view kAction = "CreateImage";
  static constexpr bool kMutates = true;
  using Response = CreateImageResponse;
  std::vector<BlockDeviceMapping> block_device_mappings;
  std::string description;
  InstanceId instance_id;
  std::string name;
  std::optional<bool> no_reboot;
  std::vector<TagSpecification> tag_specifications;
};
}  // namespace holdfast::ec2
