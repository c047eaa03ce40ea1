#include "api/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <map>

#include "base/text.h"
#include "model/json_text.h"

namespace holdfast::api {
namespace json = boost::json;
using model::Checked;
using model::Faults;
namespace {

constexpr std::string_view kManagedInstance = "managedInstance";
constexpr size_t kMaxKey = 128;

Error fault(std::string field, std::string message) {
  return {ErrorKind::invalid, "InvalidField", std::move(message), std::move(field)};
}

std::string unknown(std::string_view what, std::string_view name, const std::vector<std::string>& known) {
  auto near = nearest(name, known);
  return near ? fmt::format("is not a known {}; did you mean '{}'?", what, *near)
              : fmt::format("is not a known {}; known: {}.", what, join(known, ", "));
}

using Readers = std::map<std::string, std::function<void(const std::string& path, const json::value&, Faults&)>>;

// Every member goes to its reader; null means "left out".
void read_members(const std::string& path, const json::value& value, const Readers& readers, Faults& faults) {
  if (!value.is_object()) {
    faults.errors.push_back(fault(path, "must be a JSON object."));
    return;
  }
  std::vector<std::string> known;
  for (const auto& [name, reader] : readers) known.push_back(name);
  for (const auto& member : value.get_object()) {
    std::string name(member.key());
    std::string below = path.empty() ? name : path + "." + name;
    auto reader = readers.find(name);
    if (reader == readers.end()) {
      faults.errors.push_back(fault(below, unknown("field", name, known)));
    } else if (!member.value().is_null()) {
      reader->second(below, member.value(), faults);
    }
  }
}

auto bool_into(bool& target) {
  return [&target](const std::string& path, const json::value& value, Faults& faults) {
    if (value.is_bool()) {
      target = value.get_bool();
    } else {
      faults.errors.push_back(fault(path, "must be true or false."));
    }
  };
}

std::string without_prefix(std::string field, std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  return field.rfind(prefix, 0) == 0 ? field.substr(prefix.size()) : field;
}

}  // namespace

Checked<std::string> managed_instance_in(std::string_view body) {
  return object_in(body, kManagedInstance);
}

Checked<std::string> object_in(std::string_view body, std::string_view name) {
  auto parsed = model::parse_strictly(body);
  if (!parsed) {
    Error error = parsed.error();
    error.field = without_prefix(error.field, name);
    return tl::unexpected(Faults{{std::move(error)}});
  }
  Faults faults;
  std::string text;
  Readers readers{{std::string(name), [&](const std::string& path, const json::value& value, Faults& found) {
                     if (value.is_object()) {
                       text = json::serialize(value);
                     } else {
                       found.errors.push_back(fault(path, "must be a JSON object."));
                     }
                   }}};
  read_members("", *parsed, readers, faults);
  if (faults.errors.empty() && text.empty()) {
    faults.errors.push_back(fault(std::string(name), fmt::format("is missing: send {{\"{}\": {{…}}}}.", name)));
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return text;
}

Checked<model::Deallocation> deallocation_in(std::string_view body) {
  model::Deallocation out;
  if (trim(body).empty()) return out;
  auto parsed = model::parse_strictly(body);
  if (!parsed) return tl::unexpected(Faults{{parsed.error()}});

  Faults faults;
  bool terminate = true;
  bool delete_backups = false;  // images of periodic backups: this service makes none, so either answer is honoured
  Readers inner{{"shouldDeleteImages", bool_into(out.delete_images)},
                {"shouldDeleteNetworkInterfaces", bool_into(out.delete_interfaces)},
                {"shouldDeleteSnapshots", bool_into(out.delete_snapshots)},
                {"shouldDeleteVolumes", bool_into(out.delete_volumes)},
                {"shouldTerminateInstance", bool_into(terminate)}};
  Readers backup{{"shouldDeleteImages", bool_into(delete_backups)}};
  Readers outer{{"deallocationConfig", [&](const std::string& path, const json::value& value,
                                           Faults& found) { read_members(path, value, inner, found); }},
                {"amiBackup", [&](const std::string& path, const json::value& value, Faults& found) {
                   read_members(path, value, backup, found);
                 }}};
  read_members("", *parsed, outer, faults);
  if (!terminate) {
    // An instance that goes on without its managed instance would be a second writer of what is kept.
    faults.errors.push_back(
        fault("deallocationConfig.shouldTerminateInstance",
              "false is not honoured yet: the instance is always terminated; send true or leave it out."));
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return out;
}

Checked<void> check_query(const http::Request& request, std::initializer_list<std::string_view> known) {
  std::vector<std::string> names(known.begin(), known.end());
  names.emplace_back("accountId");  // the gate has looked at it
  Faults faults;
  std::map<std::string, int> seen;
  for (const auto& [name, value] : request.query) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      faults.errors.push_back(fault(quoted(name), unknown("parameter of this call", name, names)));
    } else if (++seen[name] == 2) {
      faults.errors.push_back(fault(name, "is given twice: leave one of the two out."));
    }
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return {};
}

Result<int64_t> number_in(const http::Request& request, const std::string& name, int64_t least, int64_t most,
                          int64_t otherwise) {
  auto text = request.query_value(name);
  if (!text) return otherwise;
  auto number = parse_int(*text);
  if (!number || *number < least || *number > most) {
    return Failure(fault(name, most == INT64_MAX ? fmt::format("must be a whole number of at least {}.", least)
                                                 : fmt::format("must be a whole number from {} to {}.", least, most)));
  }
  return *number;
}

Result<std::string> idempotency_key_in(const http::Request& request) {
  auto key = request.header("idempotency-key");
  if (!key) return std::string();
  bool plain = std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (plain && !key->empty() && key->size() <= kMaxKey) return *key;
  return Failure(fault("Idempotency-Key", fmt::format("must be 1 to {} printable ASCII characters.", kMaxKey)));
}

}  // namespace holdfast::api
