// Many small managed instances on this machine: how long it takes until all run, and what the service needs for them.
//   bench_fleet [--count 200]

#include <fmt/core.h>

#include <chrono>
#include <fstream>
#include <set>
#include <string>

#include "bench/figures.h"
#include "bench/setup.h"
#include "support/wait.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// MiB of a line of /proc/PID/smaps_rollup ("Pss:", "Rss:").
double memory_of(pid_t pid, const std::string& line) {
  std::ifstream in(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; in >> word;) {
    double kib = 0;
    if (word == line && in >> kib) return kib / 1024;
  }
  give_up("cannot read the memory of the service");
}

int count_active(const support::ApiClient& client, const std::vector<std::string>& ids, std::set<std::string>& active) {
  for (const std::string& id : ids) {
    if (active.count(id) > 0) continue;
    const auto status = client.status(id);
    if (status && status->status == "ACTIVE") active.insert(id);
    if (status && status->status == "ERROR") give_up(id + ": " + status->error);
  }
  return static_cast<int>(active.size());
}

int run(Options& options) {
  int count = 200;
  options.number("count", count).read();
  const std::unique_ptr<Setup> setup = set_up("linux");
  Results results;
  results.number("memory_empty_rss_mib", memory_of(setup->service.pid(), "Rss:"));
  const Clock::time_point begin = Clock::now();
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    const std::string document =
        must(support::document_of(support::source_file("examples/hello.yaml"), {{"name", fmt::format("fleet-{}", i)}}));
    ids.push_back(must(setup->client.create(document)));
  }
  results.number("accepted_seconds", std::chrono::duration<double>(Clock::now() - begin).count());
  std::set<std::string> active;
  const bool all = support::wait_until(
      600s, [&] { return count_active(setup->client, ids, active) == count; }, 50ms);
  if (!all) give_up(fmt::format("only {} of {} are ACTIVE", active.size(), count));
  results.number("all_active_seconds", std::chrono::duration<double>(Clock::now() - begin).count());
  results.number("count", count);
  results.number("memory_rss_mib", memory_of(setup->service.pid(), "Rss:"));
  results.number("memory_pss_mib", memory_of(setup->service.pid(), "Pss:"));
  results.text("limit", "the machines themselves: 200 in 12 s and 1.4 MiB each in the prototype, without a service");
  must(setup->service.destroy());
  fmt::print("{}\n", results.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
