#include "model/group.h"

#include <algorithm>
#include <set>

#include "model/field_tables.h"
#include "model/json_text.h"

namespace holdfast::model {
namespace {

constexpr size_t kMaxAddresses = 1024;
constexpr char kSubnet[] = "subnet-";

void addresses(FieldReader& reader, const json::value& value, AddressPool& into) {
  const json::array* list = reader.list(value, kMaxAddresses);
  if (list == nullptr) return;
  std::set<std::string> seen;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    std::string& address = into.addresses.emplace_back();
    std::optional<std::string> words = reader.text((*list)[i], 64);
    if (!words) continue;
    address = *words;
    if (!is_ipv4(address)) {
      reader.fault("InvalidValue", fmt::format("'{}' is no IPv4 address: write e.g. 10.31.0.20", address));
    } else if (!seen.insert(address).second) {
      reader.fault("InvalidValue", fmt::format("{} is given twice: leave one of the two out", address));
    }
  }
}

constexpr Field<AddressPool> kPool[] = {{"subnetId", id<&AddressPool::subnet, kSubnet>}, {"addresses", addresses}};

void pool(FieldReader& reader, const json::value& value, Group& into) {
  read_object(reader, value, kPool, into.pool.emplace());
  FieldReader::Step step(reader, "subnetId");
  if (into.pool->subnet.empty() && !reader.faulted(reader.path())) {
    reader.fault("MissingField", "is missing: name the subnet that the addresses are of");
  }
}

void name(FieldReader& reader, const json::value& value, Group& into) {
  std::optional<std::string> words = reader.text(value, 255);
  if (!words) return;
  if (trim(*words) != *words || words->find('\n') != std::string::npos) {
    reader.fault("InvalidValue", "must be one line without space around it");
  } else if (words->starts_with("smg-") || words->starts_with('-')) {
    reader.fault("InvalidValue", "looks like an id or an option: choose a name that begins otherwise");
  } else {
    into.name = *words;
  }
}

constexpr Field<Group> kGroup[] = {{"name", name}, {"privateIpPool", pool}};

}  // namespace

bool Group::has_address(const std::string& address) const {
  return pool && std::find(pool->addresses.begin(), pool->addresses.end(), address) != pool->addresses.end();
}

Checked<Group> read_group(std::string_view text) {
  Result<json::value> value = parse_strictly(text);
  if (!value) return tl::unexpected(Faults{{std::move(value).error()}});
  FieldReader reader;
  Group group;
  read_object(reader, *value, kGroup, group);
  if (value->is_object() && group.name.empty() && !reader.faulted("name")) {
    reader.fault_at("name", "MissingField", "is missing: give the group a name");
  }
  if (reader.count() > 0) return tl::unexpected(Faults{reader.take()});
  return group;
}

}  // namespace holdfast::model
