// All managed instances of one account interrupted at the same moment, in virtual time: how long until the last is
// back, beside the bound that EC2's limits set (storm_bound.h).
//   bench_storm [--count 240] [--on-launch] [--seed 1] [--workers 16]

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "bench/figures.h"
#include "bench/program.h"
#include "sim/storm_bound.h"
#include "sim/virtual_fleet.h"
#include "store/memory_store.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kSnapshotsUnderWay = 100;

// The n-th that is back, beside the n-th of the bound.
void tell_part(Results& results, const std::string& name, double part, const std::vector<double>& back,
               const sim::StormBound& bound) {
  const auto at = static_cast<size_t>(part * static_cast<double>(back.size() - 1));
  results.number(name + "_back_seconds", back[at]);
  results.number(name + "_bound_seconds", bound.back[at]);
  results.number(name + "_ratio", back[at] / bound.back[at]);
}

void tell_calls(Results& results, const sim::VirtualCloud& cloud) {
  Results actions;
  for (const auto& [action, calls] : cloud.calls()) {
    Results one;
    one.number("calls", static_cast<double>(calls.answered));
    for (const auto& [code, times] : calls.refused) one.number(code, static_cast<double>(times));
    fmt::print(stderr, "  ^ {}\n", action);
    actions.nested(action, one);
  }
  results.nested("calls", actions);
}

int run(Options& options) {
  spdlog::set_level(spdlog::level::off);
  int count = 240, seed = 1;
  bool on_launch = false;
  sim::VirtualService::Options with;
  options.number("count", count).number("seed", seed).number("workers", with.workers);
  options.flag("on-launch", on_launch).read();
  store::MemoryStore store;
  sim::VirtualCloud cloud({static_cast<uint64_t>(seed), true, true, kSnapshotsUnderWay});
  const auto began = std::chrono::steady_clock::now();
  std::vector<ManagedInstanceId> ids;
  {
    sim::VirtualService service(cloud, store, {.api_budget = false});
    must(service.start());
    ids = sim::bring_up(service, count, {on_launch});
  }
  sim::VirtualService service(cloud, store, with);
  must(service.start());
  service.pass(10min);  // every bucket is full again
  cloud.forget_figures();
  fmt::print(stderr, "up after {:.1f} s of this machine\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());

  sim::Storm storm(service);
  if (!storm.blow(ids, 24h)) give_up("they are not all back after a day");
  const sim::StormBound bound = sim::bound_of(sim::times_of(cloud, count, on_launch));
  std::vector<double> back;
  for (Duration one : storm.back()) back.push_back(seconds(one));
  Results results;
  results.number("count", count);
  results.text("mode", on_launch ? "onLaunch" : "reattach");
  tell_part(results, "last", 1, back, bound);
  tell_part(results, "p99", 0.99, back, bound);
  tell_part(results, "median", 0.5, back, bound);
  results.text("limit", "last_ratio 1.05, throttled_calls 0");
  results.number("bound_without_limits_seconds", bound.without_limits);
  results.number("bound_by_run_bucket_seconds", bound.run_bucket);
  results.number("bound_by_snapshots_seconds", bound.snapshots);
  results.number("taken_by_ec2", storm.taken_by_ec2());
  results.number("throttled_calls", static_cast<double>(cloud.calls_throttled()));
  results.number("most_snapshots_under_way", cloud.most_snapshots_under_way());
  tell_calls(results, cloud);
  results.number("cpu_engine_seconds", cloud.meter().engine_seconds());
  results.number("cpu_world_seconds", cloud.meter().world_seconds());
  results.number("events", static_cast<double>(service.counters().events));
  fmt::print("{}\n", results.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
