#include "cloud/control.h"

#include <atomic>
#include <boost/json.hpp>

#include "base/random.h"
#include "base/text.h"
#include "cloud/control_body.h"
#include "cloud/control_resources.h"

namespace holdfast::cloud {

namespace {

namespace json = boost::json;

constexpr int64_t kMaxExecSeconds = 600;
constexpr Duration kBuildLimit = std::chrono::minutes(10);

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::denied:
      return 403;
    default:
      return 503;
  }
}

http::Response envelope(const http::Request& request, int status, json::object body) {
  body["status"] = {{"code", status}, {"message", status == 200 ? "OK" : "Error"}};
  json::object whole;
  static const Duration::rep kStart = std::chrono::system_clock::now().time_since_epoch().count();
  static std::atomic<uint64_t> next{0};
  whole["request"] = {{"id", Random(static_cast<uint64_t>(kStart) + next++).hex(16)},
                      {"url", request.path},
                      {"method", request.method},
                      {"timestamp", to_iso(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()))}};
  whole["response"] = std::move(body);
  return {status, {}, json::serialize(whole), {}};
}

http::Response items(const http::Request& request, const char* kind, json::array list) {
  json::object body;
  body["kind"] = kind, body["count"] = list.size(), body["items"] = std::move(list);
  return envelope(request, 200, std::move(body));
}

http::Response errors(const http::Request& request, int status, const std::vector<Error>& all) {
  json::array list;
  for (const auto& error : all) {
    list.push_back({{"code", error.code}, {"message", error.message}, {"field", error.field}});
  }
  json::object body;
  body["errors"] = std::move(list);
  return envelope(request, status, std::move(body));
}

http::Response error(const http::Request& request, const Error& error) {
  return errors(request, status_of(error.kind), {error});
}

// The answer to a call that has nothing to say but that it was done.
http::Response done(const http::Request& request, const char* kind, const Result<void>& outcome) {
  return outcome ? items(request, kind, {}) : error(request, outcome.error());
}

json::value text_or_null(const std::optional<Time>& time) {
  return time ? json::value(to_iso(*time)) : json::value();
}

json::object show(const CloudInstance& one) {
  const auto& instance = one.instance;
  json::object tags;
  for (const auto& tag : instance.tags) tags[tag.key] = tag.value;
  json::array volumes;
  for (const auto& device : instance.block_device_mappings) {
    volumes.push_back(
        {{"deviceName", device.device_name}, {"volumeId", device.volume_id.str()}, {"status", device.status}});
  }
  json::array interfaces;
  for (const auto& interface : instance.network_interfaces) {
    interfaces.push_back({{"networkInterfaceId", interface.network_interface_id.str()},
                          {"macAddress", interface.mac_address},
                          {"privateIp", interface.private_ip_address}});
  }
  json::object shown;
  shown["instanceId"] = instance.instance_id.str(), shown["state"] = instance.state;
  shown["stateReason"] = instance.state_reason ? json::value(instance.state_reason->message) : json::value();
  shown["instanceType"] = instance.instance_type;
  shown["lifeCycle"] = instance.instance_lifecycle == "spot" ? "spot" : "on_demand";
  shown["imageId"] = instance.image_id.str(), shown["availabilityZone"] = instance.availability_zone;
  shown["subnetId"] = instance.subnet_id.str(), shown["privateIp"] = instance.private_ip_address;
  shown["launchedAt"] = to_iso(instance.launch_time);
  shown["interruptionAt"] = text_or_null(one.interruption_at), shown["rebalanceAt"] = text_or_null(one.rebalance_at);
  const bool gone = instance.state == "terminated";  // then what had not ended by itself ended with the machine
  shown["userData"] = one.user_data == UserDataOutcome::succeeded ? json::value("succeeded")
                      : one.user_data == UserDataOutcome::failed  ? json::value("failed")
                      : gone                                      ? json::value()
                                                                  : json::value("running");
  shown["volumes"] = std::move(volumes), shown["networkInterfaces"] = std::move(interfaces);
  shown["tags"] = std::move(tags);
  return shown;
}

http::Response interrupt(Cloud& cloud, const http::Request& request, const InstanceId& id) {
  ControlBody body(request.body);
  InterruptHow how;
  std::string word = body.text("how").value_or("notice");
  auto seconds = body.integer("noticeSeconds");
  auto mistakes = body.mistakes();
  if (word == "no_notice")
    how.kind = InterruptHow::Kind::no_notice;
  else if (word == "power_cut")
    how.kind = InterruptHow::Kind::power_cut;
  else if (word != "notice")
    mistakes.push_back({ErrorKind::invalid, "INVALID_FIELD", "how is notice, no_notice or power_cut.", "how"});
  constexpr int64_t kMaxNotice = 86400;
  if (seconds && word != "notice") {
    mistakes.push_back(
        {ErrorKind::invalid, "INVALID_FIELD", "Only how: notice has a time of notice.", "noticeSeconds"});
  } else if (seconds && (*seconds < 0 || *seconds > kMaxNotice)) {
    mistakes.push_back({ErrorKind::invalid, "INVALID_FIELD", "noticeSeconds is 0 to 86400.", "noticeSeconds"});
  } else if (seconds) {
    how.notice = std::chrono::seconds(*seconds);
  }
  if (!mistakes.empty()) return errors(request, 400, mistakes);
  return done(request, "cloud:interruption", cloud.interrupt(id, how));
}

http::Response exec(Cloud& cloud, const http::Request& request, const InstanceId& id) {
  ControlBody body(request.body);
  auto argv = body.texts("argv", true);
  std::string input = body.text("stdin").value_or("");
  int64_t seconds = body.integer("timeoutSeconds").value_or(60);
  auto mistakes = body.mistakes();
  if (argv && argv->empty()) mistakes.push_back({ErrorKind::invalid, "INVALID_FIELD", "argv needs a command.", "argv"});
  if (seconds < 1 || seconds > kMaxExecSeconds) {
    mistakes.push_back({ErrorKind::invalid, "INVALID_FIELD", "timeoutSeconds is 1 to 600.", "timeoutSeconds"});
  }
  if (!mistakes.empty()) return errors(request, 400, mistakes);
  auto outcome = cloud.run_command(id, *argv, input, std::chrono::seconds(seconds));
  if (!outcome) return error(request, outcome.error());
  // JSON carries text only: other bytes are given as base64, under another name.
  json::object shown{{"exitStatus", outcome->exit_status}, {"outputCut", outcome->cut}};
  auto put = [&](const std::string& name, const std::string& bytes) {
    if (is_utf8(bytes))
      shown[name] = bytes;
    else
      shown[name + "Base64"] = base64_encode(bytes);
  };
  put("stdout", outcome->out), put("stderr", outcome->err);
  return items(request, "cloud:command", {std::move(shown)});
}

http::Response console(Cloud& cloud, const http::Request& request, const InstanceId& id) {
  auto output = cloud.console_output(id);
  if (!output) return error(request, output.error());
  bool text = is_utf8(*output);
  return items(request, "cloud:console",
               {json::object{{text ? "output" : "outputBase64", text ? *output : base64_encode(*output)}}});
}

http::Response list_images(Cloud& cloud, const http::Request& request) {
  json::array list;
  auto images = cloud.call(ec2::DescribeImagesRequest{{}, {"amazon"}, {}, 0, ""});
  if (!images) return error(request, images.error());
  for (const auto& name : cloud.buildable_images()) {
    json::object shown{{"name", name}, {"imageId", nullptr}, {"state", "not built"}};
    for (const auto& image : images->images) {
      if (image.name == name) shown["imageId"] = image.image_id.str(), shown["state"] = image.state;
    }
    list.push_back(std::move(shown));
  }
  return items(request, "cloud:image", std::move(list));
}

http::Response build(Cloud& cloud, const http::Request& request, const std::string& name) {
  ControlBody body(request.body);
  if (auto mistakes = body.mistakes(); !mistakes.empty()) return errors(request, 400, mistakes);
  auto id = cloud.build_image_and_wait(name, kBuildLimit);
  if (!id) return error(request, id.error());
  return items(request, "cloud:image", {json::object{{"name", name}, {"imageId", id->str()}, {"state", "available"}}});
}

http::Response list_markets(Cloud& cloud, const http::Request& request) {
  json::array list;
  for (const auto& market : cloud.markets()) {
    json::object shown{{"instanceType", market.key.instance_type}, {"availabilityZone", market.key.availability_zone}};
    shown["lifeCycle"] = market.key.spot ? "spot" : "on_demand", shown["price"] = market.price;
    shown["capacity"] = market.capacity ? json::value(*market.capacity) : json::value(),
    shown["running"] = market.running;
    list.push_back(std::move(shown));
  }
  return items(request, "cloud:market", std::move(list));
}

http::Response change_market(Cloud& cloud, const http::Request& request) {
  ControlBody body(request.body);
  MarketKey key;
  key.instance_type = body.text("instanceType", true).value_or("");
  key.availability_zone = body.text("availabilityZone", true).value_or("");
  std::string life_cycle = body.text("lifeCycle").value_or("spot");
  key.spot = life_cycle == "spot";
  auto capacity = body.integer("capacity");
  bool unlimited = body.is_null("capacity");
  auto price = body.number("price");
  auto mistakes = body.mistakes();
  if (life_cycle != "spot" && life_cycle != "on_demand") {
    mistakes.push_back({ErrorKind::invalid, "INVALID_FIELD", "lifeCycle is spot or on_demand.", "lifeCycle"});
  }
  constexpr int64_t kMost = 1'000'000;
  if (capacity && (*capacity < 0 || *capacity > kMost)) {
    mistakes.push_back(
        {ErrorKind::invalid, "INVALID_FIELD", "capacity is 0 to 1000000, or null for unlimited.", "capacity"});
  }
  if (!capacity && !unlimited && !price) {
    mistakes.push_back({ErrorKind::invalid, "MISSING_FIELD", "Give a capacity, a price, or both.", "capacity"});
  }
  if (!mistakes.empty()) return errors(request, 400, mistakes);
  if (price) {
    if (auto outcome = cloud.set_spot_price(key, *price); !outcome) return error(request, outcome.error());
  }
  if (capacity || unlimited) {
    std::optional<int> limit;
    if (capacity) limit = static_cast<int>(*capacity);
    if (auto outcome = cloud.set_capacity(key, limit); !outcome) return error(request, outcome.error());
  }
  return items(request, "cloud:market", {});
}

http::Response faults(Cloud& cloud, const http::Request& request) {
  ControlBody body(request.body);
  auto action = body.text("action", true);
  auto code = body.text("code");
  int64_t delay = body.integer("delayMilliseconds").value_or(0);
  bool lose_reply = body.boolean("loseReply").value_or(false);
  int64_t count = body.integer("count").value_or(1);
  auto mistakes = body.mistakes();
  if (count < 0 || count > 10000)
    mistakes.push_back({ErrorKind::invalid, "INVALID_FIELD", "count is 0 to 10000.", "count"});
  if (!mistakes.empty()) return errors(request, 400, mistakes);
  const Fault fault{*action, code.value_or(""), Duration(delay), lose_reply, static_cast<int>(count)};
  return done(request, "cloud:fault", cloud.set_fault(fault));
}

http::Response list_instances(Cloud& cloud, const http::Request& request) {
  json::array list;
  for (const auto& instance : cloud.instances()) list.push_back(show(instance));
  return items(request, "cloud:instance", std::move(list));
}

http::Response instance_action(Cloud& cloud, const http::Request& request, const InstanceId& id,
                               const std::string& action) {
  if (action == "interrupt" && request.method == "POST") return interrupt(cloud, request, id);
  if (action == "exec" && request.method == "POST") return exec(cloud, request, id);
  if (action == "console" && request.method == "GET") return console(cloud, request, id);
  if (action == "rebalance" && request.method == "POST") {
    ControlBody body(request.body);
    if (auto mistakes = body.mistakes(); !mistakes.empty()) return errors(request, 400, mistakes);
    return done(request, "cloud:rebalance", cloud.rebalance(id));
  }
  return errors(request, 404,
                {{ErrorKind::not_found, "NOT_FOUND", "There is no " + request.method + " " + request.path + ".", ""}});
}

}  // namespace

http::Response handle_control(Cloud& cloud, const http::Request& request) {
  auto parts = split(request.path, '/');  // "", "cloud", …
  const std::string& method = request.method;
  std::string what = parts.size() > 2 ? parts[2] : "";
  if (parts.size() == 5 && what == "instances") return instance_action(cloud, request, InstanceId(parts[3]), parts[4]);
  if (parts.size() == 5 && what == "images" && parts[4] == "build" && method == "POST")
    return build(cloud, request, parts[3]);
  if (parts.size() == 3) {
    if (what == "instances" && method == "GET") return list_instances(cloud, request);
    if (what == "images" && method == "GET") return list_images(cloud, request);
    if (what == "resources" && method == "GET") {
      auto list = list_resources(cloud);
      return list ? items(request, "cloud:resource", std::move(*list)) : error(request, list.error());
    }
    if (what == "markets" && method == "GET") return list_markets(cloud, request);
    if (what == "markets" && method == "PUT") return change_market(cloud, request);
    if (what == "faults" && method == "POST") return faults(cloud, request);
  }
  return errors(request, 404,
                {{ErrorKind::not_found, "NOT_FOUND", "There is no " + method + " " + request.path + ".", ""}});
}

}  // namespace holdfast::cloud
