#include "sim/report.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/check.h"
#include "base/text.h"

namespace holdfast::sim {

namespace json = boost::json;

namespace {

constexpr char kDied[] = "the_service_ended_itself";

json::object written(const std::map<std::string, uint64_t>& counts) {
  json::object object;
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

std::map<std::string, uint64_t> read_counts(const json::value& value) {
  std::map<std::string, uint64_t> counts;
  for (const auto& [name, count] : value.as_object()) counts[std::string(name)] = count.to_number<uint64_t>();
  return counts;
}

}  // namespace

std::string to_text(const std::set<Strike>& strikes) {
  std::string text;
  for (const auto& [fault, number] : strikes) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", name_of(fault), number);
  }
  return text.empty() ? "none" : text;
}

Result<std::set<Strike>> read_strikes(std::string_view text) {
  std::set<Strike> strikes;
  if (text == "none") return strikes;
  for (const std::string& word : split(text, ',')) {
    auto colon = word.find(':');
    auto fault = fault_named(word.substr(0, colon));
    auto number = colon == std::string::npos ? std::nullopt : parse_int(word.substr(colon + 1));
    if (!fault || !number || *number < 0) {
      return fail(ErrorKind::invalid, "Strike", "'" + word + "' is no strike: a kind of fault, a colon, a number");
    }
    strikes.emplace(*fault, static_cast<uint64_t>(*number));
  }
  return strikes;
}

std::string options_of(const RunOptions& options) {
  std::string text =
      fmt::format("--seed {} --hours {} --instances {}", options.seed,
                  std::chrono::duration_cast<std::chrono::hours>(options.length).count(), options.instances);
  if (options.load != 1) text += fmt::format(" --load {}", options.load);
  if (options.swarm) text += " --swarm";
  if (options.services != 0) text += fmt::format(" --services {}", options.services);
  if (options.only) text += " --only " + to_text(*options.only);
  return text;
}

std::string encode(const RunOutcome& outcome) {
  json::array violations, struck;
  for (const Violation& broken : outcome.violations) {
    violations.push_back(json::array{broken.promise, broken.name, broken.what, to_millis(broken.at), broken.id.str()});
  }
  for (const auto& [fault, number] : outcome.struck) {
    struck.push_back(json::array{static_cast<int>(fault), number});
  }
  return json::serialize(json::object{{"violations", violations},
                                      {"struck", struck},
                                      {"hash", outcome.hash},
                                      {"instances", outcome.instances},
                                      {"replacements", outcome.replacements},
                                      {"crashes", outcome.crashes},
                                      {"kinds_of_fault", outcome.kinds_of_fault},
                                      {"calls", outcome.calls},
                                      {"commits", outcome.commits},
                                      {"seconds", outcome.seconds},
                                      {"counts", written(outcome.counts)},
                                      {"probes", written(outcome.probes)}});
}

RunOutcome decode(std::string_view text) {
  const json::value value = json::parse(text);
  const json::object& object = value.as_object();
  RunOutcome outcome;
  for (const json::value& item : object.at("violations").as_array()) {
    const json::array& broken = item.as_array();
    outcome.violations.push_back({broken[0].to_number<int>(), std::string(broken[1].as_string()),
                                  std::string(broken[2].as_string()), from_millis(broken[3].to_number<int64_t>()),
                                  ManagedInstanceId(std::string(broken[4].as_string()))});
  }
  for (const json::value& item : object.at("struck").as_array()) {
    outcome.struck.emplace_back(static_cast<Fault>(item.as_array()[0].to_number<int>()),
                                item.as_array()[1].to_number<uint64_t>());
  }
  outcome.hash = object.at("hash").to_number<uint64_t>();
  outcome.instances = object.at("instances").to_number<int>();
  outcome.replacements = object.at("replacements").to_number<int>();
  outcome.crashes = object.at("crashes").to_number<int>();
  outcome.kinds_of_fault = object.at("kinds_of_fault").to_number<int>();
  outcome.calls = object.at("calls").to_number<uint64_t>();
  outcome.commits = object.at("commits").to_number<uint64_t>();
  outcome.seconds = object.at("seconds").to_number<double>();
  outcome.counts = read_counts(object.at("counts"));
  outcome.probes = read_counts(object.at("probes"));
  return outcome;
}

RunOutcome died(std::string_view said) {
  RunOutcome outcome;
  outcome.violations.push_back({6, kDied, std::string(trim(said)), Time{}, ManagedInstanceId()});
  return outcome;
}

void tell(const RunOptions& options, const RunOutcome& outcome) {
  fmt::print(
      "seed {}{}: {} hash {:016x}, {} managed instances, {} replacements, {} crashes, {} kinds of fault, {} calls, "
      "{:.2f} s\n",
      options.seed, options.swarm ? " --swarm" : "", outcome.violations.empty() ? "ok" : "BROKEN", outcome.hash,
      outcome.instances, outcome.replacements, outcome.crashes, outcome.kinds_of_fault, outcome.calls, outcome.seconds);
  for (const Violation& broken : outcome.violations) {
    fmt::print("  promise {} ({}) {} at {}: {}\n    repeat: {} --trace {}\n", broken.promise, broken.name,
               broken.id.str(), to_iso(broken.at), broken.what, options_of(options), broken.id.str());
  }
  std::fflush(stdout);
}

void Sum::add(const RunOutcome& outcome) {
  ++seeds_;
  if (!outcome.violations.empty()) ++broken_;
  replacements_ += static_cast<uint64_t>(outcome.replacements);
  crashes_ += static_cast<uint64_t>(outcome.crashes);
  calls_ += outcome.calls;
  seconds_ += outcome.seconds;
  for (const auto& [name, count] : outcome.counts) counts_[name] += count;
  for (const auto& [name, count] : outcome.probes) probes_[name] += count;
}

void Sum::tell() const {
  fmt::print("{} seeds, {} broke a promise; {} replacements, {} crashes, {} calls; {:.2f} s a seed\n", seeds_, broken_,
             replacements_, crashes_, calls_, seeds_ == 0 ? 0.0 : seconds_ / static_cast<double>(seeds_));
  for (const auto& [name, count] : counts_) fmt::print("  {:<26}{:>12}\n", name, count);
  if (probes_.empty()) return;
  std::string never;
  fmt::print("rare paths, and how often they were taken:\n");
  for (const auto& [name, count] : probes_) {
    fmt::print("  {:<28}{:>10}\n", name, count);
    if (count == 0) never += " " + name;
  }
  fmt::print("never reached:{}\n", never.empty() ? " none" : never);
  std::fflush(stdout);
}

}  // namespace holdfast::sim
