// What the checker knows of schedules: which pauses, resumes and recycles were due by when, counted by itself. Worlds
// have tasks with a frequency and a start, or with a minute of each hour or day (cron).

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "model/names.h"
#include "sim/checker.h"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSkew = 3s;          // of the services' clocks
constexpr Duration kToBeDone = 1min;    // of a pause or a resume that is due
constexpr Duration kToBeRecycled = 30min;  // what comes up is not recycled, and one that goes on takes its time

// At a minute of every hour, or at a minute and an hour of every day.
Time last_due_by_cron(const std::string& cron, Time by) {
  int minute = 0, hour = 0;
  const bool daily = std::sscanf(cron.c_str(), "%d %d * * *", &minute, &hour) == 2;
  CHECK(daily || std::sscanf(cron.c_str(), "%d * * * *", &minute) == 1);
  const Duration period = daily ? Duration(24h) : Duration(1h);
  const Time base = std::chrono::floor<std::chrono::days>(by) + std::chrono::hours(hour) + std::chrono::minutes(minute);
  return base - 24h + (by - base + 24h) / period * period;
}

// The last time by then at which it was due.
std::optional<Time> last_due(const model::ScheduledTask& task, Time by) {
  if (!task.cron.empty()) return last_due_by_cron(task.cron, by);
  CHECK(task.start_time && (task.frequency == "hourly" || task.frequency == "daily"));
  const Duration period = task.frequency == "hourly" ? Duration(1h) : Duration(24h);
  if (!task.enabled || by < *task.start_time) return std::nullopt;
  return *task.start_time + (by - *task.start_time) / period * period;
}

bool is_within(const model::WeekWindow& window, Time time) {
  constexpr auto kMonday = std::chrono::minutes(std::chrono::days(4));  // 1970-01-05
  constexpr auto kWeek = std::chrono::minutes(std::chrono::days(7)).count();
  const auto minute = (std::chrono::floor<std::chrono::minutes>(time).time_since_epoch() - kMonday).count() % kWeek;
  const bool wraps = window.end < window.begin;
  return wraps ? minute >= window.begin || minute < window.end : minute >= window.begin && minute < window.end;
}

std::optional<model::Goal> goal_of(const model::ScheduledTask& task) {
  if (task.type == model::TaskType::recycle) return std::nullopt;
  return task.type == model::TaskType::pause ? model::Goal::paused : model::Goal::running;
}

}  // namespace

// A task has been due since what was wanted last, and sets it to this.
bool Checker::is_due(Managed& managed, model::Goal shown) const {
  if (managed.goal == model::Goal::deleted) return false;
  std::vector<model::ScheduledTask> tasks = managed.spec.tasks;
  if (time_.now() < managed.spec_since + kToBeDone) {
    tasks.insert(tasks.end(), managed.former_tasks.begin(), managed.former_tasks.end());
  }
  for (const model::ScheduledTask& task : tasks) {
    const auto due = goal_of(task) == shown ? last_due(task, time_.now() + kSkew) : std::nullopt;
    if (!due || *due < managed.goal_since - kSkew) continue;
    managed.goal = shown;
    managed.goal_since = *due;
    return true;
  }
  return false;
}

// A replacement that nothing forced begins in a window, if there are any, and not before the instance's least lifetime.
void Checker::check_unforced(Managed& managed, const engine::View& view) {
  const auto& handover = view.state.handover;
  if (!handover || handover->began_at == managed.handover_seen) return;
  managed.handover_seen = handover->began_at;
  const bool unforced = handover->reason == model::Reason::revert_to_spot ||
                        handover->reason == model::Reason::preferred_type ||
                        handover->reason == model::Reason::cheaper_market;
  if (!unforced || time_.now() < managed.spec_since + kLatestSent) return;
  const model::Strategy& strategy = managed.spec.strategy;
  const Time began = handover->began_at;
  const bool in_time = std::any_of(strategy.optimization_windows.begin(), strategy.optimization_windows.end(),
                                   [&](const model::WeekWindow& window) {
                                     return is_within(window, began - kSkew) || is_within(window, began + kSkew);
                                   });
  if (!in_time && !strategy.optimization_windows.empty()) {
    broken(6, "moved_out_of_its_windows", view.id, "a replacement that nothing forced began at " + to_iso(began));
  }
  if (!view.state.instance) return;
  auto instance = instances_.find(view.state.instance->id);
  if (instance == instances_.end() || began + kSkew >= instance->second.asked + strategy.minimum_lifetime) return;
  broken(6, "moved_before_its_time", view.id, "a replacement that nothing forced began at " + to_iso(began));
}

std::string Checker::overdue(const engine::View& view) const {
  auto found = managed_.find(view.id);
  if (found == managed_.end() || view.state.goal == model::Goal::deleted) return {};
  const Managed& managed = found->second;
  const Time quiet_since = std::max({managed.answered, managed.spec_since, managed.goal_since});
  std::optional<Time> last;
  std::optional<model::Goal> wanted;
  for (const model::ScheduledTask& task : managed.spec.tasks) {
    const auto due = last_due(task, time_.now());
    if (!due) continue;
    if (goal_of(task) && (!last || *due >= *last)) {
      last = due;
      wanted = goal_of(task);
    }
    if (task.type != model::TaskType::recycle || !view.state.instance) continue;
    auto instance = instances_.find(view.state.instance->id);
    const bool from_before = instance != instances_.end() && instance->second.asked < *due - kToBeRecycled;
    const bool for_long = quiet_since < *due - kToBeRecycled && time_.now() > *due + kToBeRecycled;
    if (from_before && for_long) return "the schedule's recycle of " + to_iso(*due) + " was not done";
  }
  if (!last || view.state.goal == *wanted) return {};
  if (time_.now() < *last + kToBeDone || *last < quiet_since + kToBeDone) return {};
  return fmt::format("it is to be {} by its schedule since {}", *wanted == model::Goal::paused ? "paused" : "running",
                     to_iso(*last));
}

}  // namespace holdfast::sim
