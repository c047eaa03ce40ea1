#include "api/migration_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "model/json_text.h"

namespace holdfast::api {
namespace json = boost::json;
using engine::ImportRequest;
using engine::ImportZone;
using model::Checked;
using model::Faults;
namespace {

constexpr size_t kMostMigrations = 100;
constexpr size_t kMostIds = 1000;

// One object of the body, with the path that leads to it.
class Reader {
 public:
  Reader(std::string path, Faults& faults) : path_(std::move(path)), faults_(faults) {}

  void fault(const std::string& name, std::string message) {
    std::string field = path_.empty() ? name : name.empty() ? path_ : path_ + "." + name;
    faults_.errors.push_back({ErrorKind::invalid, "InvalidField", std::move(message), std::move(field)});
  }
  const json::object* object(const json::value& value, const std::vector<std::string>& known) {
    if (!value.is_object()) {
      fault("", "must be a JSON object.");
      return nullptr;
    }
    for (const auto& member : value.get_object()) {
      std::string name(member.key());
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      auto near = nearest(name, known);
      fault(name, near ? fmt::format("is not a known field; did you mean '{}'?", *near)
                       : fmt::format("is not a known field; known: {}.", join(known, ", ")));
    }
    return &value.get_object();
  }
  void text(const json::object& from, const std::string& name, std::string& into) {
    const json::value* value = given(from, name);
    if (value == nullptr) return;
    if (value->is_string() && !value->get_string().empty()) {
      into = std::string(value->get_string());
    } else {
      fault(name, "must be a text that is not empty.");
    }
  }
  // Whether it was given.
  bool boolean(const json::object& from, const std::string& name, bool& into) {
    const json::value* value = given(from, name);
    if (value == nullptr) return false;
    if (value->is_bool()) {
      into = value->get_bool();
    } else {
      fault(name, "must be true or false.");
    }
    return true;
  }
  void texts(const json::object& from, const std::string& name, std::vector<std::string>& into) {
    const json::value* value = given(from, name);
    if (value == nullptr) return;
    if (!value->is_array()) return fault(name, "must be a list of texts.");
    for (const json::value& item : value->get_array()) {
      if (!item.is_string()) return fault(name, "must be a list of texts.");
      into.emplace_back(item.get_string());
    }
  }
  const json::value* given(const json::object& from, const std::string& name) {
    const json::value* value = from.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  std::string below(const std::string& name, size_t index) const {
    return fmt::format("{}{}{}[{}]", path_, path_.empty() ? "" : ".", name, index);
  }

 private:
  std::string path_;
  Faults& faults_;
};

void read_zones(Reader& reader, const json::object& from, ImportRequest& into, Faults& faults) {
  const json::value* zones = reader.given(from, "availabilityZones");
  if (zones == nullptr) return;
  if (!zones->is_array()) return reader.fault("availabilityZones", "must be a list of {name, subnetIds}.");
  for (size_t i = 0; i < zones->get_array().size(); ++i) {
    Reader zone(reader.below("availabilityZones", i), faults);
    const json::object* object = zone.object(zones->get_array()[i], {"name", "subnetIds"});
    if (object == nullptr) continue;
    ImportZone& made = into.zones.emplace_back();
    zone.text(*object, "name", made.name);
    std::vector<std::string> ids;
    zone.texts(*object, "subnetIds", ids);
    for (std::string& id : ids) made.subnet_ids.emplace_back(std::move(id));
  }
}

void read_migration(Reader& reader, const json::value& value, ImportRequest& into, Faults& faults) {
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

// The list under the only member of the body.
Checked<json::array> list_in(std::string_view body, const std::string& name, size_t most) {
  auto parsed = model::parse_strictly(body);
  if (!parsed) return tl::unexpected(Faults{{parsed.error()}});
  Faults faults;
  Reader reader("", faults);
  const json::object* object = reader.object(*parsed, {name});
  const json::value* list = object == nullptr ? nullptr : reader.given(*object, name);
  if (object != nullptr && (list == nullptr || !list->is_array() || list->get_array().empty())) {
    reader.fault(name, "must be a list of at least one.");
  } else if (list != nullptr && list->get_array().size() > most) {
    reader.fault(name, fmt::format("has more than {} entries: ask in portions.", most));
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return list->get_array();
}

}  // namespace

Checked<std::vector<ImportRequest>> migrations_in(std::string_view body) {
  auto list = list_in(body, kMigrations, kMostMigrations);
  if (!list) return tl::unexpected(std::move(list).error());
  Faults faults;
  std::vector<ImportRequest> requests;
  for (size_t i = 0; i < list->size(); ++i) {
    Reader reader(fmt::format("{}[{}]", kMigrations, i), faults);
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
  auto list = list_in(body, "migrationIds", kMostIds);
  if (!list) return tl::unexpected(std::move(list).error());
  Faults faults;
  Reader reader("", faults);
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
