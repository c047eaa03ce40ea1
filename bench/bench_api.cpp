// What the REST API serves on one core with many managed instances in the store, and what idle event streams cost:
// `holdfast serve` on simulated machines has one core, the callers the other.
//   bench_api [--instances 10000] [--seconds 5] [--callers 8] [--creates 200] [--streams 1000]

#include <fmt/core.h>
#include <sched.h>

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "bench/connection.h"
#include "bench/figures.h"
#include "bench/setup.h"
#include "core/decide.h"
#include "model/document.h"
#include "store/sqlite_store.h"
#include "support/wait.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kServerCore = 0;
constexpr int kCallersCore = 1;
constexpr char kRoot[] = "/aws/ec2/managedInstance";
constexpr size_t kOfOneCommit = 500;

void stay_on(pid_t pid, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (::sched_setaffinity(pid, sizeof set, &set) != 0) give_up(fmt::format("this machine has no core {}", core));
}

// Every thread of the service, those to come included: they inherit it.
void keep_service_on(pid_t pid) {
  must(support::wait_until(5s, [&] { return ::access(fmt::format("/proc/{}/task", pid).c_str(), R_OK) == 0; })
           ? Result<void>()
           : fail(ErrorKind::not_found, "NoService", "the service is gone"));
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    stay_on(static_cast<pid_t>(parse_int(task.path().filename().string()).value_or(0)), kServerCore);
  }
}

double rss_mib(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; in >> word;) {
    double kib = 0;
    if (word == "Rss:" && in >> kib) return kib / 1024;
  }
  give_up("cannot read the memory of the service");
}

std::string document(int number) {
  return must(
      support::document_of(support::source_file("examples/hello.yaml"), {{"name", fmt::format("fleet-{}", number)}}));
}

std::string id_of(int number) {
  return fmt::format("smi-{:08x}", 0x10000000 + number);
}

// Paused ones, as the service itself would have stored them: it looks after them like after any other.
void fill(const std::string& data_dir, int count) {
  auto store = must(store::SqliteStore::open(data_dir + "/holdfast.db"));
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::vector<engine::Change> changes;
  for (int i = 0; i < count; ++i) {
    engine::StoredInstance one{ManagedInstanceId(id_of(i)), document(i), {}, now, now};
    one.state = core::initial_state(one.id, {}, now);
    one.state.goal = model::Goal::paused;
    one.state.status = model::Status::paused;
    changes.push_back({std::move(one), {{now, "created", "the managed instance was created", "{}"}}});
    if (changes.size() < kOfOneCommit && i + 1 < count) continue;
    must(store->commit(changes, now));
    changes.clear();
  }
}

struct Load {
  uint16_t port = 0;
  std::string token;
  int callers = 8;
  double seconds = 5;
};

// All callers as fast as they can for a while, or `calls` of each.
Results measure(const Load& load, int calls, const std::function<Asking(int caller, int number)>& asking) {
  std::mutex mutex;
  std::vector<double> all;
  std::string failed;
  std::vector<std::thread> threads;
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.seconds));
  for (int caller = 0; caller < load.callers; ++caller) {
    threads.emplace_back([&, caller] {
      auto connection = Connection::open(load.port, load.token);
      std::vector<double> mine;
      std::string wrong = connection ? "" : describe(connection.error());
      for (int number = 0; wrong.empty() && (calls > 0 ? number < calls : Clock::now() < end); ++number) {
        const Clock::time_point asked = Clock::now();
        auto answered = connection->call(asking(caller, number));
        mine.push_back(1e3 * std::chrono::duration<double>(Clock::now() - asked).count());
        if (!answered) wrong = describe(answered.error());
        if (answered && answered->status != 200) wrong = answered->body.substr(0, 500);
      }
      std::lock_guard lock(mutex);
      all.insert(all.end(), mine.begin(), mine.end());
      if (!wrong.empty()) failed = wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (!failed.empty()) give_up(failed);
  Results results;
  results.number("calls_a_second",
                 static_cast<double>(all.size()) / std::chrono::duration<double>(Clock::now() - begin).count());
  results.summary("milliseconds", summary_of(std::move(all)));
  return results;
}

void measure_calls(Results& results, const Load& load, int instances, int creates) {
  auto one_of = [&](int caller, int number) { return id_of((caller * 7919 + number * 104729) % instances); };
  results.nested("read_one", measure(load, 0, [&](int caller, int number) {
                   return Asking{"GET", fmt::format("{}/{}", kRoot, one_of(caller, number))};
                 }));
  results.nested("read_status", measure(load, 0, [&](int caller, int number) {
                   return Asking{"GET", fmt::format("{}/{}/status", kRoot, one_of(caller, number))};
                 }));
  results.nested("read_page_of_100", measure(load, 0, [&](int caller, int number) {
                   return Asking{"GET", fmt::format("{}?limit=100&after={}", kRoot, one_of(caller, number))};
                 }));
  results.nested("rename_one", measure(load, 0, [&](int caller, int number) {
                   const std::string body =
                       fmt::format("{{\"managedInstance\":{{\"description\":\"{} of {}\"}}}}", number, caller);
                   return Asking{"PUT", fmt::format("{}/{}", kRoot, id_of(caller)), body};
                 }));
  const int each = std::max(1, creates / load.callers);
  results.nested(
      "create", measure(load, each, [&](int caller, int number) {
        return Asking{"POST", kRoot, "{\"managedInstance\":" + document(1000000 + caller * each + number) + "}"};
      }));
}

void measure_streams(Results& results, const Load& load, pid_t service, int streams) {
  const double before = rss_mib(service);
  std::vector<Connection> open;
  for (int i = 0; i < streams; ++i) {
    auto connection = must(Connection::open(load.port, load.token));
    const Answered answered = must(
        connection.begin({"GET", fmt::format("{}/{}/events", kRoot, id_of(i)), {}, "Accept: text/event-stream\r\n"}));
    if (answered.status != 200) {
      give_up(fmt::format("stream {} of {} was refused with {}: {}", i + 1, streams, answered.status, answered.head));
    }
    open.push_back(std::move(connection));
  }
  std::this_thread::sleep_for(3s);  // each has looked for events at least once
  results.number("idle_streams", streams);
  results.number("idle_streams_rss_mib", rss_mib(service) - before);
  results.nested("read_one_beside_streams", measure(load, 0, [](int caller, int number) {
                   return Asking{"GET", fmt::format("{}/{}", kRoot, id_of(caller * 10 + number % 10))};
                 }));
}

int run(Options& options) {
  int instances = 10000, creates = 200, streams = 1000, callers = 8, seconds = 5;
  options.number("instances", instances).number("creates", creates).number("streams", streams);
  options.number("callers", callers).number("seconds", seconds).read();
  const std::unique_ptr<Setup> setup = set_up("null", {"--requests-per-second", "0"});  // no limit
  setup->service.stop();
  fill(setup->service.data_dir(), instances);
  Results results;
  const Clock::time_point begin = Clock::now();
  must(setup->service.start(120s));
  results.number("start_seconds", std::chrono::duration<double>(Clock::now() - begin).count());
  results.number("instances", instances);
  std::ifstream token_file(setup->service.data_dir() + "/token");
  Load load{setup->service.port(), {}, callers, static_cast<double>(seconds)};
  std::getline(token_file, load.token);
  keep_service_on(setup->service.pid());
  stay_on(0, kCallersCore);
  results.number("rss_mib", rss_mib(setup->service.pid()));
  measure_calls(results, load, instances, creates);
  measure_streams(results, load, setup->service.pid(), streams);
  must(setup->service.destroy());
  fmt::print("{}\n", results.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
