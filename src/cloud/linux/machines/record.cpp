#include "cloud/linux/machines/record.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>

#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

namespace json = boost::json;

constexpr int version = 1;

const char* to_text(UserDataOutcome outcome) {
  switch (outcome) {
    case UserDataOutcome::running:
      return "running";
    case UserDataOutcome::succeeded:
      return "succeeded";
    case UserDataOutcome::failed:
      return "failed";
  }
  return "running";
}

UserDataOutcome to_outcome(std::string_view text) {
  if (text == "succeeded") return UserDataOutcome::succeeded;
  return text == "failed" ? UserDataOutcome::failed : UserDataOutcome::running;
}

std::string to_json(const MachineRecord& record) {
  json::array volumes;
  for (const auto& volume : record.volumes) {
    volumes.push_back(json::object{{"id", volume.id.str()}, {"device", volume.device}});
  }
  json::array interfaces;
  for (const auto& interface : record.interfaces) interfaces.emplace_back(interface.str());
  const json::object object = {{"version", version},
                               {"id", record.id.str()},
                               {"pid", record.init.pid},
                               {"start_ticks", record.init.start_ticks},
                               {"boot", record.init.boot},
                               {"root_device", record.root_device},
                               {"volumes", volumes},
                               {"interfaces", interfaces},
                               {"stop_signal", record.stop_signal},
                               {"user_data", to_text(record.user_data)}};
  return json::serialize(object);
}

MachineRecord from_json(const json::object& object) {
  const auto text = [](const json::value& value) { return std::string(value.as_string()); };
  MachineRecord record;
  if (object.at("version").to_number<int>() != version) throw std::runtime_error("unknown version");
  record.id = InstanceId(text(object.at("id")));
  record.init.pid = object.at("pid").to_number<pid_t>();
  record.init.start_ticks = object.at("start_ticks").to_number<uint64_t>();
  record.init.boot = text(object.at("boot"));
  record.root_device = text(object.at("root_device"));
  for (const auto& volume : object.at("volumes").as_array()) {
    record.volumes.push_back({VolumeId(text(volume.as_object().at("id"))), text(volume.as_object().at("device"))});
  }
  for (const auto& interface : object.at("interfaces").as_array()) {
    record.interfaces.emplace_back(text(interface));
  }
  record.stop_signal = text(object.at("stop_signal"));
  record.user_data = to_outcome(text(object.at("user_data")));
  return record;
}

}  // namespace

Result<MachineRecords> MachineRecords::open(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return Failure(system_error("making " + folder, errno));
  return MachineRecords(folder);
}

Result<void> MachineRecords::write(const MachineRecord& record) const {
  return write_durably(path(record.id), to_json(record));
}

Result<void> MachineRecords::remove(const InstanceId& machine) const {
  return remove_file(path(machine));
}

Result<std::vector<MachineRecord>> MachineRecords::all() const {
  std::vector<MachineRecord> records;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (entry.path().extension() == ".new") std::filesystem::remove(entry.path());  // half written by a crash
    if (entry.path().extension() != ".json") continue;
    HF_TRY(const std::string text, read_small_file(entry.path().string()));
    try {
      records.push_back(from_json(json::parse(text).as_object()));
    } catch (const std::exception& problem) {
      return fail(ErrorKind::invalid, "BadMachineRecord",
                  fmt::format("{} cannot be read ({}); if no machine of this cloud runs any more, remove the file",
                              entry.path().string(), problem.what()));
    }
  }
  if (error) return Failure(system_error("listing " + folder_, error.value()));
  return records;
}

}  // namespace holdfast::cloud::linux_
