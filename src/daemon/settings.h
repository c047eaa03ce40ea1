// The service's settings: a YAML file, the environment (HOLDFAST_…) and flags; a flag beats the environment, which
// beats the file. One table (setting_names) says what there is; every name not in it is refused with the nearest known
// one, and all faults are told at once. Read by main and serve; never changed while the service runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/document.h"

namespace holdfast::daemon {

struct Settings {
  std::string data_dir;
  std::string address = "127.0.0.1";
  uint16_t port = 7400;
  std::string tls_certificate;  // files; both empty: plain HTTP
  std::string tls_key;
  std::string provider = "local";  // or "aws"
  std::string region;              // of AWS; this and the next two empty: chosen as AWS's own tools choose them
  std::string endpoint_url;
  std::string event_queue;        // SQS queue with EventBridge's events; empty: everything is found by looking
  int snapshots_at_once = 100;    // that the account may have under way: EC2's quota, unless it was raised
  uint16_t ec2_port = 0;          // of the local cloud's endpoint; 0: any free one
  std::string account_id;         // what requests may call the account; empty: nothing was said (AWS)
  int requests_per_second = 500;  // of each token; 0: no limit
  int request_burst = 1000;
  int max_streams = 1000;  // of events, at once
  std::string log_level = "info";
  std::string log_format = "text";  // or "json"
  std::string substrate = "linux";  // or "null": states only
  bool outside = false;             // machines reach the outside through NAT
  std::string cidr = "auto";        // or a block, of a new data directory
  int64_t pool_size_gib = 0;        // of a new pool; 0: chosen from what is free
  std::string access_key;           // of the cloud's EC2 endpoint; empty: made at the first start and kept
  std::string secret_key;
  std::string latency = "none";  // or "aws": answers and machines take as long as EC2's
  bool throttling = false;       // EC2's request limits
  Duration consistency_lag{};    // what was just made may be missing from answers for up to this long
  Duration shutdown_limit = std::chrono::seconds(60);
  Duration deallocation_retention = std::chrono::hours(96);
  Duration sweep_interval = std::chrono::seconds(60);
};

struct SettingName {
  std::string path;         // in the file: "cloud.pool_size_gib"
  std::string flag;         // "--pool-size-gib"
  std::string environment;  // "HOLDFAST_POOL_SIZE_GIB"
  std::string value;        // for help: "N"
  std::string help;
};
const std::vector<SettingName>& setting_names();

struct SettingSources {
  std::optional<std::string> file;                 // path; what was asked for must be there
  std::map<std::string, std::string> environment;  // all of it; names that begin with HOLDFAST_ are looked at
  std::map<std::string, std::string> flags;        // by flag
};

model::Checked<Settings> read_settings(const SettingSources& sources);

// What read_settings comes to, setting by setting, as texts; those without a meaning for the provider are left out.
struct Effective {
  std::string path;
  std::string value;  // empty: it is chosen when the service starts; a secret is not shown
  std::string from;   // "flag --port", "environment HOLDFAST_PORT", "file /etc/holdfast.yaml", "default"
};
model::Checked<std::vector<Effective>> effective_settings(const SettingSources& sources);
std::map<std::string, std::string> environment_of_process();

// /var/lib/holdfast for root, $XDG_STATE_HOME/holdfast (or ~/.local/state/holdfast) otherwise.
std::string usual_data_dir(const std::map<std::string, std::string>& environment, bool root);

}  // namespace holdfast::daemon
