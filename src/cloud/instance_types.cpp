#include "cloud/instance_types.h"

#include <algorithm>

#include "base/text.h"

namespace holdfast::cloud {

const InstanceType* find_instance_type(std::string_view name) {
  auto found = std::find_if(kInstanceTypes.begin(), kInstanceTypes.end(),
                            [&](const InstanceType& type) { return type.name == name; });
  return found == kInstanceTypes.end() ? nullptr : &*found;
}

std::string unknown_instance_type(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& type : kInstanceTypes) names.emplace_back(type.name);
  auto near = nearest(name, names);
  return "The instance type '" + name + "' does not exist" +
         (near ? "; did you mean '" + *near + "'?" : "; DescribeInstanceTypes lists the ones there are.");
}

}  // namespace holdfast::cloud
