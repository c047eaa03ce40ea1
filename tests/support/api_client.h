// The service as its users see it: the REST API and the local cloud's controls, in plain types. It knows the wire and
// nothing of the service's insides, so what passes here passes for any client. Used by the demo and every suite.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::support {

// GET …/{id}/status, what the suites need of it.
struct ManagedStatus {
  std::string id;
  std::string name;
  std::string status;  // "ACTIVE"
  std::string phase;
  std::string error;
  int generation = 0;
  std::string instance_id;
  std::string private_ip;
  std::string mac;                             // of the kept interface
  std::map<std::string, std::string> volumes;  // device -> id, of those that hold its state now
  std::string text;                            // the whole item as JSON: every id that the service knows of is in it
};

struct Happening {
  int64_t sequence = 0;
  Time at{};
  std::string kind;
  std::string message;
  int generation = 0;                                      // where the data says one
  int64_t total_ms = 0;                                    // of a "replaced" or "started"
  std::vector<std::pair<std::string, int64_t>> phases_ms;  // the same, in the order of a handover
};

struct CloudInstance {
  std::string id;
  std::string state;
  std::string managed_instance;  // tag holdfast:managed-instance
  std::string generation;        // tag holdfast:generation
};

struct CloudResource {
  std::string kind;  // "instance", "volume", "snapshot", "image", "network-interface"
  std::string id;
  std::string state;
  std::string managed_instance;
};

struct CommandResult {
  int exit_status = 0;
  std::string out;
  std::string err;
};

enum class Cause { notice, no_notice, power_cut };
std::string to_string(Cause cause);

struct Keep {  // what a delete keeps
  bool volumes = false;
  bool snapshots = false;
  bool images = false;
  bool interfaces = false;
};

// Thread: stateless between calls; any thread.
class ApiClient {
 public:
  ApiClient(std::string url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

  Result<void> ready() const;                                             // unavailable with the reason of /readyz
  Result<std::string> create(const std::string& document) const;          // JSON object of the managed instance; its id
  Result<std::vector<std::pair<std::string, std::string>>> list() const;  // id, name
  Result<ManagedStatus> status(const std::string& id) const;
  // "pause", "resume", "recycle"
  Result<void> act(const std::string& id, const std::string& action) const;
  Result<void> remove(const std::string& id, Keep keep = {}) const;
  Result<std::vector<Happening>> events(const std::string& id, int64_t after) const;
  // Hands out events as they happen until `stop`; ends with an error when the stream breaks.
  Result<void> follow(const std::string& id, int64_t after, const std::atomic<bool>& stop,
                      const std::function<void(const Happening&)>& happened) const;

  Result<std::vector<CloudInstance>> cloud_instances() const;
  Result<std::vector<CloudResource>> cloud_resources() const;  // GET /cloud/resources: whatever exists, ours or not
  Result<void> interrupt(const std::string& instance, Cause cause, int notice_seconds = 120) const;
  Result<CommandResult> exec(const std::string& instance, const std::vector<std::string>& argv,
                             Duration limit = std::chrono::seconds(30)) const;
  Result<std::string> console(const std::string& instance) const;

  // One call as it is: the items of the answer as JSON text, or the answer's first error.
  Result<std::string> call(const std::string& method, const std::string& path, const std::string& body = {},
                           Duration limit = std::chrono::seconds(30)) const;
  // Blocks until the status is `wanted`. The error says what it was instead, and why.
  Result<ManagedStatus> wait_for(const std::string& id, const std::string& wanted, Duration limit) const;

  const std::string& url() const { return url_; }

 private:
  std::string url_;
  std::string token_;
};

// A managed instance's document from a YAML file, as JSON, with other values for some fields: {"name": "a"} sets the
// name, dotted paths reach inside ("persistence.blockDevicesMode").
Result<std::string> document_of(const std::string& yaml_file, const std::map<std::string, std::string>& changes);

}  // namespace holdfast::support
