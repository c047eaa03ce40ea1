#include "api/migration_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/body_reader.h"

namespace holdfast::api {
namespace json = boost::json;
using engine::ImportRequest;
using engine::ImportZone;
using model::Checked;
using model::Faults;
namespace {

void read_zones(BodyReader& reader, const json::object& from, ImportRequest& into, Faults& faults) {
  const json::value* zones = reader.given(from, "availabilityZones");
  if (zones == nullptr) return;
  if (!zones->is_array()) return reader.fault("availabilityZones", "must be a list of {name, subnetIds}.");
  for (size_t i = 0; i < zones->get_array().size(); ++i) {
    BodyReader zone(reader.below("availabilityZones", i), faults);
    const json::object* object = zone.object(zones->get_array()[i], {"name", "subnetIds"});
    if (object == nullptr) continue;
    ImportZone& made = into.zones.emplace_back();
    zone.text(*object, "name", made.name);
    std::vector<std::string> ids;
    zone.texts(*object, "subnetIds", ids);
    for (std::string& id : ids) made.subnet_ids.emplace_back(std::move(id));
  }
}

void read_migration(BodyReader& reader, const json::value& value, ImportRequest& into, Faults& faults) {
  const json::object* from = reader.object(
      value, {"originalInstanceId", "name", "region", "product", "shouldKeepPrivateIp", "shouldTerminateInstance",
              "availabilityZones", "instanceTypes", "blockDevicesMode", "imageId", "managedInstance"});
  if (from == nullptr) return;
  std::string original;
  reader.text(*from, "originalInstanceId", original);
  if (reader.given(*from, "originalInstanceId") == nullptr) {
    reader.fault("originalInstanceId", "is missing: name the instance that is to be imported.");
  }
  into.original = InstanceId(original);
  reader.text(*from, "name", into.name);
  reader.text(*from, "region", into.region);
  reader.text(*from, "product", into.product);
  reader.text(*from, "blockDevicesMode", into.block_devices_mode);
  reader.text(*from, "imageId", into.image_id);
  reader.boolean(*from, "shouldKeepPrivateIp", into.keep_private_ip);
  if (!reader.boolean(*from, "shouldTerminateInstance", into.terminate)) {
    reader.fault("shouldTerminateInstance",
                 "is missing: true moves the instance's volumes to a new one and terminates it, false copies them and "
                 "leaves it alone.");
  }
  reader.texts(*from, "instanceTypes", into.instance_types);
  read_zones(reader, *from, into, faults);
  const json::value* document = reader.given(*from, "managedInstance");
  if (document != nullptr && !document->is_object()) reader.fault("managedInstance", "must be a JSON object.");
  if (document != nullptr && document->is_object()) into.document = json::serialize(*document);
}

}  // namespace

Checked<std::vector<ImportRequest>> migrations_in(std::string_view body) {
  auto list = list_in(body, kMigrations, kMostMigrations);
  if (!list) return tl::unexpected(std::move(list).error());
  Faults faults;
  std::vector<ImportRequest> requests;
  for (size_t i = 0; i < list->size(); ++i) {
    BodyReader reader(fmt::format("{}[{}]", kMigrations, i), faults);
    ImportRequest& request = requests.emplace_back();
    read_migration(reader, (*list)[i], request, faults);
    bool twice = !request.original.empty() && std::any_of(requests.begin(), requests.end() - 1, [&](const auto& other) {
      return other.original == request.original;
    });
    if (twice) reader.fault("originalInstanceId", "is given twice: leave one of the two out.");
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return requests;
}

Checked<std::vector<std::string>> migration_ids_in(std::string_view body) {
  auto list = list_in(body, "migrationIds", kMostMigrationIds);
  if (!list) return tl::unexpected(std::move(list).error());
  Faults faults;
  BodyReader reader("", faults);
  std::vector<std::string> ids;
  for (size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].is_string()) {
      ids.emplace_back((*list)[i].get_string());
    } else {
      reader.fault(fmt::format("migrationIds[{}]", i), "must be a text.");
    }
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return ids;
}

}  // namespace holdfast::api
