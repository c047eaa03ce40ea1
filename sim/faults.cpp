#include "sim/faults.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace holdfast::sim {

namespace {

struct Kind {
  Fault fault;
  std::string_view name;
  double usual;     // of calls: a probability; of timed ones: how many in a run
  double frequent;  // the most that a swarm draws
};

constexpr Kind kKinds[] = {
    {Fault::unreachable, "unreachable", 0.004, 0.05},
    {Fault::lost_request, "lost_request", 0.004, 0.08},
    {Fault::lost_reply, "lost_reply", 0.01, 0.2},
    {Fault::late_request, "late_request", 0.004, 0.08},
    {Fault::internal_error, "internal_error", 0.006, 0.1},
    {Fault::throttled, "throttled", 0.006, 0.1},
    {Fault::no_capacity, "no_capacity", 0.05, 0.5},
    {Fault::unknown_id, "unknown_id", 0.1, 0.6},
    {Fault::stale_describe, "stale_describe", 0.05, 0.5},
    {Fault::missing_describe, "missing_describe", 0.1, 0.6},
    {Fault::zombie_request, "zombie_request", 0.5, 0.9},
    {Fault::event_lost, "event_lost", 0.05, 0.9},
    {Fault::event_late, "event_late", 0.05, 0.5},
    {Fault::event_doubled, "event_doubled", 0.05, 0.5},
    {Fault::snapshot_slow, "snapshot_slow", 0.002, 0.02},
    {Fault::snapshot_fails, "snapshot_fails", 0.01, 0.2},
    {Fault::volume_fails, "volume_fails", 0.01, 0.15},
    {Fault::launch_fails, "launch_fails", 0.02, 0.2},
    {Fault::interruption_notice, "interruption_notice", 60, 120},
    {Fault::interruption_short, "interruption_short", 15, 60},
    {Fault::interruption_without, "interruption_without", 40, 100},
    {Fault::power_cut, "power_cut", 30, 100},
    {Fault::rebalance, "rebalance", 10, 30},
    {Fault::market_reclaim, "market_reclaim", 3, 8},
    {Fault::market_capacity, "market_capacity", 10, 40},
    {Fault::price_move, "price_move", 20, 60},
    {Fault::sick_guest, "sick_guest", 4, 20},
    {Fault::operator_terminates, "operator_terminates", 6, 30},
    {Fault::operator_shuts_down, "operator_shuts_down", 6, 30},
    {Fault::operator_detaches, "operator_detaches", 4, 20},
    {Fault::operator_deletes_volume, "operator_deletes_volume", 2, 8},
    {Fault::operator_deletes_snapshot, "operator_deletes_snapshot", 3, 15},
    {Fault::operator_attaches, "operator_attaches", 3, 10},
    {Fault::user_pauses, "user_pauses", 12, 40},
    {Fault::user_recycles, "user_recycles", 20, 60},
    {Fault::user_updates, "user_updates", 10, 30},
    {Fault::user_deletes, "user_deletes", 4, 12},
    {Fault::crash_now, "crash_now", 4, 20},
    {Fault::crash_before_commit, "crash_before_commit", 6, 40},
    {Fault::crash_after_commit, "crash_after_commit", 6, 40},
    {Fault::crash_after_effect, "crash_after_effect", 8, 40},
    {Fault::store_refuses, "store_refuses", 2, 10},
    {Fault::operator_unkeeps, "operator_unkeeps", 4, 20},
    {Fault::operator_borrows, "operator_borrows", 10, 40},
    {Fault::operator_stops, "operator_stops", 4, 20},
    {Fault::operator_resizes, "operator_resizes", 6, 30},
    {Fault::operator_deregisters, "operator_deregisters", 3, 15},
    {Fault::user_snapshots, "user_snapshots", 10, 40},
    {Fault::user_restores, "user_restores", 10, 40},
    {Fault::user_undeletes, "user_undeletes", 6, 20},
    {Fault::service_sleeps, "service_sleeps", 6, 30},
    {Fault::service_dies, "service_dies", 1, 6},
    {Fault::user_readdresses, "user_readdresses", 8, 40},
    {Fault::operator_takes_address, "operator_takes_address", 4, 20},
    {Fault::user_imports, "user_imports", 3, 12},
    {Fault::user_in_haste, "user_in_haste", 6, 20},
    {Fault::operator_mixes_up, "operator_mixes_up", 4, 20},
    {Fault::user_drops, "user_drops", 8, 40},
    {Fault::root_spoiled, "root_spoiled", 4, 20},
};
static_assert(std::size(kKinds) == kFaults);

constexpr uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

double unit(uint64_t hash) {
  return static_cast<double>(hash >> 11) * 0x1.0p-53;
}

bool is_interruption(Fault fault) {
  return fault >= Fault::interruption_notice && fault <= Fault::power_cut;
}

bool is_crash(Fault fault) {
  return fault >= Fault::crash_now && fault <= Fault::crash_after_effect;
}

}  // namespace

std::string_view name_of(Fault fault) {
  return kKinds[static_cast<size_t>(fault)].name;
}

std::optional<Fault> fault_named(std::string_view name) {
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind.fault;
  }
  return std::nullopt;
}

namespace {

// What is left over of a whole number falls to some seeds and not to others.
void lighten(FaultPlan& plan, double load, Random& random) {
  for (size_t kind = static_cast<size_t>(kFirstTimed); kind < kFaults; ++kind) {
    plan.rates[kind] = std::floor(plan.rates[kind] * load + random.unit());
  }
}

}  // namespace

int draw_services(uint64_t seed, bool swarm) {
  return swarm && mix(seed ^ 0x5e1ec7) % 3 == 0 ? 2 : 1;
}

FaultPlan draw_plan(uint64_t seed, bool swarm, double load) {
  FaultPlan plan;
  Random random(mix(seed ^ 0x5eed));
  double interruptions = 0, crashes = 0;
  for (const Kind& kind : kKinds) {
    double& rate = plan.rates[static_cast<size_t>(kind.fault)];
    rate = kind.usual;
    if (swarm) {
      bool left_out = random.below(2) == 0;
      // From a fifth of the usual to the most, evenly on a logarithmic scale.
      double low = kind.usual / 5;
      double drawn = low * std::pow(kind.frequent / low, random.unit());
      rate = left_out ? 0 : drawn;
    }
    if (is_interruption(kind.fault)) interruptions += rate;
    if (is_crash(kind.fault)) crashes += rate;
  }
  // Whatever the mix, a seed has something to do: replacements, and a crash.
  constexpr double kFewest = 130;
  if (interruptions < kFewest) {
    plan.rates[static_cast<size_t>(Fault::interruption_without)] += (kFewest - interruptions) / 2;
    plan.rates[static_cast<size_t>(Fault::power_cut)] += (kFewest - interruptions) / 2;
  }
  if (crashes < 2) plan.rates[static_cast<size_t>(Fault::crash_now)] += 2;
  if (load < 1) lighten(plan, load, random);
  return plan;
}

Faults::Faults(uint64_t seed, FaultPlan plan, std::optional<std::set<Strike>> only)
    : seed_(seed), plan_(plan), only_(std::move(only)) {}

uint64_t Faults::hash(Fault fault, uint64_t number, uint64_t salt) const {
  return mix(mix(mix(seed_ ^ (uint64_t{static_cast<uint8_t>(fault)} << 56)) ^ number) ^ salt);
}

bool Faults::strikes(Fault fault) {
  auto kind = static_cast<size_t>(fault);
  uint64_t number = drawn_[kind]++;
  if (calm_ || plan_.rates[kind] <= 0) return false;
  if (unit(hash(fault, number, 1)) >= plan_.rates[kind]) return false;
  if (!allowed({fault, number})) return false;
  numbers_[kind] = number;
  struck_.emplace_back(fault, number);
  return true;
}

uint64_t Faults::draw(Fault fault, uint64_t bound) {
  return hash(fault, numbers_[static_cast<size_t>(fault)], 2) % bound;
}

std::vector<Happening> Faults::timed(Time from, Time to) {
  std::vector<Happening> all;
  auto span = static_cast<uint64_t>((to - from).count());
  for (size_t kind = static_cast<size_t>(kFirstTimed); kind < kFaults; ++kind) {
    auto fault = static_cast<Fault>(kind);
    auto count = static_cast<uint64_t>(plan_.rates[kind]);
    for (uint64_t number = 0; number < count; ++number) {
      if (!allowed({fault, number})) continue;
      all.push_back({from + Duration(hash(fault, number, 3) % span), {fault, number}, hash(fault, number, 4)});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Happening& a, const Happening& b) { return a.at < b.at; });
  return all;
}

std::map<std::string, uint64_t> Faults::counts() const {
  std::map<std::string, uint64_t> counts;
  for (const auto& [fault, number] : struck_) ++counts[std::string(name_of(fault))];
  return counts;
}

}  // namespace holdfast::sim
