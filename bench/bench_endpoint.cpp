// What the local EC2 endpoint serves on one core, and what a call costs our client: `holdfast cloud serve` on simulated
// machines has one core, the callers another; every request is signed, checked, and its answer read.
//   bench_endpoint [--seconds 5] [--callers 8] [--instances 100]

#include <fmt/core.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "aws/session.h"
#include "base/text.h"
#include "bench/figures.h"
#include "bench/setup.h"
#include "support/child.h"
#include "support/wait.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Call = std::function<Result<void>()>;

constexpr int kServerCore = 0;
constexpr int kCallersCore = 1;
constexpr char kKey[] = "AKIABENCH";
constexpr char kSecret[] = "bench-secret-of-the-local-cloud";

void stay_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) give_up(fmt::format("this machine has no core {}", core));
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of all threads of a process, in seconds (proc(5): fields 14 and 15 of stat, after the name in brackets).
double cpu_of(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::vector<std::string> fields = split(text.substr(text.rfind(')') + 2), ' ');
  if (fields.size() < 13) give_up("cannot read the processor time of the endpoint");
  const double ticks = std::stod(fields[11]) + std::stod(fields[12]);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double cpu_of_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class Endpoint {
 public:
  explicit Endpoint(const std::string& folder) : log_(folder + "/log") {
    const std::vector<std::string> argv = {"/usr/bin/taskset",
                                           "-c",
                                           std::to_string(kServerCore),
                                           support::holdfast_binary(),
                                           "cloud",
                                           "serve",
                                           "--substrate",
                                           "null",
                                           "--data",
                                           folder + "/data",
                                           "--listen",
                                           "127.0.0.1:0",
                                           "--access-key",
                                           kKey,
                                           "--secret-key",
                                           kSecret};
    child_.emplace(must(support::Child::start({argv, log_})));
    if (!support::wait_until(30s, [&] { return !url().empty(); })) give_up("the endpoint did not start: " + log());
  }
  // Empty until it has said it.
  std::string url() const {
    const std::string said = log();
    const size_t at = said.find("http://");
    const size_t end = said.find_first_of(", \n", at);
    return at == std::string::npos || end == std::string::npos ? "" : said.substr(at, end - at);
  }
  pid_t pid() const { return child_->pid(); }

 private:
  std::string log() const {
    std::ifstream in(log_);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  std::string log_;
  std::optional<support::Child> child_;
};

// All callers as fast as they can.
Results measure(const Endpoint& endpoint, int callers, double seconds, const Call& call) {
  std::atomic<uint64_t> done = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  const double server_before = cpu_of(endpoint.pid());
  const double ours_before = cpu_of_us();
  const Clock::time_point begin = Clock::now();
  std::string failed;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&, first = i == 0] {
      while (!over) {
        const Result<void> ended = call();
        if (!ended && first) failed = describe(ended.error());
        if (!ended) break;
        ++done;
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  over = true;
  for (std::thread& thread : threads) thread.join();
  if (!failed.empty()) give_up(failed);
  const double calls = static_cast<double>(done.load());
  Results results;
  results.number("calls_a_second", calls / seconds_since(begin));
  results.number("endpoint_cpu_microseconds_a_call", 1e6 * (cpu_of(endpoint.pid()) - server_before) / calls);
  results.number("client_cpu_microseconds_a_call", 1e6 * (cpu_of_us() - ours_before) / calls);
  return results;
}

// One after the other: what a caller waits.
Summary wait_of(const Call& call, int count) {
  std::vector<double> micros;
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    must(call());
    micros.push_back(1e6 * seconds_since(begin));
  }
  return summary_of(std::move(micros));
}

std::unique_ptr<aws::Session> session_for(const Endpoint& endpoint) {
  aws::SessionOptions options;
  options.region = "local-1";
  options.endpoint_url = endpoint.url();
  options.proxy = aws::Proxy::none;
  options.credentials = aws::Credentials{{kKey, kSecret, {}}, {}, "bench"};
  return must(aws::Session::open(std::move(options)));
}

std::vector<InstanceId> launch(aws::QueryClient& ec2, int count) {
  ec2::RunInstancesRequest request;
  request.image_id = ImageId("ami-00000000000000001");
  request.instance_type = "t3.nano";
  request.subnet_id = SubnetId("subnet-0000000000000000a");
  request.min_count = request.max_count = count;
  std::vector<InstanceId> ids;
  for (const ec2::Instance& instance : must(ec2.call(request)).instances) ids.push_back(instance.instance_id);
  return ids;
}

template <class R>
Call calling(aws::QueryClient& ec2, R request) {
  return [&ec2, request]() -> Result<void> {
    auto answer = ec2.call(request);
    return answer ? Result<void>() : Failure(answer.error());
  };
}

// Another value each time: the same one again would change nothing.
Call tagging(aws::QueryClient& ec2, const InstanceId& id) {
  return [&ec2, id, count = std::make_shared<std::atomic<int>>(0)]() -> Result<void> {
    ec2::CreateTagsRequest tag;
    tag.resources = {id.str()};
    tag.tags = {{"bench", std::to_string(++*count)}};
    auto answer = ec2.call(tag);
    return answer ? Result<void>() : Failure(answer.error());
  };
}

int run(Options& options) {
  int seconds = 5, callers = 8, count = 100;
  options.number("seconds", seconds).number("callers", callers).number("instances", count).read();
  const support::Scratch scratch = must(support::Scratch::make("holdfast-bench"));
  const Endpoint endpoint(scratch.path());
  stay_on(kCallersCore);
  const auto session = session_for(endpoint);
  const auto ec2 = must(session->ec2());
  const std::vector<InstanceId> ids = launch(*ec2, count);

  ec2::DescribeInstancesRequest one;
  one.instance_ids = {ids.front()};
  ec2::DescribeInstancesRequest all;
  all.instance_ids = ids;
  const std::vector<std::pair<std::string, Call>> kinds = {{"describe_one", calling(*ec2, one)},
                                                           {fmt::format("describe_{}", count), calling(*ec2, all)},
                                                           {"create_tags", tagging(*ec2, ids.front())}};
  Results results;
  for (const auto& [name, call] : kinds) {
    fmt::print(stderr, "{}:\n", name);
    Results kind = measure(endpoint, callers, seconds, call);
    kind.summary("alone_microseconds", wait_of(call, 500));
    results.nested(name, kind);
  }
  results.number("callers", callers);
  results.text(
      "limit",
      "none given: every call is signed, its signature checked, and a mutating one is on disk when it is answered");
  fmt::print("{}\n", results.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
