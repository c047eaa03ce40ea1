#include "cli/fake_service.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/check.h"
#include "base/text.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

http::Response envelope(int status, json::object response) {
  response["status"] = {{"code", status}};
  return {
      status, {}, json::serialize(json::object{{"request", json::object()}, {"response", std::move(response)}}), {}};
}

http::Response items(json::array list) {
  return envelope(200, {{"items", std::move(list)}});
}

http::Response refusal(int status, const std::string& code, const std::string& message) {
  return envelope(status, {{"errors", json::array{{{"code", code}, {"message", message}}}}});
}

}  // namespace

FakeService::FakeService() {
  listen(0);
}

void FakeService::listen(uint16_t port) {
  http::ServerOptions options;
  options.port = port;
  auto server = http::Server::start(options, [this](const http::Request& request) { return handle(request); });
  CHECK(server.has_value());
  server_ = std::move(*server);
}

void FakeService::restart() {
  const uint16_t port = server_->port();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  server_.reset();
  {
    std::lock_guard lock(mutex_);
    stopping_ = false;
  }
  listen(port);
}

bool FakeService::wait_sent(int64_t sequence) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return sent_ >= sequence; });
}

FakeService::~FakeService() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

std::string FakeService::url() const {
  return fmt::format("http://127.0.0.1:{}", server_->port());
}

void FakeService::have(const std::string& id, const std::string& name, const std::string& status, int generation) {
  std::lock_guard lock(mutex_);
  documents_[id] = {{"name", name}, {"persistence", {{"persistRootDevice", true}}}};
  statuses_[id] = {{"id", id},
                   {"name", name},
                   {"status", status},
                   {"generation", generation},
                   {"phase", "none"},
                   {"instanceId", "i-00000000000000001"},
                   {"instanceType", "t3.medium"},
                   {"privateIp", "10.31.0.5"},
                   {"error", nullptr},
                   {"launchedAt", "2026-11-24T03:46:38.000Z"}};
}

void FakeService::set(const std::string& id, const std::string& member, json::value value) {
  std::lock_guard lock(mutex_);
  statuses_.at(id)[member] = std::move(value);
}

void FakeService::keep(const std::string& id, json::object document) {
  std::lock_guard lock(mutex_);
  documents_.at(id) = std::move(document);
}

void FakeService::forget(const std::string& id) {
  std::lock_guard lock(mutex_);
  statuses_.erase(id);
  documents_.erase(id);
  changed_.notify_all();
}

void FakeService::happen(const std::string& id, const std::string& kind, const std::string& message) {
  std::lock_guard lock(mutex_);
  events_.push_back({{"sequence", events_.size() + 1},
                     {"managedInstanceId", id},
                     {"at", "2026-11-24T03:46:38.000Z"},
                     {"kind", kind},
                     {"message", message},
                     {"data", {{"phases_ms", {{"saving", 33}}}}}});
  changed_.notify_all();
}

void FakeService::answer(const std::string& call, int status, json::array content) {
  std::lock_guard lock(mutex_);
  canned_[call] = {status, std::move(content)};
}

std::vector<Seen> FakeService::seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<Seen> FakeService::seen(const std::string& method) const {
  std::vector<Seen> found;
  for (const Seen& one : seen()) {
    if (one.method == method && !one.dry) found.push_back(one);
  }
  return found;
}

http::Response FakeService::handle(const http::Request& request) {
  if (request.header("authorization") != std::string("Bearer ") + kToken)
    return refusal(401, "Unauthorized", "no token");
  const std::string call = request.method + " " + request.path;
  if (before) before(call);
  {
    std::lock_guard lock(mutex_);
    json::error_code bad;
    seen_.push_back({request.method, request.path, json::parse(request.body, bad),
                     request.header("idempotency-key").value_or(""), request.header("if-match").value_or(""),
                     request.query_value("dryRun") == "true"});
    if (auto canned = canned_.find(call); canned != canned_.end()) {
      const auto& [status, content] = canned->second;
      return status == 200 ? items(content) : envelope(status, {{"errors", content}});
    }
  }
  std::vector<std::string> parts = split(request.path, '/');  // "", aws, ec2, managedInstance, id, what
  http::Response response = refusal(404, "NotFound", "no such path");
  if (parts.size() >= 4 && parts[3] == "managedInstance") response = managed(request, parts);
  const bool acts = request.method != "GET" && request.query_value("dryRun") != "true";
  if (acts && on_action) on_action(call);
  return response;
}

http::Response FakeService::create(const http::Request& request) {
  const std::string key = request.header("idempotency-key").value_or("");
  if (!key.empty() && made_.contains(key))
    return refusal(409, "IdempotencyKeyUsed", "the key has made " + made_.at(key));
  const std::string id = fmt::format("smi-{:08}", 99 + made_.size());
  json::object made = json::parse(request.body).at("managedInstance").as_object();
  made_[key] = id;
  documents_[id] = made;
  statuses_[id] = {
      {"id", id}, {"name", made.at("name")}, {"status", "RESUMING"}, {"generation", 0}, {"error", nullptr}};
  made["id"] = id;
  return items({made});
}

http::Response FakeService::foretold(const http::Request& request, const std::vector<std::string>& parts) {
  const std::string id = parts.size() > 4 ? parts[4] : "";
  if (!id.empty() && !statuses_.contains(id)) return refusal(404, "NotFound", "There is no managed instance " + id);
  json::object step{{"step", 1}, {"action", "RunInstances"}, {"target", "t3.nano in z1"}, {"reason", "generation 1"}};
  step["underWay"] = false;
  return items({json::object{{"id", id},
                             {"call", request.method},
                             {"statusBefore", id.empty() ? json::value(nullptr) : statuses_.at(id).at("status")},
                             {"statusAfter", "ACTIVE"},
                             {"steps", json::array{std::move(step)}},
                             {"phases", json::array{{{"phase", "launching"}, {"usualMilliseconds", 1200}, {"of", 3}}}},
                             {"usualMilliseconds", 1200},
                             {"usualBy", "the median"},
                             {"notes", json::array{"a note"}}}});
}

http::Response FakeService::managed(const http::Request& request, const std::vector<std::string>& parts) {
  if (parts.size() == 6 && parts[5] == "events") return events(request, parts[4]);
  std::lock_guard lock(mutex_);
  auto item = [&](const std::string& id) {
    json::object whole = documents_.at(id);
    whole["id"] = id, whole["createdAt"] = "2026-11-24T03:46:38.000Z", whole["updatedAt"] = "2026-11-24T03:46:38.000Z";
    return whole;
  };
  if (parts.size() == 4 && request.method == "GET") {
    json::array all;
    for (const auto& entry : documents_) all.push_back(item(entry.first));
    return items(std::move(all));
  }
  if (request.query_value("dryRun") == "true") return foretold(request, parts);
  if (parts.size() == 4) return create(request);
  auto found = statuses_.find(parts[4]);
  if (found == statuses_.end()) return refusal(404, "NotFound", "There is no managed instance " + parts[4]);
  if (parts.size() == 6 || request.method == "DELETE") return items({found->second});
  if (request.method == "PUT" && changed_meanwhile_ && request.header("if-match")) {
    changed_meanwhile_ = false;
    return refusal(412, "PreconditionFailed", "it was changed since");
  }
  http::Response response = items({item(parts[4])});
  response.headers.emplace_back(
      "ETag", "\"" + std::to_string(std::hash<std::string>()(json::serialize(documents_.at(parts[4])))) + "\"");
  return response;
}

json::array FakeService::events_after(const std::string& id, int64_t after) {
  json::array found;
  for (const json::value& event : events_) {
    if (event.at("managedInstanceId") == json::value(id) && event.at("sequence").to_number<int64_t>() > after)
      found.push_back(event);
  }
  return found;
}

http::Response FakeService::events(const http::Request& request, const std::string& id) {
  auto after = std::make_shared<int64_t>(parse_int(request.query_value("after").value_or("0")).value_or(0));
  if (request.header("accept") != "text/event-stream") {
    std::lock_guard lock(mutex_);
    return items(events_after(id, *after));
  }
  http::Response response{200, {{"Content-Type", "text/event-stream"}}, ":\n\n", {}};
  response.stream = [this, id, after]() -> std::optional<std::string> {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(200),
                      [&] { return stopping_ || !events_after(id, *after).empty() || statuses_.count(id) == 0; });
    if (stopping_ || statuses_.count(id) == 0) return std::nullopt;
    std::string text;
    for (const json::value& event : events_after(id, *after)) {
      *after = event.at("sequence").to_number<int64_t>();
      text += fmt::format("id: {}\ndata: {}\n\n", *after, json::serialize(event));
      sent_ = std::max(sent_, *after);
    }
    if (!text.empty()) changed_.notify_all();
    return text;
  };
  return response;
}

Outcome run_line(const FakeService* service, const Typed& typed) {
  std::vector<std::string> words{"holdfast"};
  bool inside = false;
  bool open = false;
  for (char c : typed.line) {
    if (c == '\'') {
      inside = !inside;
    } else if (c == ' ' && !inside) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (c != '\'') words.back() += c;
  }
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());

  setenv("HOLDFAST_URL", service != nullptr ? service->url().c_str() : "http://127.0.0.1:1", 1);
  setenv("HOLDFAST_TOKEN", kToken, 1);
  std::istringstream in(typed.input);
  std::ostringstream out, err;
  CLI::App app("test", "holdfast");
  Run run{{in, out, err, typed.input_is_tty, false, false, typed.width}, 0, {}};
  add_client_commands(app, run);
  int status = parse_and_run(app, static_cast<int>(argv.size()), argv.data(), run);
  return {status, out.str(), err.str()};
}

}  // namespace holdfast::cli
