// The production controller on a VirtualCloud, wired as the service wires it for AWS: the API budget in front of every
// call and asked by the executor, as many workers as the engine has threads, and as many snapshots under way as the
// cloud allows.
//
// Thread: one, the simulator's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ec2/budgeted.h"
#include "engine/controller.h"
#include "sim/drive.h"
#include "sim/virtual_cloud.h"
#include "sim/virtual_workers.h"

namespace holdfast::sim {

class VirtualService {
 public:
  struct Options {
    int workers = 16;       // EngineOptions::workers
    int look_workers = 12;  // as the engine has
    Duration sweep_interval = std::chrono::seconds(60);
    bool api_budget = true;
    std::optional<int> snapshots_at_once = {};  // that it reckons with; nothing: what the cloud allows when it is made
  };
  VirtualService(VirtualCloud& cloud, engine::Store& store, Options options);
  ~VirtualService();

  // Loads what is stored, and goes on from there in `step`.
  Result<void> start();
  // One thing happens: what was posted, a turn, or a work that is due; or time goes on to the next. False: nothing will
  // ever happen again.
  bool step();
  // Until it holds (asked after every step), or so much time has passed: false.
  bool until(const std::function<bool()>& holds, Duration limit);
  void pass(Duration duration);

  // Puts a creation; `surroundings` as engine::inspect has found them for this document.
  ManagedInstanceId create(const std::string& document, const model::Surroundings& surroundings);
  void put(engine::Input input) { controller_->put(std::move(input)); }
  size_t at_rest() const;  // how many are up and healthy, with nothing asked for

  const engine::Loop& loop() const { return controller_->loop(); }
  const engine::Counters& counters() const { return controller_->counters(); }
  VirtualCloud& cloud() { return cloud_; }
  // Told of each state after it was stored. May be empty.
  std::function<void(const engine::SharedView&)> changed;

 private:
  // Says whose time a job's is.
  class Metered : public engine::Workers {
   public:
    Metered(VirtualWorkers& workers, CpuMeter& meter) : workers_(workers), meter_(meter) {}
    void submit(std::function<void()> job) override;

   private:
    VirtualWorkers& workers_;
    CpuMeter& meter_;
  };

  void turn();

  VirtualCloud& cloud_;
  engine::Store& store_;
  Options options_;
  VirtualTime& time_;
  ec2::SharedBudget budget_;
  ec2::Budgeted budgeted_;
  VirtualWorkers effects_;
  VirtualWorkers looks_;
  Metered metered_effects_;
  Metered metered_looks_;
  Posted posted_;
  std::unique_ptr<engine::Controller> controller_;
  uint64_t made_ = 0;
};

}  // namespace holdfast::sim
