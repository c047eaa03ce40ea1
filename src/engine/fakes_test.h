// What the engine's tests put in the place of the world: a clock that is set, workers whose jobs run when told, a cloud
// that answers as scripted, a store that fails when told.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ec2/ec2.h"
#include "engine/clock.h"
#include "engine/store.h"
#include "engine/workers.h"

namespace holdfast::engine {

class SetClock : public Clock {
 public:
  Time now() override { return time; }
  Time time = from_millis(1'700'000'000'000);
};

// Jobs run in order, when `run` is called; what they post runs then too.
class QueuedWorkers : public Workers {
 public:
  void submit(std::function<void()> job) override { jobs.push_back(std::move(job)); }
  Post post() {
    return [this](std::function<void()> closure) { posted.push_back(std::move(closure)); };
  }
  // Runs one job and delivers what it posted; false: there was none.
  bool run_one() {
    if (jobs.empty()) return false;
    auto job = std::move(jobs.front());
    jobs.pop_front();
    job();
    deliver();
    return true;
  }
  void run_all() {
    while (run_one()) {
    }
  }
  void deliver() {
    while (!posted.empty()) {
      auto closure = std::move(posted.front());
      posted.pop_front();
      closure();
    }
  }
  std::deque<std::function<void()>> jobs;
  std::deque<std::function<void()>> posted;
};

// Keeps every request; answers by the handler of its action, or with an empty answer of the right type.
class ScriptedEc2 : public ec2::Ec2 {
 public:
  template <class R>
  void on(std::function<Result<typename R::Response>(const R&)> handler) {
    handlers_[std::string(R::kAction)] = [handler](const ec2::Request& request) -> Result<ec2::Response> {
      auto answer = handler(std::get<R>(request));
      if (!answer) return Failure(std::move(answer).error());
      return ec2::Response(std::move(*answer));
    };
  }
  template <class R>
  void fail_with(std::string code) {
    on<R>([code](const R&) -> Result<typename R::Response> { return ec2::ec2_fail(code, "scripted"); });
  }
  Result<ec2::Response> perform(const ec2::Request& request) override {
    requests.push_back(request);
    auto handler = handlers_.find(std::string(ec2::action_of(request)));
    if (handler != handlers_.end()) return handler->second(request);
    return std::visit([](const auto& r) -> ec2::Response { return typename std::decay_t<decltype(r)>::Response{}; },
                      request);
  }
  template <class R>
  std::vector<R> asked() const {
    std::vector<R> found;
    for (const ec2::Request& request : requests) {
      if (const R* one = std::get_if<R>(&request)) found.push_back(*one);
    }
    return found;
  }
  std::vector<std::string> actions() const {
    std::vector<std::string> names;
    for (const ec2::Request& request : requests) names.emplace_back(ec2::action_of(request));
    return names;
  }
  std::vector<ec2::Request> requests;

 private:
  std::map<std::string, std::function<Result<ec2::Response>(const ec2::Request&)>> handlers_;
};

// The least that a store must do, in memory; fails the next `failures` commits, having written nothing.
class FailingStore : public Store {
 public:
  Result<std::vector<StoredInstance>> load() override {
    std::vector<StoredInstance> all;
    for (const auto& [id, instance] : instances) all.push_back(instance);
    return all;
  }
  // Gives everything to the first who asks, and later what was prepared.
  Result<Leases> lease(const Claim& claim, std::optional<size_t> believed, Time now) override {
    ++leases_asked;
    lengths.push_back(claim.length);
    if (failures > 0) {
      --failures;
      return Failure(refusal);
    }
    last_time = now;
    Leases given = std::exchange(next_leases, Leases{});
    given.session = 1;
    if (!believed) {
      for (const auto& [id, instance] : instances) given.taken.push_back({instance, 1});
    }
    return given;
  }
  Result<void> release(const std::vector<ManagedInstanceId>& ids) override {
    released.insert(released.end(), ids.begin(), ids.end());
    return {};
  }
  Result<void> leave() override {
    left = true;
    return {};
  }
  Result<std::vector<StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) override {
    std::vector<StoredElsewhere> found;
    for (const StoredElsewhere& one : others) {
      if (!id || one.instance.id == *id) found.push_back(one);
    }
    return found;
  }
  Result<std::vector<int64_t>> commit(const std::vector<Change>& changes, Time now) override {
    ++commits_tried;
    if (failures > 0) {
      --failures;
      return Failure(refusal);
    }
    for (const Change& change : changes) numbers[change.instance.id] = change.lease;
    last_time = now;
    sizes.push_back(changes.size());
    std::vector<int64_t> sequences;
    for (const Change& change : changes) {
      for (const model::Record& record : change.records) {
        history.push_back({static_cast<int64_t>(history.size()) + 1, change.instance.id, record});
        sequences.push_back(history.back().sequence);
      }
      if (change.forget) {
        instances.erase(change.instance.id);
      } else {
        instances[change.instance.id] = change.instance;
      }
    }
    return sequences;
  }
  Result<std::vector<StoredGroup>> load_groups() override { return std::vector<StoredGroup>(); }
  Result<void> put_group(const StoredGroup&) override { return {}; }
  Result<void> remove_group(const GroupId&) override { return {}; }
  Result<std::vector<StoredRecord>> records(const RecordQuery&) override { return history; }
  Result<Time> last_time_seen() override { return last_time; }

  Error refusal{ErrorKind::unavailable, "Store", "no space left on the device", {}};
  Leases next_leases;
  int leases_asked = 0;
  std::vector<Duration> lengths;
  std::vector<ManagedInstanceId> released;
  bool left = false;
  std::vector<StoredElsewhere> others;
  std::map<ManagedInstanceId, uint64_t> numbers;  // of the last change of each
  int failures = 0;                               // of commits and leases
  int commits_tried = 0;
  std::vector<size_t> sizes;  // changes of each commit that succeeded
  std::map<ManagedInstanceId, StoredInstance> instances;
  std::vector<StoredRecord> history;
  Time last_time{};
};

}  // namespace holdfast::engine
