// What the checker knows of schedules: which pauses, resumes and recycles were due by when, counted by itself. Worlds
// have tasks with a frequency and a start only.

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

// The last time by then at which it was due.
std::optional<Time> last_due(const model::ScheduledTask& task, Time by) {
  CHECK(task.start_time && (task.frequency == "hourly" || task.frequency == "daily"));
  const Duration period = task.frequency == "hourly" ? Duration(1h) : Duration(24h);
  if (!task.enabled || by < *task.start_time) return std::nullopt;
  return *task.start_time + (by - *task.start_time) / period * period;
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
