// Names of what a cloud puts on its host. Several clouds (data folders) may live on one host, so each name carries a
// key made from the data folder; a name says what it is, so that whatever is found after a crash can be told apart.
// Interface names have at most 15 characters:
//
//   hf  abcde  b  1234567        hf + cloud's key + b (bridge) or v (link) + hash of the subnet's or interface's id
#pragma once

#include <string>

#include "base/ids.h"

namespace holdfast::cloud::linux_ {

class CloudNames {
 public:
  explicit CloudNames(const std::string& data_dir);

  const std::string& key() const { return key_; }
  std::string bridge(const SubnetId& subnet) const;
  std::string link(const InterfaceId& interface) const;
  std::string bridge_prefix() const { return "hf" + key_ + "b"; }
  std::string link_prefix() const { return "hf" + key_ + "v"; }
  std::string filter_table() const { return "holdfast_" + key_; }
  std::string cgroup() const { return "holdfast-" + key_; }

 private:
  std::string key_;
};

// Begins every interface of every cloud.
inline constexpr char all_clouds_prefix[] = "hf";
// A locally administered address that is always the same for the same name.
std::string mac_of_name(const std::string& name);

}  // namespace holdfast::cloud::linux_
