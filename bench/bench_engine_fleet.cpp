// A fleet of managed instances at rest in one engine, in virtual time: what the engine needs for it. The cloud around
// it is simulated in this process; its own memory and processor time are told apart.
//   bench_engine_fleet [--count 1000] [--idle-minutes 60] [--seed 1]

#include <fmt/core.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "bench/figures.h"
#include "bench/program.h"
#include "sim/virtual_fleet.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "support/scratch.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

// In use, not what was ever taken from the system: what the making of the fleet has left free would hide the growth.
double memory_mib() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / (1 << 20);
}

struct Fleet {
  int count = 0;
  sim::VirtualCloud& cloud;
  std::string file;
};

// Born in memory, then kept in a file, as a service that was stopped has left it.
void make_fleet(const Fleet& fleet) {
  store::MemoryStore memory;
  {
    sim::VirtualService service(fleet.cloud, memory, {.api_budget = false});
    must(service.start());
    sim::bring_up(service, fleet.count, {});
  }
  auto file = must(store::SqliteStore::open(fleet.file));
  std::vector<engine::Change> changes;
  for (engine::StoredInstance& instance : must(memory.load())) changes.push_back({std::move(instance), {}, false});
  must(file->commit(changes, fleet.cloud.time().now()));
}

// From the start of the service until it has decided on the first, and on every one of them, by what the cloud shows.
void measure_start(const Fleet& fleet, sim::VirtualService& service, Results& results) {
  sim::CpuMeter& meter = fleet.cloud.meter();
  const Time began = fleet.cloud.time().now();
  const double cpu_before = meter.engine_seconds();
  const auto clock_before = std::chrono::steady_clock::now();
  must(service.start());
  results.number("start_load_seconds",
                 std::chrono::duration<double>(std::chrono::steady_clock::now() - clock_before).count());
  auto looked_at = [&](uint64_t many) { return [&service, many] { return service.counters().looks_made >= many; }; };
  if (!service.until(looked_at(1), 1h)) give_up("nothing was looked at");
  results.number("start_first_decision_virtual_seconds", seconds(fleet.cloud.time().now() - began));
  results.number("start_first_decision_cpu_seconds", meter.engine_seconds() - cpu_before);
  if (!service.until(looked_at(static_cast<uint64_t>(fleet.count)), 1h)) give_up("not all were looked at");
  results.number("start_all_looked_at_virtual_seconds", seconds(fleet.cloud.time().now() - began));
  results.number("start_all_looked_at_cpu_seconds", meter.engine_seconds() - cpu_before);
}

void measure_idle(const Fleet& fleet, sim::VirtualService& service, int minutes, Results& results) {
  service.pass(10min);  // whatever the start has begun is over
  fleet.cloud.forget_figures();
  const double cpu_before = fleet.cloud.meter().engine_seconds();
  const uint64_t events = service.counters().events;
  service.pass(minutes * 1min);
  results.number("idle_cpu_seconds_an_hour", (fleet.cloud.meter().engine_seconds() - cpu_before) * 60 / minutes);
  results.number("idle_events_an_hour", static_cast<double>(service.counters().events - events) * 60 / minutes);
  results.number("idle_calls_per_1000_and_minute",
                 static_cast<double>(fleet.cloud.calls_made()) * 1000 / fleet.count / minutes);
  for (const auto& [action, calls] : fleet.cloud.calls()) {
    results.number("idle_" + action + "_a_minute", static_cast<double>(calls.answered) / minutes);
  }
  results.number("throttled_calls", static_cast<double>(fleet.cloud.calls_throttled()));
}

// An event of the cloud's for each of them, the look that it brings, and what is decided of that.
void measure_events(const Fleet& fleet, sim::VirtualService& service, Results& results) {
  constexpr int kRounds = 3;
  sim::CpuMeter& meter = fleet.cloud.meter();
  const double cpu_before = meter.engine_seconds();
  const uint64_t events_before = service.counters().events;
  const uint64_t looks_before = service.counters().looks_made;
  for (int round = 0; round < kRounds; ++round) {
    service.loop().for_each([&](const engine::SharedView& view) {
      service.put({view->id, model::CloudStirred{model::Kind::instances | model::Kind::volumes}, 0, std::nullopt});
    });
    const uint64_t wanted = looks_before + static_cast<uint64_t>(fleet.count) * (round + 1);
    if (!service.until([&] { return service.counters().looks_made >= wanted; }, 2h)) give_up("not all were looked at");
    service.pass(30s);
  }
  const double cpu = meter.engine_seconds() - cpu_before;
  results.number("events_a_second_of_cpu", static_cast<double>(service.counters().events - events_before) / cpu);
}

int run(Options& options) {
  spdlog::set_level(spdlog::level::off);
  int count = 1000, seed = 1, idle_minutes = 60;
  options.number("count", count).number("seed", seed).number("idle-minutes", idle_minutes).read();
  support::Scratch scratch = must(support::Scratch::make("holdfast-fleet"));
  sim::VirtualCloud cloud({static_cast<uint64_t>(seed), true, true, 100});
  const Fleet fleet{count, cloud, scratch.path() + "/holdfast.db"};
  make_fleet(fleet);
  fmt::print(stderr, "  {} are up; the simulated cloud has taken {:.1f} s, the engine {:.1f} s\n", count,
             cloud.meter().world_seconds(), cloud.meter().engine_seconds());
  Results results;
  results.number("count", count);
  const double memory_before = memory_mib();
  auto store = must(store::SqliteStore::open(fleet.file));
  {
    sim::VirtualService service(cloud, *store, {});
    measure_start(fleet, service, results);
    const double memory = memory_mib() - memory_before;
    results.number("memory_mib", memory);
    results.number("memory_kib_each", memory * 1024 / count);
    measure_idle(fleet, service, idle_minutes, results);
    results.number("memory_after_idle_mib", memory_mib() - memory_before);
    measure_events(fleet, service, results);
  }
  results.text("limit", "idle_calls_per_1000_and_minute 2");
  fmt::print("{}\n", results.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
