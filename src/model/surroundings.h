// Facts of the cloud that a spec leans on, looked up when the spec was accepted and kept with the state: what the
// launch, the image and the placement must know.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"

namespace holdfast::model {

// The image that a launch uses and the facts that RegisterImage must carry over.
struct ImageFacts {
  ImageId id;
  std::string root_device;
  std::string architecture;
  std::string boot_mode;
  std::string virtualization_type;
  bool ena_support = true;
  int root_size_gib = 0;
  bool operator==(const ImageFacts&) const = default;
};

struct SubnetFacts {
  SubnetId id;
  std::string zone;
  std::string cidr;
  bool holds_address = false;  // the wanted address (compute.privateIp) is one of its
  bool operator==(const SubnetFacts&) const = default;
};

// Facts about the user's image and subnets, looked up when the spec was accepted.
struct Surroundings {
  ImageFacts image;
  std::vector<SubnetFacts> subnets;
  std::vector<std::string> types = {};  // every type that a launch may use, in the user's order; empty: the spec's
  std::string elastic_ip = {};          // the public address of compute.elasticIp
  bool operator==(const Surroundings&) const = default;
};

}  // namespace holdfast::model
