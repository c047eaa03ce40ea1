#include "daemon/settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "cloud/cloud.h"
#include "daemon/settings_file.h"

namespace holdfast::daemon {
namespace {

// How a setting is read from a text and written as one.
struct Access {
  std::function<std::string(Settings&, const std::string&)> set;  // what is wrong; empty: nothing
  std::function<std::string(const Settings&)> show;               // empty: it is chosen later
};

struct Known {
  SettingName name;
  Access access;
};

auto shown(std::string Settings::*target) {
  return [target](const Settings& settings) { return settings.*target; };
}

Access one_of(std::string Settings::*target, std::vector<std::string> words) {
  auto set = [target, words = std::move(words)](Settings& settings, const std::string& text) -> std::string {
    for (const auto& word : words) {
      if (word != text) continue;
      settings.*target = text;
      return "";
    }
    return fmt::format("'{}' is not one of: {}.", text, join(words, ", "));
  };
  return {set, shown(target)};
}

// A whole number, as it is or of so many units.
template <class Unit, class Target>
Access number(int64_t least, int64_t most, Target Settings::*target) {
  auto set = [=](Settings& settings, const std::string& text) -> std::string {
    auto value = parse_int(text);
    if (!value || *value < least || *value > most) {
      return fmt::format("'{}' is not a whole number from {} to {}.", text, least, most);
    }
    settings.*target = static_cast<Target>(Unit(*value));
    return "";
  };
  auto show = [=](const Settings& settings) -> std::string {
    if constexpr (std::is_same_v<Target, Duration>) {
      return fmt::format("{}", std::chrono::duration_cast<Unit>(settings.*target).count());
    } else {
      return fmt::format("{}", settings.*target);
    }
  };
  return {set, show};
}

std::string set_data_dir(Settings& settings, const std::string& text) {
  if (text.empty()) return "is empty: give the path of a folder, such as /var/lib/holdfast.";
  settings.data_dir = std::filesystem::absolute(text).lexically_normal().string();
  if (settings.data_dir.size() > 1 && settings.data_dir.back() == '/') settings.data_dir.pop_back();
  return settings.data_dir == "/" ? "must be a folder of the service's own, not /." : "";
}

std::string set_address(Settings& settings, const std::string& text) {
  unsigned char parsed[16];
  if (inet_pton(AF_INET, text.c_str(), parsed) != 1 && inet_pton(AF_INET6, text.c_str(), parsed) != 1) {
    return fmt::format("'{}' is not an IP address; give one such as 127.0.0.1 or ::1.", text);
  }
  settings.address = text;
  return "";
}

Access text_of(std::string Settings::*target, std::string without) {
  auto set = [target, without = std::move(without)](Settings& settings, const std::string& text) -> std::string {
    if (text.empty()) return "is empty: leave it out, and " + without + ".";
    settings.*target = text;
    return "";
  };
  return {set, shown(target)};
}

Access truth(bool Settings::*target) {
  auto set = [target](Settings& settings, const std::string& text) -> std::string {
    if (text != "true" && text != "false") return fmt::format("'{}' is neither true nor false.", text);
    settings.*target = text == "true";
    return "";
  };
  return {set, [target](const Settings& settings) { return settings.*target ? "true" : "false"; }};
}

// Absolute, so that it stays the same file for as long as the service runs.
auto set_file(std::string Settings::*target) {
  return [target](Settings& settings, const std::string& text) -> std::string {
    if (text.empty()) return "is empty: give the path of a file, or leave it out.";
    settings.*target = std::filesystem::absolute(text).lexically_normal().string();
    return "";
  };
}

std::string set_account(Settings& settings, const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  if (text.empty() || text.size() > 64 || !plain) {
    return fmt::format("'{}' is not 1 to 64 letters, digits and hyphens.", holdfast::quoted(text));
  }
  settings.account_id = text;
  return "";
}

std::string set_cidr(Settings& settings, const std::string& text) {
  settings.cidr = text;
  if (text == "auto") return "";
  const size_t slash = text.find('/');
  in_addr address{};
  auto bits = slash == std::string::npos ? std::nullopt : parse_int(text.substr(slash + 1));
  if (!bits || *bits < 16 || *bits > 18 || inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1) {
    return fmt::format("'{}' is neither 'auto' nor a block from /16 to /18, such as 10.31.0.0/16.", text);
  }
  if ((ntohl(address.s_addr) & ((1u << (32 - *bits)) - 1)) != 0) {
    return fmt::format("'{}' has bits set beyond its /{}; write the block's first address.", text, *bits);
  }
  return "";
}

Known known(std::string path, std::string value, std::string help, Access access) {
  std::string last = path.substr(path.rfind('.') + 1);
  if (path.rfind("log.", 0) == 0) last = "log_" + last;  // "--level" alone would not say of what
  std::string flag = "--" + last, environment = "HOLDFAST_" + last;
  for (char& c : flag) c = c == '_' ? '-' : c;
  for (char& c : environment) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return {{std::move(path), std::move(flag), std::move(environment), std::move(value), std::move(help)},
          std::move(access)};
}

const std::vector<Known>& table() {
  using std::chrono::hours;
  using std::chrono::seconds;
  static const std::vector<Known> all{
      known("data_dir", "DIR", "where everything is kept (root: /var/lib/holdfast)",
            {set_data_dir, shown(&Settings::data_dir)}),
      known("listen.address", "IP", "address that the API listens on (127.0.0.1)",
            {set_address, shown(&Settings::address)}),
      known("listen.port", "PORT", "its port (7400); 0: any free one", number<int64_t>(0, 65535, &Settings::port)),
      known("listen.tls_certificate", "FILE", "PEM file with its certificate and those it is signed by (plain HTTP)",
            {set_file(&Settings::tls_certificate), shown(&Settings::tls_certificate)}),
      known("listen.tls_key", "FILE", "PEM file with the certificate's key",
            {set_file(&Settings::tls_key), shown(&Settings::tls_key)}),
      known("limits.requests_per_second", "N", "requests that each token may ask in a second (500); 0: no limit",
            number<int64_t>(0, 1'000'000, &Settings::requests_per_second)),
      known("limits.request_burst", "N", "and so many at once (1000)",
            number<int64_t>(1, 1'000'000, &Settings::request_burst)),
      known("limits.max_streams", "N", "streams of events open at once (1000), each with a thread of its own",
            number<int64_t>(1, 10'000, &Settings::max_streams)),
      known("account_id", "ID",
            "what requests may call this service's account: accountId=ID (the local cloud's; none with aws)",
            {set_account, shown(&Settings::account_id)}),
      known("provider", "WHO",
            "local: the embedded cloud; aws: AWS, with the keys that AWS's own tools would use (local)",
            one_of(&Settings::provider, {"local", "aws"})),
      known("aws.region", "REGION", "region to work in (as AWS's own tools choose it)",
            text_of(&Settings::region, "it is chosen as AWS's own tools choose it")),
      known("aws.endpoint_url", "URL", "where AWS's services are, in place of their usual addresses",
            text_of(&Settings::endpoint_url, "the usual ones are used")),
      known("aws.event_queue", "QUEUE",
            "SQS queue that EventBridge writes EC2's events to (none: all is found by looking)",
            text_of(&Settings::event_queue, "everything is found by looking")),
      known("aws.snapshots_at_once", "N",
            "snapshots that the account may have under way at once: EC2's quota, if it was raised (100)",
            number<int64_t>(1, 100'000, &Settings::snapshots_at_once)),
      known("log.level", "LEVEL", "trace, debug, info, warn or error (info)",
            one_of(&Settings::log_level, {"trace", "debug", "info", "warn", "error"})),
      known("log.format", "FORMAT", "text or json (text)", one_of(&Settings::log_format, {"text", "json"})),
      known("cloud.substrate", "KIND", "linux: real machines; null: simulated ones, states only (linux)",
            one_of(&Settings::substrate, {"linux", "null"})),
      known("cloud.ec2_port", "PORT", "port of the local cloud's EC2 endpoint (the API's and one); 0: any free one",
            number<int64_t>(0, 65535, &Settings::ec2_port)),
      known("cloud.outside", "BOOL", "machines reach the outside through NAT (false)", truth(&Settings::outside)),
      known("cloud.cidr", "BLOCK", "addresses of a new data directory's machines: auto, or such as 10.31.0.0/16",
            {set_cidr, shown(&Settings::cidr)}),
      known("cloud.pool_size_gib", "N", "size of a new pool of volumes (most of what is free)",
            number<int64_t>(2, 1 << 20, &Settings::pool_size_gib)),
      known("cloud.access_key", "KEY", "access key of the local cloud's EC2 endpoint (made at the first start)",
            text_of(&Settings::access_key, "a key is made")),
      known("cloud.secret_key", "SECRET", "its secret key; better in the environment or the file than in a flag",
            text_of(&Settings::secret_key, "a key is made")),
      known("cloud.latency", "KIND", "none: as fast as this host; aws: as slow as EC2 (none)",
            one_of(&Settings::latency, {"none", "aws"})),
      known("cloud.throttling", "BOOL", "the local cloud has EC2's request limits (false)",
            truth(&Settings::throttling)),
      known("cloud.consistency_lag_milliseconds", "N",
            "what was just made may be missing from answers, and what just changed shown as it was, for so long (0)",
            number<Duration>(0, 60'000, &Settings::consistency_lag)),
      known("cloud.shutdown_limit_seconds", "N", "for a machine's own shutdown, then it is killed (60)",
            number<seconds>(0, 3600, &Settings::shutdown_limit)),
      known("deallocation_retention_hours", "N", "how long what a delete keeps is kept (96)",
            number<hours>(0, 24 * 365 * 10, &Settings::deallocation_retention)),
      known("sweep_interval_seconds", "N", "between two looks at all instances (60); one in ten is at everything",
            number<seconds>(1, 86400, &Settings::sweep_interval)),
  };
  return all;
}

Error fault(std::string where, std::string message) {
  return {ErrorKind::invalid, "InvalidSetting", std::move(message), std::move(where)};
}

std::string not_known(std::string_view what, const std::string& name, const std::vector<std::string>& names) {
  auto near = nearest(name, names);
  return near ? fmt::format("is not a known {}; did you mean '{}'?", what, *near)
              : fmt::format("is not a known {}; known: {}.", what, join(names, ", "));
}

// Where a setting was given: as a fault names it, and as a person is told.
struct Origin {
  std::string where;
  std::string from;
};

// What is read, with where each setting was given: by its path.
struct Reading {
  Settings settings;
  std::map<std::string, Origin> given;
  model::Faults faults;
};

void apply(Reading& reading, const Known& known, const Origin& origin, const std::string& text) {
  auto& [settings, given, faults] = reading;
  const std::string& where = origin.where;
  given[known.name.path] = origin;
  std::string wrong = known.access.set(settings, text);
  if (!wrong.empty()) faults.errors.push_back(fault(where, wrong));
}

void apply_file(Reading& reading, const std::string& file) {
  model::Faults& faults = reading.faults;
  auto entries = read_settings_file(file);
  if (!entries) {
    faults.errors.push_back(entries.error());
    return;
  }
  std::vector<std::string> paths;
  for (const auto& known : table()) paths.push_back(known.name.path);
  for (const auto& [path, text] : *entries) {
    const Known* found = nullptr;
    for (const auto& known : table()) found = known.name.path == path ? &known : found;
    if (found) {
      apply(reading, *found, {file + ": " + path, "file " + file}, text);
    } else {
      faults.errors.push_back(fault(file + ": " + path, not_known("setting", path, paths)));
    }
  }
}

// Other programs' names begin with HOLDFAST_ too (the client's HOLDFAST_TOKEN), so only what looks like a slip of the
// pen is refused here.
void apply_environment(Reading& reading, const std::map<std::string, std::string>& environment) {
  model::Faults& faults = reading.faults;
  static const std::set<std::string> others{"HOLDFAST_URL", "HOLDFAST_TOKEN", "HOLDFAST_TOKEN_FILE", "HOLDFAST_CONFIG",
                                            "HOLDFAST_CA_FILE"};
  std::vector<std::string> names;
  for (const auto& known : table()) names.push_back(known.name.environment);
  for (const auto& [name, text] : environment) {
    if (name.rfind("HOLDFAST_", 0) != 0 || others.contains(name)) continue;
    const Known* found = nullptr;
    for (const auto& known : table()) found = known.name.environment == name ? &known : found;
    if (found) {
      apply(reading, *found, {name, "environment " + name}, text);
    } else if (nearest(name, names)) {
      faults.errors.push_back(fault(name, not_known("setting", name, names)));
    }
  }
}

// A setting that would do nothing is refused.
void check_together(Reading& reading) {
  auto& [settings, given, faults] = reading;
  const std::string idle = settings.provider == "aws" ? "cloud." : "aws.";
  for (const auto& [path, origin] : given) {
    if (path.rfind(idle, 0) != 0) continue;
    faults.errors.push_back(
        fault(origin.where, fmt::format("has no meaning with provider '{}': leave it out.", settings.provider)));
  }
  if (settings.access_key.empty() != settings.secret_key.empty()) {
    faults.errors.push_back(fault(settings.access_key.empty() ? "cloud.access_key" : "cloud.secret_key",
                                  "is missing: an access key and its secret key are given together."));
  }
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    faults.errors.push_back(fault(settings.tls_key.empty() ? "listen.tls_key" : "listen.tls_certificate",
                                  "is missing: a certificate and its key are given together."));
  }
  if (settings.account_id.empty() && settings.provider == "local") settings.account_id = cloud::kAccount;
  if (!given.contains("cloud.ec2_port") && settings.port != 0 && settings.port < 65535) {
    settings.ec2_port = static_cast<uint16_t>(settings.port + 1);
  }
}

}  // namespace

const std::vector<SettingName>& setting_names() {
  static const std::vector<SettingName> names = [] {
    std::vector<SettingName> all;
    for (const auto& known : table()) all.push_back(known.name);
    return all;
  }();
  return names;
}

std::string usual_data_dir(const std::map<std::string, std::string>& environment, bool root) {
  if (root) return "/var/lib/holdfast";
  auto value = [&](const char* name) {
    auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (auto state = value("XDG_STATE_HOME"); !state.empty() && state[0] == '/') return state + "/holdfast";
  auto home = value("HOME");
  return (home.empty() ? "/var/tmp" : home) + "/.local/state/holdfast";
}

std::map<std::string, std::string> environment_of_process() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string text(*entry);
    if (size_t equals = text.find('='); equals != std::string::npos)
      all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return all;
}

namespace {

Reading read_all(const SettingSources& sources) {
  Reading reading;
  reading.settings.data_dir = usual_data_dir(sources.environment, ::geteuid() == 0);
  if (sources.file) apply_file(reading, *sources.file);
  apply_environment(reading, sources.environment);
  for (const auto& [flag, text] : sources.flags) {
    const Known* found = nullptr;
    for (const auto& known : table()) found = known.name.flag == flag ? &known : found;
    CHECK(found);  // main makes its flags from the same table
    apply(reading, *found, {flag, "flag " + flag}, text);
  }
  check_together(reading);
  return reading;
}

}  // namespace

model::Checked<Settings> read_settings(const SettingSources& sources) {
  Reading reading = read_all(sources);
  if (!reading.faults.errors.empty()) return tl::unexpected(std::move(reading.faults));
  return reading.settings;
}

model::Checked<std::vector<Effective>> effective_settings(const SettingSources& sources) {
  Reading reading = read_all(sources);
  if (!reading.faults.errors.empty()) return tl::unexpected(std::move(reading.faults));
  const std::string idle = reading.settings.provider == "aws" ? "cloud." : "aws.";
  std::vector<Effective> all;
  for (const Known& known : table()) {
    const std::string& path = known.name.path;
    if (path.rfind(idle, 0) == 0) continue;  // has no meaning with this provider
    auto given = reading.given.find(path);
    std::string value = known.access.show(reading.settings);
    if (path == "cloud.secret_key" && !value.empty()) value = "(hidden)";
    all.push_back({path, value, given == reading.given.end() ? "default" : given->second.from});
  }
  return all;
}

}  // namespace holdfast::daemon
