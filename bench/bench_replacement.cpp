// A replacement without a database: what the service and the local cloud need by themselves. For each mode each phase,
// and from the kill to the program answering again, as a client on this host sees it.
//   bench_replacement [--count 50]
// The service's own share is what is left when machines, volumes and networks cost nothing: the same replacement on the
// null substrate, model and stores included.

#include <fmt/core.h>

#include <chrono>
#include <map>

#include "bench/figures.h"
#include "bench/setup.h"
#include "support/hello.h"
#include "support/wait.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using support::Cause;
using support::ManagedStatus;
using Clock = std::chrono::steady_clock;

constexpr char kDataVolume[] = R"([{"deviceName":"/dev/sdf","ebs":{"volumeType":"gp3","volumeSize":1}}])";

double millis_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::map<std::string, std::string> with_volume(const std::string& mode) {
  return {{"name", "bench-" + mode},
          {"persistence",
           R"({"persistRootDevice":true,"persistPrivateIp":true,"persistBlockDevices":true,"blockDevicesMode":")" +
               mode + "\"}"},
          {"compute.launchSpecification.blockDeviceMappings", kDataVolume}};
}

// Blocks until the program answers with a count above `count`; the new count.
int wait_answer(const std::string& ip, int count) {
  int seen = 0;
  const bool answered = support::wait_until(
      60s,
      [&] {
        seen = support::hello_count(ip, 100ms).value_or(0);
        return seen > count;
      },
      1ms);
  if (!answered) give_up("the program does not answer again");
  return seen;
}

struct Samples {
  std::map<std::string, std::vector<double>> phases;
  std::vector<double> total;
  std::vector<double> answering;
};

void add_event(const support::ApiClient& client, const ManagedStatus& status, Samples& samples) {
  const support::Happening event = replaced_event(client, status.id, status.generation);
  for (const auto& [phase, millis] : event.phases_ms) samples.phases[phase].push_back(static_cast<double>(millis));
  samples.total.push_back(static_cast<double>(event.total_ms));
}

Samples measure(Setup& setup, const std::string& mode, int count, bool real) {
  Samples samples;
  ManagedStatus status = bring_up(setup.client, "hello.yaml", with_volume(mode));
  int answer = real ? wait_answer(status.private_ip, 0) : 0;
  for (int i = 0; i < count; ++i) {
    const Clock::time_point killed = Clock::now();
    must(setup.client.interrupt(status.instance_id, Cause::no_notice));
    if (real) {
      answer = wait_answer(status.private_ip, answer);
      samples.answering.push_back(millis_since(killed));
    }
    status = wait_replaced(setup.client, status);
    add_event(setup.client, status, samples);
  }
  must(setup.client.remove(status.id));
  return samples;
}

Results results_of(const Samples& samples) {
  Results results;
  for (const char* phase : {"terminating", "saving", "launching", "attaching", "checking"}) {
    const auto found = samples.phases.find(phase);
    if (found != samples.phases.end()) results.summary(std::string(phase) + "_ms", summary_of(found->second));
  }
  results.summary("total_ms", summary_of(samples.total));
  if (!samples.answering.empty()) results.summary("kill_to_answer_ms", summary_of(samples.answering));
  return results;
}

int run(Options& options) {
  int count = 50;
  options.number("count", count).read();
  Results all;
  for (const char* substrate : {"linux", "null"}) {
    const bool real = std::string(substrate) == "linux";
    const std::unique_ptr<Setup> setup = set_up(substrate);
    for (const char* mode : {"reattach", "onLaunch"}) {
      fmt::print(stderr, "{} on {}:\n", mode, substrate);
      all.nested(std::string(real ? "" : "own_share_") + mode, results_of(measure(*setup, mode, count, real)));
    }
    must(setup->service.destroy());
  }
  all.text("limit", "own_share total_ms median: under 50 ms");
  fmt::print("{}\n", all.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
