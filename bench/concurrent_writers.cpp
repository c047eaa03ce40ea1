// Many clients with mixed verbs on one managed instance, for as long as asked: no update that was answered is lost, and
// nothing is answered with a 5xx. On simulated machines. Exit status 0 only if both hold.
//   concurrent_writers [--clients 100] [--seconds 600]
//
// How a lost update would show: some clients count in one field, each reading a version and writing the next number for
// just that version, so the last number must be the number of successes; others have a field of their own each, without
// a version, so whatever is read later must be what they wrote last. The rest pause, resume, recycle and read.

#include <fmt/core.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "bench/connection.h"
#include "bench/figures.h"
#include "bench/setup.h"

namespace holdfast::bench {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr char kRoot[] = "/aws/ec2/managedInstance";

struct Own {
  const char* part;
  const char* field;
  int least;
};
constexpr Own kOwn[] = {{"persistence", "snapshotInterval", 100},
                        {"persistence", "rootGenerations", 1},
                        {"healthCheck", "gracePeriod", 100},
                        {"healthCheck", "unhealthyDuration", 100}};

struct Shared {
  uint16_t port = 0;
  std::string token;
  std::string id;
  Clock::time_point end;
  std::atomic<uint64_t> calls = 0, counted = 0, conflicts = 0, refused = 0;
  std::mutex mutex;
  std::map<int, uint64_t> statuses;
  std::string wrong;  // the first thing that must not be

  std::string path(const std::string& rest = {}) const { return fmt::format("{}/{}{}", kRoot, id, rest); }
  bool over() {
    std::lock_guard lock(mutex);
    return Clock::now() >= end || !wrong.empty();
  }
  void fault(const std::string& what) {
    std::lock_guard lock(mutex);
    if (wrong.empty()) wrong = what;
  }
};

// One call; a 5xx or a broken connection ends it all.
std::optional<Answered> ask(Shared& shared, Connection& connection, const Asking& asking) {
  auto answered = connection.call(asking);
  ++shared.calls;
  if (!answered) {
    shared.fault(asking.method + " " + asking.path + ": " + describe(answered.error()));
    return std::nullopt;
  }
  {
    std::lock_guard lock(shared.mutex);
    ++shared.statuses[answered->status];
  }
  if (answered->status >= 500) {
    shared.fault(fmt::format("{} {} was answered with {}: {}", asking.method, asking.path, answered->status,
                             answered->body.substr(0, 500)));
    return std::nullopt;
  }
  return std::move(*answered);
}

json::value item_of(const Answered& answered) {
  return json::parse(answered.body).at("response").at("items").at(0);
}

Asking change(const Shared& shared, json::object fields, const std::string& etag = {}) {
  Asking asking{"PUT", shared.path(), json::serialize(json::object{{"managedInstance", std::move(fields)}})};
  if (!etag.empty()) asking.more = "If-Match: " + etag + "\r\n";
  return asking;
}

void count_up(Shared& shared, Connection& connection) {
  while (!shared.over()) {
    auto read = ask(shared, connection, {"GET", shared.path()});
    if (!read || read->status != 200) continue;
    const json::value item = item_of(*read);
    const json::value* known = item.as_object().if_contains("description");
    const int64_t number = known == nullptr ? 0 : parse_int(known->as_string()).value_or(0);
    auto written =
        ask(shared, connection, change(shared, {{"description", std::to_string(number + 1)}}, read->header("etag")));
    if (!written) continue;
    if (written->status == 200) {
      ++shared.counted;
    } else {
      ++shared.conflicts;
    }
  }
}

void keep_own(Shared& shared, Connection& connection, const Own& own, int& last) {
  for (int number = 0; !shared.over(); ++number) {
    const int next = own.least + number % 50;
    json::object part;
    part[own.field] = next;
    json::object fields;
    fields[own.part] = std::move(part);
    auto written = ask(shared, connection, change(shared, std::move(fields)));
    if (!written) continue;
    if (written->status == 200) last = next;
    auto read = ask(shared, connection, {"GET", shared.path()});
    if (!read || read->status != 200) continue;
    const json::value item = item_of(*read);
    if (last != 0 && item.at(own.part).at(own.field) != json::value(last)) {
      shared.fault(fmt::format("{}.{} was written as {} and is read as {}", own.part, own.field, last,
                               json::serialize(item.at(own.part).at(own.field))));
    }
  }
}

void roam(Shared& shared, Connection& connection, uint64_t seed) {
  Random random(seed);
  const std::vector<Asking> all = {{"PUT", shared.path("/pause")},
                                   {"PUT", shared.path("/resume")},
                                   {"PUT", shared.path("/recycle")},
                                   {"PUT", shared.path("/recycle?dryRun=true")},
                                   {"GET", shared.path("/status")},
                                   {"GET", shared.path("/history")},
                                   {"GET", shared.path("/why")},
                                   {"GET", shared.path("/costs")},
                                   {"GET", shared.path("/events?limit=10")},
                                   {"GET", kRoot},
                                   {"DELETE", shared.path("?dryRun=true")},
                                   {"GET", "/metrics"}};
  while (!shared.over()) {
    auto answered = ask(shared, connection, all[random.below(all.size())]);
    if (answered && answered->status != 200) ++shared.refused;
  }
}

void check_end(Shared& shared, const std::vector<int>& owned) {
  Connection connection = must(Connection::open(shared.port, shared.token));
  shared.end = Clock::now() + 1min;
  auto read = ask(shared, connection, {"GET", shared.path()});
  if (!read || read->status != 200) return shared.fault("it cannot be read in the end");
  const json::value item = item_of(*read);
  const json::value* count = item.as_object().if_contains("description");
  const std::string told = count == nullptr ? "0" : std::string(count->as_string());
  if (told != std::to_string(shared.counted)) {
    shared.fault(fmt::format("{} updates were answered with 200, and the count is {}", shared.counted.load(), told));
  }
  for (size_t i = 0; i < owned.size(); ++i) {
    if (owned[i] == 0 || item.at(kOwn[i].part).at(kOwn[i].field) == json::value(owned[i])) continue;
    shared.fault(fmt::format("{} was written as {} last, and is another", kOwn[i].field, owned[i]));
  }
}

int run(Options& options) {
  int clients = 100, seconds = 600;
  options.number("clients", clients).number("seconds", seconds).read();
  const std::unique_ptr<Setup> setup = set_up("null", {"--requests-per-second", "0"});  // no limit
  Shared shared;
  shared.port = setup->service.port();
  std::ifstream token_file(setup->service.data_dir() + "/token");
  std::getline(token_file, shared.token);
  shared.id = bring_up(setup->client, "hello.yaml", {}).id;
  shared.end = Clock::now() + std::chrono::seconds(seconds);
  std::vector<int> owned(std::size(kOwn), 0);
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      auto connection = Connection::open(shared.port, shared.token);
      if (!connection) return shared.fault(describe(connection.error()));
      const auto own = static_cast<size_t>(client);
      if (own < std::size(kOwn)) return keep_own(shared, *connection, kOwn[own], owned[own]);
      if (client % 2 == 0) return count_up(shared, *connection);
      roam(shared, *connection, static_cast<uint64_t>(client));
    });
  }
  for (std::thread& thread : threads) thread.join();
  check_end(shared, owned);
  Results results;
  results.number("clients", clients);
  results.number("seconds", seconds);
  results.number("calls", static_cast<double>(shared.calls));
  results.number("counted", static_cast<double>(shared.counted));
  results.number("versions_refused", static_cast<double>(shared.conflicts));
  for (const auto& [status, count] : shared.statuses) {
    results.number(fmt::format("status_{}", status), static_cast<double>(count));
  }
  must(setup->service.destroy());
  if (!shared.wrong.empty()) give_up(shared.wrong);
  fmt::print("{}\n", results.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
