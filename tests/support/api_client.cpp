#include "support/api_client.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "model/document.h"
#include "support/http_client.h"
#include "support/wait.h"

namespace holdfast::support {
namespace json = boost::json;
namespace {

constexpr char kManaged[] = "/aws/ec2/managedInstance";
constexpr const char* kPhases[] = {"terminating", "saving", "launching", "attaching", "checking"};

std::string text_of(const json::value& value, std::string_view name) {
  const json::value* member = value.is_object() ? value.get_object().if_contains(name) : nullptr;
  if (member == nullptr || member->is_null()) return {};
  return member->is_string() ? std::string(member->get_string()) : json::serialize(*member);
}

int64_t number_of(const json::value& value, std::string_view name) {
  return parse_int(text_of(value, name)).value_or(0);
}

const json::value& member_of(const json::value& value, std::string_view name) {
  static const json::value kNothing;
  const json::value* member = value.is_object() ? value.get_object().if_contains(name) : nullptr;
  return member == nullptr ? kNothing : *member;
}

Failure bad_answer(const std::string& what, const std::string& body) {
  return fail(ErrorKind::unknown_outcome, "BadAnswer", fmt::format("{}: {}", what, body.substr(0, 300)));
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 400:
      return ErrorKind::invalid;
    case 401:
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 429:
      return ErrorKind::throttled;
    case 503:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::unknown_outcome;
  }
}

Failure failure_of(const HttpAnswer& answer) {
  boost::system::error_code error;
  const json::value body = json::parse(answer.body, error);
  const json::value& errors = member_of(member_of(body, "response"), "errors");
  if (error || !errors.is_array() || errors.get_array().empty()) {
    return fail(kind_of(answer.status), std::to_string(answer.status), answer.body.substr(0, 300));
  }
  // One fault carries its field; of several, each field must be seen when a test fails.
  const json::array& faults = errors.get_array();
  const json::value& first = faults.front();
  std::string message = text_of(first, "message");
  for (size_t i = 0; faults.size() > 1 && i < faults.size(); ++i) {
    if (i == 0) message.clear();
    message += (i == 0 ? "" : "; ") + text_of(faults[i], "message") + " (" + text_of(faults[i], "field") + ")";
  }
  return fail(kind_of(answer.status), text_of(first, "code"), message, text_of(first, "field"));
}

Result<json::array> items_of(const std::string& items) {
  boost::system::error_code error;
  json::value value = json::parse(items, error);
  if (error || !value.is_array()) return bad_answer("no items", items);
  return std::move(value.get_array());
}

Result<json::value> only_item(const std::string& items) {
  HF_TRY(json::array array, items_of(items));
  if (array.size() != 1) return bad_answer("not one item", items);
  return array[0];
}

Happening happening_of(const json::value& item) {
  Happening it;
  it.sequence = number_of(item, "sequence");
  it.at = from_iso(text_of(item, "at")).value_or(Time{});
  it.kind = text_of(item, "kind");
  it.message = text_of(item, "message");
  const json::value& data = member_of(item, "data");
  it.generation = static_cast<int>(number_of(data, "generation"));
  it.total_ms = number_of(data, "total_ms");
  const json::value& phases = member_of(data, "phases_ms");
  for (const char* phase : kPhases) {
    if (phases.is_object() && phases.get_object().contains(phase))
      it.phases_ms.emplace_back(phase, number_of(phases, phase));
  }
  return it;
}

std::string tag_of(const json::value& item, std::string_view key) {
  const json::value& tags = member_of(item, "tags");
  if (tags.is_object()) return text_of(tags, key);
  if (!tags.is_array()) return {};
  for (const json::value& tag : tags.get_array()) {
    if (text_of(tag, "key") == key || text_of(tag, "tagKey") == key) {
      return text_of(tag, "value") + text_of(tag, "tagValue");
    }
  }
  return {};
}

}  // namespace

std::string to_string(Cause cause) {
  return cause == Cause::notice ? "notice" : cause == Cause::no_notice ? "no_notice" : "power_cut";
}

Result<std::string> ApiClient::call(const std::string& method, const std::string& path, const std::string& body,
                                    Duration limit) const {
  HF_TRY(const HttpAnswer answer, http_call({method, url_ + path, body, token_, "application/json", limit}));
  if (answer.status != 200) return failure_of(answer);
  boost::system::error_code error;
  const json::value parsed = json::parse(answer.body, error);
  if (error) return bad_answer("no JSON", answer.body);
  const json::value& items = member_of(member_of(parsed, "response"), "items");
  return items.is_array() ? json::serialize(items) : std::string("[]");
}

Result<void> ApiClient::ready() const {
  HF_TRY(const HttpAnswer answer,
         http_call({"GET", url_ + "/readyz", {}, {}, "application/json", std::chrono::seconds(5)}));
  if (answer.status != 200) return fail(ErrorKind::unavailable, "NotReady", answer.body);
  return {};
}

Result<std::string> ApiClient::create(const std::string& document) const {
  HF_TRY(const std::string items, call("POST", kManaged, "{\"managedInstance\":" + document + "}"));
  HF_TRY(const json::value item, only_item(items));
  return text_of(item, "id");
}

Result<std::vector<std::pair<std::string, std::string>>> ApiClient::list() const {
  HF_TRY(const std::string items, call("GET", kManaged));
  HF_TRY(const json::array array, items_of(items));
  std::vector<std::pair<std::string, std::string>> found;
  for (const json::value& item : array) found.emplace_back(text_of(item, "id"), text_of(item, "name"));
  return found;
}

Result<ManagedStatus> ApiClient::status(const std::string& id) const {
  HF_TRY(const std::string items, call("GET", fmt::format("{}/{}/status", kManaged, id)));
  HF_TRY(const json::value item, only_item(items));
  ManagedStatus status;
  status.id = text_of(item, "id");
  status.name = text_of(item, "name");
  status.status = text_of(item, "status");
  status.phase = text_of(item, "phase");
  status.error = text_of(item, "error");
  status.generation = static_cast<int>(number_of(item, "generation"));
  status.instance_id = text_of(item, "instanceId");
  status.private_ip = text_of(item, "privateIp");
  status.mac = text_of(member_of(item, "interface"), "mac");
  if (const json::value& volumes = member_of(item, "volumes"); volumes.is_array()) {
    for (const json::value& volume : volumes.get_array()) {
      if (text_of(volume, "role") != "superseded")
        status.volumes[text_of(volume, "device")] = text_of(volume, "volumeId");
    }
  }
  status.text = json::serialize(item);
  return status;
}

Result<void> ApiClient::act(const std::string& id, const std::string& action) const {
  HF_TRY_VOID(call("PUT", fmt::format("{}/{}/{}", kManaged, id, action)));
  return {};
}

Result<void> ApiClient::remove(const std::string& id, Keep keep) const {
  const json::value body = {{"deallocationConfig",
                             {{"shouldTerminateInstance", true},
                              {"shouldDeleteImages", !keep.images},
                              {"shouldDeleteNetworkInterfaces", !keep.interfaces},
                              {"shouldDeleteSnapshots", !keep.snapshots},
                              {"shouldDeleteVolumes", !keep.volumes}}}};
  HF_TRY_VOID(call("DELETE", fmt::format("{}/{}", kManaged, id), json::serialize(body)));
  return {};
}

Result<std::vector<Happening>> ApiClient::events(const std::string& id, int64_t after) const {
  std::vector<Happening> all;
  constexpr int kPages = 1000;
  for (int page = 0; page < kPages; ++page) {
    HF_TRY(const std::string items, call("GET", fmt::format("{}/{}/events?after={}&limit=100", kManaged, id, after)));
    HF_TRY(const json::array array, items_of(items));
    for (const json::value& item : array) all.push_back(happening_of(item));
    if (array.empty() || all.back().sequence <= after) return all;
    after = all.back().sequence;
  }
  return all;
}

Result<void> ApiClient::follow(const std::string& id, int64_t after, const std::atomic<bool>& stop,
                               const std::function<void(const Happening&)>& happened) const {
  const HttpCall call{
      "GET", fmt::format("{}{}/{}/events?after={}", url_, kManaged, id, after), {}, token_, "text/event-stream", {}};
  std::string data;
  return http_lines(call, stop, [&](const std::string& line) {
    if (line.rfind("data:", 0) == 0) data += trim(std::string_view(line).substr(5));
    if (!line.empty() || data.empty()) return;
    boost::system::error_code error;
    const json::value item = json::parse(data, error);
    data.clear();
    if (!error) happened(happening_of(item));
  });
}

Result<std::vector<CloudInstance>> ApiClient::cloud_instances() const {
  HF_TRY(const std::string items, call("GET", "/cloud/instances"));
  HF_TRY(const json::array array, items_of(items));
  std::vector<CloudInstance> instances;
  for (const json::value& item : array) {
    CloudInstance it;
    it.id = text_of(item, "id").empty() ? text_of(item, "instanceId") : text_of(item, "id");
    it.state = text_of(item, "state");
    it.managed_instance = tag_of(item, "holdfast:managed-instance");
    it.generation = tag_of(item, "holdfast:generation");
    instances.push_back(it);
  }
  return instances;
}

Result<std::vector<CloudResource>> ApiClient::cloud_resources() const {
  HF_TRY(const std::string items, call("GET", "/cloud/resources"));
  HF_TRY(const json::array array, items_of(items));
  std::vector<CloudResource> resources;
  for (const json::value& item : array) {
    resources.push_back({text_of(item, "kind"), text_of(item, "id"), text_of(item, "state"),
                         tag_of(item, "holdfast:managed-instance")});
  }
  return resources;
}

Result<void> ApiClient::interrupt(const std::string& instance, Cause cause, int notice_seconds) const {
  json::object body = {{"how", to_string(cause)}};
  if (cause == Cause::notice) body["noticeSeconds"] = notice_seconds;
  HF_TRY_VOID(call("POST", fmt::format("/cloud/instances/{}/interrupt", instance), json::serialize(body)));
  return {};
}

Result<CommandResult> ApiClient::exec(const std::string& instance, const std::vector<std::string>& argv,
                                      Duration limit) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
  const json::object body = {{"argv", json::value_from(argv)}, {"timeoutSeconds", seconds}};
  HF_TRY(const std::string items, call("POST", fmt::format("/cloud/instances/{}/exec", instance), json::serialize(body),
                                       limit + std::chrono::seconds(5)));
  HF_TRY(const json::value item, only_item(items));
  return CommandResult{static_cast<int>(number_of(item, "exitStatus")), text_of(item, "stdout"),
                       text_of(item, "stderr")};
}

Result<std::string> ApiClient::console(const std::string& instance) const {
  HF_TRY(const std::string items, call("GET", fmt::format("/cloud/instances/{}/console", instance)));
  HF_TRY(const json::value item, only_item(items));
  return text_of(item, "output");
}

Result<ManagedStatus> ApiClient::wait_for(const std::string& id, const std::string& wanted, Duration limit) const {
  Result<ManagedStatus> last;
  const bool reached = wait_until(limit, [&] {
    last = status(id);
    return last && last->status == wanted;
  });
  if (reached || !last) return last;
  return fail(ErrorKind::unavailable, "TimedOut",
              fmt::format("{} is {} ({}) after {} instead of {}. {}", id, last->status, last->phase, to_words(limit),
                          wanted, last->error));
}

Result<std::string> document_of(const std::string& yaml_file, const std::map<std::string, std::string>& changes) {
  std::ifstream file(yaml_file);
  if (!file) return fail(ErrorKind::not_found, "NoFile", "cannot read " + yaml_file);
  std::ostringstream text;
  text << file.rdbuf();
  HF_TRY(const std::string document, model::document_from_yaml(text.str()));
  json::value value = json::parse(document);
  for (const auto& [path, wanted] : changes) {
    json::value* at = &value;
    for (const std::string& name : split(path, '.')) {
      if (!at->is_object()) at->emplace_object();
      at = &at->get_object()[name];
    }
    const bool structured = !wanted.empty() && (wanted[0] == '[' || wanted[0] == '{');
    *at = structured ? json::parse(wanted) : json::value(wanted);
  }
  return json::serialize(value);
}

}  // namespace holdfast::support
