// What the cloud still holds for managed instances, seen from the cloud's side: the service's own list would not show a
// leak.
#pragma once

#include <string>
#include <vector>

#include "support/api_client.h"

namespace holdfast::support {

// "volume vol-… (available) of smi-…": everything that carries a managed instance's tag, but terminated instances.
// One line with the error if the cloud could not be asked.
inline std::vector<std::string> left_over(const ApiClient& client) {
  const Result<std::vector<CloudResource>> resources = client.cloud_resources();
  if (!resources) return {describe(resources.error())};
  std::vector<std::string> left;
  for (const CloudResource& it : *resources) {
    if (it.managed_instance.empty() || it.state == "terminated" || it.state == "deleted") continue;
    left.push_back(it.kind + " " + it.id + " (" + it.state + ") of " + it.managed_instance);
  }
  return left;
}

// What the cloud holds for a managed instance and the service does not know of: leaks.
inline std::vector<std::string> unknown_to(const ApiClient& client, const ManagedStatus& status) {
  const Result<std::vector<CloudResource>> resources = client.cloud_resources();
  if (!resources) return {describe(resources.error())};
  std::vector<std::string> unknown;
  for (const CloudResource& it : *resources) {
    if (it.managed_instance != status.id || it.state == "terminated" || it.state == "deleted") continue;
    if (status.text.find("\"" + it.id + "\"") == std::string::npos)
      unknown.push_back(it.kind + " " + it.id + " (" + it.state + ")");
  }
  return unknown;
}

}  // namespace holdfast::support
