#include "cloud/model.h"

namespace holdfast::cloud {

std::string market_name(const MarketKey& key) {
  return (key.spot ? "spot/" : "on-demand/") + key.instance_type + "/" + key.availability_zone;
}

std::string address_name(const SubnetId& subnet, const std::string& ip) {
  return subnet.str() + "/" + ip;
}

std::string mac_name(const std::string& mac) {
  return "mac/" + mac;
}

void Model::derive() {
  for (const auto& [id, interface] : interfaces.rows()) {
    addresses.load(address_name(interface.subnet, interface.ip), id);
    addresses.load(mac_name(interface.mac), id);
    for (const auto& ip : interface.secondary_ips) addresses.load(address_name(interface.subnet, ip), id);
  }
  for (const auto& [id, request] : spot_requests.rows()) {
    if (request.state == "open") open_spot_requests.load(id.str(), id);
  }
  for (const auto& [id, image] : images.rows()) {
    image_names.load(image.name, id);
    for (const auto& mapping : image.mappings) {
      if (!mapping.ebs || !mapping.ebs->snapshot_id) continue;
      snapshot_images.load(mapping.ebs->snapshot_id->str() + "/" + id.str(), id);
    }
  }
}

}  // namespace holdfast::cloud
