// The fields of a managed instance's document (api.md), one table an object. A row without a function is a field of the
// API that has no effect here yet.

#include <regex>

#include "model/cron.h"
#include "model/document.h"
#include "model/field_tables.h"
#include "model/json_text.h"
#include "model/read_launch_specification.h"
#include "model/read_strategy.h"
#include "model/schema.h"
#include "model/spec_rules.h"

namespace holdfast::model {
namespace {

constexpr int kHour = 3600;  // the least retention: nothing is erased at once by a document
constexpr int kDay = 86400;
constexpr int kYear = 365 * kDay;
constexpr size_t kMaxSubnets = 50;

struct Draft {
  Spec spec;
  Given given;
  Origin origin;
};

constexpr char kSubnet[] = "subnet-";
constexpr char kVpc[] = "vpc-";

// ---- persistence, healthCheck

void root_device(FieldReader& r, const json::value& v, Draft& d) {
  boolean<&Persistence::root_device>(r, v, d.spec.persistence);
}
void block_devices(FieldReader& r, const json::value& v, Draft& d) {
  boolean<&Persistence::block_devices>(r, v, d.spec.persistence);
}
void keep_ip(FieldReader& r, const json::value& v, Draft& d) {
  boolean<&Persistence::private_ip>(r, v, d.spec.persistence);
}

void mode(FieldReader& reader, const json::value& value, Draft& into) {
  into.given.mode = true;
  auto word = one_of(reader, value, {BlockDevicesMode::reattach, BlockDevicesMode::on_launch});
  if (word) into.spec.persistence.mode = *word;
}

void snapshot_interval(FieldReader& reader, const json::value& value, Draft& into) {
  into.given.snapshot_interval = true;
  seconds<&Persistence::snapshot_interval, 15, kDay>(reader, value, into.spec.persistence);
}

void root_generations(FieldReader& reader, const json::value& value, Draft& into) {
  into.given.root_generations = true;
  whole<&Persistence::root_generations, 1, 100>(reader, value, into.spec.persistence);
}

void root_fallback(FieldReader& r, const json::value& v, Draft& d) {
  boolean<&Persistence::root_fallback>(r, v, d.spec.persistence);
}

void retention(FieldReader& reader, const json::value& value, Draft& into) {
  if (auto number = reader.whole(value, kHour, kYear)) into.spec.persistence.retention = std::chrono::seconds(*number);
}

constexpr Field<Draft> kPersistence[] = {
    {"persistRootDevice", root_device},
    {"persistBlockDevices", block_devices},
    {"persistPrivateIp", keep_ip},
    {"blockDevicesMode", mode},
    {"snapshotInterval", snapshot_interval},
    {"rootGenerations", root_generations},
    {"rootFallback", root_fallback},
    {"retention", retention},
    {"persistApplication"},
    {"applicationPersistencyConfig"},
};

void health_type(FieldReader& reader, const json::value& value, HealthCheck&) {
  is_honoured(reader, value, {"EC2"}, {"ELB", "TARGET_GROUP", "MULTAI_TARGET_SET", "HCS", "TCP", "HTTP", "EXEC"});
}

constexpr Field<HealthCheck> kHealthCheck[] = {
    {"type", health_type},
    {"gracePeriod", seconds<&HealthCheck::grace_period, 1, kDay>},
    {"unhealthyDuration", seconds<&HealthCheck::unhealthy_duration, 1, kDay>},
    {"autoHealing", boolean<&HealthCheck::auto_healing>},
};

// ---- compute

void product(FieldReader& reader, const json::value& value, Compute&) {
  is_honoured(reader, value, {"Linux/UNIX", "Linux/UNIX (Amazon VPC)"},
              {"Windows", "Windows (Amazon VPC)", "SUSE Linux", "SUSE Linux (Amazon VPC)"});
}

void private_ip(FieldReader& reader, const json::value& value, Compute& into) {
  std::optional<std::string> address = reader.text(value, 64);
  if (!address) return;
  if (is_ipv4(*address)) {
    into.private_ip = *address;
  } else {
    reader.fault("InvalidValue", fmt::format("'{}' is no IPv4 address: write e.g. 10.31.0.20", *address));
  }
}

void elastic_ip(FieldReader& reader, const json::value& value, Compute& into) {
  if (auto allocation = reader.id(value, "eipalloc-")) into.elastic_ip = *allocation;
}

constexpr Field<Compute> kCompute[] = {
    {"product", product},
    {"subnetIds", ids<&Compute::subnet_ids, kSubnet, kMaxSubnets>},
    {"vpcId", id<&Compute::vpc_id, kVpc>},
    {"privateIp", private_ip},
    {"launchSpecification", read_launch_specification},
    {"elasticIp", elastic_ip},
};

// ---- scheduling

constexpr size_t kMaxTasks = 100;

void task_type(FieldReader& reader, const json::value& value, ScheduledTask& into) {
  if (auto type = one_of(reader, value, {TaskType::pause, TaskType::resume, TaskType::recycle})) into.type = *type;
}

void cron_expression(FieldReader& reader, const json::value& value, ScheduledTask& into) {
  std::optional<std::string> words = reader.text(value, 256);
  if (!words) return;
  auto cron = Cron::parse(*words);
  if (!cron) return reader.fault(cron.error().code, cron.error().message);
  into.cron = *words;
}

void frequency(FieldReader& reader, const json::value& value, ScheduledTask& into) {
  if (is_honoured(reader, value, {"hourly", "daily", "weekly", "continuous"}, {})) into.frequency = value.get_string();
}

void start_time(FieldReader& reader, const json::value& value, ScheduledTask& into) {
  std::optional<std::string> words = reader.text(value, 40);
  if (!words) return;
  into.start_time = from_iso(*words);
  if (!into.start_time) reader.fault("InvalidValue", "must be ISO 8601 in UTC, e.g. 2026-11-30T20:00:00Z");
}

constexpr Field<ScheduledTask> kTask[] = {
    {"taskType", task_type},
    {"isEnabled", boolean<&ScheduledTask::enabled>},
    {"cronExpression", cron_expression},
    {"frequency", frequency},
    {"startTime", start_time},
};

void tasks(FieldReader& reader, const json::value& value, Draft& into) {
  const json::array* list = reader.list(value, kMaxTasks);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    ScheduledTask& task = into.spec.tasks.emplace_back();
    read_object(reader, (*list)[i], kTask, task);
    const json::object* given = (*list)[i].if_object();
    const json::value* type = given == nullptr ? nullptr : given->if_contains("taskType");
    if (given == nullptr || (type != nullptr && !type->is_null())) continue;
    FieldReader::Step at(reader, "taskType");
    reader.fault("MissingField", "is missing: pause, resume or recycle");
  }
}

constexpr Field<Draft> kScheduling[] = {{"tasks", tasks}};

void scheduling(FieldReader& r, const json::value& v, Draft& d) {
  read_object(r, v, kScheduling, d);
}

// ---- the whole

constexpr char kGroup[] = "smg-";

void group(FieldReader& reader, const json::value& value, Draft& into) {
  if (auto words = reader.id(value, kGroup)) into.spec.group = GroupId(*words);
}

void region(FieldReader& reader, const json::value& value, Draft& into) {
  static const std::regex kForm("[a-z0-9]+(-[a-z0-9]+)*");
  std::optional<std::string> word = reader.text(value, 64);
  if (!word) return;
  if (std::regex_match(*word, kForm)) {
    into.spec.region = *word;
  } else {
    reader.fault("InvalidValue", fmt::format("'{}' is no region: write e.g. us-east-1", *word));
  }
}

// Characters that no one sees, or that change what is seen of others: C1 controls, U+2028 to U+202E, U+2066 to U+2069.
bool has_unseen(std::string_view name) {
  auto at = [&](size_t i) { return i < name.size() ? static_cast<unsigned char>(name[i]) : 0; };
  for (size_t i = 0; i < name.size(); ++i) {
    if (at(i) == '\t' || (at(i) == 0xc2 && at(i + 1) >= 0x80 && at(i + 1) <= 0x9f)) return true;
    if (at(i) != 0xe2) continue;
    if (at(i + 1) == 0x80 && at(i + 2) >= 0xa8 && at(i + 2) <= 0xae) return true;
    if (at(i + 1) == 0x81 && at(i + 2) >= 0xa6 && at(i + 2) <= 0xa9) return true;
  }
  return false;
}

// What is wrong with it; empty if nothing. A name is typed where an id or an option may stand, and shown on terminals.
std::string_view fault_of_new(std::string_view name) {
  if (name.starts_with("smi-")) return "looks like an id (smi-…): choose a name that begins otherwise";
  if (name.starts_with('-')) return "looks like an option of a command: choose a name that does not begin with '-'";
  if (has_unseen(name)) return "holds control characters, or ones that turn the direction of writing: leave them out";
  return {};
}

void name(FieldReader& reader, const json::value& value, Draft& into) {
  std::optional<std::string> words = reader.text(value, 255);
  if (!words) return;
  std::string_view fault = into.origin == Origin::user ? fault_of_new(*words) : std::string_view();
  if (trim(*words) != *words || words->find('\n') != std::string::npos) {
    reader.fault("InvalidValue", "must be one line without space around it");
  } else if (!fault.empty()) {
    reader.fault("InvalidValue", std::string(fault));
  } else {
    into.spec.name = *words;
  }
}

void description(FieldReader& r, const json::value& v, Draft& d) {
  text<&Spec::description, 1024, true>(r, v, d.spec);
}
void strategy(FieldReader& r, const json::value& v, Draft& d) {
  read_strategy(r, v, d.spec.strategy);
}
void persistence(FieldReader& r, const json::value& v, Draft& d) {
  read_object(r, v, kPersistence, d);
}
void compute(FieldReader& r, const json::value& v, Draft& d) {
  read_object(r, v, kCompute, d.spec.compute);
}

void health_check(FieldReader& reader, const json::value& value, Draft& into) {
  into.spec.health_check.enabled = true;
  read_object(reader, value, kHealthCheck, into.spec.health_check);
}

constexpr Field<Draft> kManagedInstance[] = {
    {"name", name},         {"description", description}, {"region", region},
    {"strategy", strategy}, {"persistence", persistence}, {"healthCheck", health_check},
    {"compute", compute},   {"scheduling", scheduling},   {"groupId", group},
    {"integrations"},
};

}  // namespace

Checked<Spec> read_spec(std::string_view text, Origin origin) {
  Result<json::value> value = parse_strictly(text);
  if (!value) return tl::unexpected(Faults{{std::move(value).error()}});
  FieldReader reader;
  Draft draft{{}, {}, origin};
  read_object(reader, *value, kManagedInstance, draft);
  if (value->is_object()) apply_rules(reader, draft.spec, draft.given);
  if (reader.count() > 0) return tl::unexpected(Faults{reader.take()});
  return std::move(draft.spec);
}

namespace {

// What is missing in an empty document is required; the rules say it, not the tables.
void require(json::object& schema, const std::string& path) {
  json::object* at = &schema;
  for (const std::string& name : split(path, '.')) {
    json::value* members = at->if_contains("properties");
    if (members == nullptr || !members->get_object().contains(name)) return;
    json::value& required = (*at)["required"];
    if (!required.is_array()) required.emplace_array();
    json::array& names = required.get_array();
    if (std::find(names.begin(), names.end(), json::value(name)) == names.end()) names.emplace_back(name);
    at = &members->get_object()[name].get_object();
  }
}

}  // namespace

json::object schema_of_document() {
  FieldReader reader = FieldReader::describer();
  Draft draft{{}, {}, Origin::user};
  read_object(reader, nullptr, kManagedInstance, draft);
  json::object schema = reader.take_description();
  if (auto empty = read_spec("{}"); !empty) {
    for (const Error& fault : empty.error().errors) {
      if (fault.code == "MissingField") require(schema, fault.field);
    }
  }
  return schema;
}

}  // namespace holdfast::model
