#include "bench/snapshot_load.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>

#include "engine/inspect.h"
#include "model/document.h"
#include "model/names.h"
#include "sim/virtual_service.h"
#include "store/memory_store.h"

#include "bench/program.h"

namespace holdfast::bench {

using namespace std::chrono_literals;

namespace {

std::string document(const sim::Network& network, const std::string& life_cycle, Duration interval) {
  return fmt::format(
      R"({{"name":"m","strategy":{{"lifeCycle":"{}"}},
      "persistence":{{"persistRootDevice":true,"snapshotInterval":{}}},
      "compute":{{"product":"Linux/UNIX","subnetIds":["{}"],
        "launchSpecification":{{"imageId":"{}","instanceTypes":{{"types":["t3.micro"]}},"securityGroupIds":["{}"]}}}}}})",
      life_cycle, std::chrono::duration_cast<std::chrono::seconds>(interval).count(), network.subnet.str(),
      cloud::kMinimalImage, network.security_group.str());
}

class Run {
 public:
  explicit Run(const SnapshotLoad& load)
      : load_(load), cloud_({load.seed, false, false, 0}), service_(cloud_, store_, options_of(load)) {
    spdlog::set_level(spdlog::level::off);
  }

  SnapshotFigures live() {
    bring_up();
    cloud_.set_latency(true);
    cloud_.set_limits(true, load_.under_way);
    service_.pass(load_.length / 3);  // until the stretched interval has settled
    cloud_.forget_figures();
    service_.changed = [this](const engine::SharedView& view) { note(*view); };
    measured_since_ = cloud_.time().now();
    for (int i = 0; i < load_.interruptions; ++i) {
      service_.pass(load_.length / (load_.interruptions + 1));
      interrupt(ids_[static_cast<size_t>(i) * ids_.size() / static_cast<size_t>(load_.interruptions)]);
    }
    service_.pass(measured_since_ + load_.length - cloud_.time().now());
    return figures();
  }

 private:
  struct Points {
    std::string life_cycle;
    std::optional<Time> last;
    bool final = false;
  };

  static sim::VirtualService::Options options_of(const SnapshotLoad& load) {
    sim::VirtualService::Options options;
    options.snapshots_at_once = load.under_way;
    return options;
  }

  void bring_up() {
    const sim::Network network = cloud_.make_network();
    if (!service_.start()) throw std::runtime_error("the service does not start");
    std::map<std::string, std::pair<std::string, model::Surroundings>> documents;
    for (const char* life_cycle : {"spot", "on_demand"}) {
      std::string text = document(network, life_cycle, load_.interval);
      auto spec = model::read_spec(text);
      if (!spec) throw std::runtime_error(describe(spec.error().errors.front()));
      auto surroundings = engine::inspect(cloud_.console(), *spec, {});
      CHECK(surroundings.has_value());
      documents.emplace(life_cycle, std::pair(text, *surroundings));
    }
    for (int i = 0; i < load_.volumes; ++i) {
      bool on_demand = i * load_.on_demand_percent / 100 != (i + 1) * load_.on_demand_percent / 100;
      const auto& [text, surroundings] = documents.at(on_demand ? "on_demand" : "spot");
      ids_.push_back(service_.create(text, surroundings));
    }
    auto up = [this] {
      return std::all_of(ids_.begin(), ids_.end(), [this](const ManagedInstanceId& id) {
        auto view = service_.loop().find(id);
        return view && view->state.instance && view->state.instance->healthy_at;
      });
    };
    for (int i = 0; i < 1000 && !up(); ++i) service_.pass(10s);
    if (!up()) throw std::runtime_error("the fleet does not come up");
  }

  void interrupt(const ManagedInstanceId& id) {
    auto view = service_.loop().find(id);
    cloud::InterruptHow how;
    how.kind = cloud::InterruptHow::Kind::no_notice;
    if (view && view->state.instance) (void)cloud_.console().interrupt(view->state.instance->id, how);
  }

  void note(const engine::View& view) {
    for (const model::Snapshot& snapshot : view.state.snapshots) {
      if (snapshot.state != model::SnapshotState::completed || !known_.insert(snapshot.id).second) continue;
      if (snapshot.started_at < measured_since_) continue;
      Points& points = points_[view.id];
      points.life_cycle = view.spec.strategy.life_cycle == model::LifeCycle::spot ? "spot" : "on_demand";
      ++made_;
      if (points.last && snapshot.started_at < *points.last) continue;  // it was outrun
      // A replacement ends an interval early, and begins anew.
      if (points.last && !points.final && !snapshot.final) intervals_[view.id].push_back(seconds(snapshot.started_at - *points.last));
      points.last = snapshot.started_at;
      points.final = snapshot.final;
      if (snapshot.final && view.state.gone_at)
        final_waits_.push_back(seconds(snapshot.started_at - *view.state.gone_at));
    }
  }

  SnapshotFigures figures() {
    SnapshotFigures figures;
    for (const auto& [id, intervals] : intervals_) {
      const std::string& life_cycle = points_.at(id).life_cycle;
      auto& all = figures.intervals[life_cycle];
      all.insert(all.end(), intervals.begin(), intervals.end());
      figures.means[life_cycle].push_back(std::accumulate(intervals.begin(), intervals.end(), 0.0) /
                                          static_cast<double>(intervals.size()));
    }
    figures.final_waits = final_waits_;
    figures.wanted_per_second = load_.volumes / seconds(load_.interval);
    figures.made_per_second = static_cast<double>(made_) / seconds(load_.length);
    for (const auto& [action, calls] : cloud_.calls()) {
      for (const auto& [code, count] : calls.refused) {
        if (code == "SnapshotCreationPerVolumeRateExceeded") figures.too_soon += count;
        if (code == "RequestLimitExceeded" || code == "ConcurrentSnapshotLimitExceeded") figures.throttled += count;
      }
    }
    figures.most_under_way = cloud_.most_snapshots_under_way();
    return figures;
  }

  SnapshotLoad load_;
  store::MemoryStore store_;
  sim::VirtualCloud cloud_;
  sim::VirtualService service_;
  std::vector<ManagedInstanceId> ids_;
  Time measured_since_{};
  std::set<SnapshotId> known_;
  std::map<ManagedInstanceId, Points> points_;
  std::map<ManagedInstanceId, std::vector<double>> intervals_;
  std::vector<double> final_waits_;
  uint64_t made_ = 0;
};

}  // namespace

SnapshotFigures run_load(const SnapshotLoad& load) {
  return Run(load).live();
}

double spread_of(const std::vector<double>& means) {
  if (means.empty()) return 0;
  auto [least, most] = std::minmax_element(means.begin(), means.end());
  return *most / *least;
}

}  // namespace holdfast::bench
