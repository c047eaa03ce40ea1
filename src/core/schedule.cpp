#include "core/schedule.h"

#include <algorithm>
#include <vector>

#include "core/lifecycle.h"
#include "core/mutation.h"
#include "model/cron.h"
#include "model/names.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr Duration kLate = std::chrono::minutes(1);   // later than that is told
constexpr Time kAnchor = Time(std::chrono::days(3));  // 1970-01-04 00:00, a Sunday

Duration period_of(const std::string& frequency) {
  if (frequency == "hourly") return std::chrono::hours(1);
  if (frequency == "daily") return std::chrono::hours(24);
  if (frequency == "weekly") return std::chrono::hours(24 * 7);
  return std::chrono::minutes(1);
}

Time next_of_frequency(const ScheduledTask& task, Time time) {
  const Time anchor = task.start_time.value_or(kAnchor);
  const Duration period = period_of(task.frequency);
  if (time < anchor && task.start_time) return anchor;
  return anchor + ((time - anchor) / period + 1) * period;
}

std::string words_of(const ScheduledTask& task) {
  return std::string(to_string(task.type)) + " (" + (task.cron.empty() ? task.frequency : task.cron) + ")";
}

struct Due {
  const ScheduledTask* task = nullptr;
  Time at{};
};

// The times of one task, its expression read once: a stop of a year has half a million minutes to catch up with.
class Times {
 public:
  explicit Times(const ScheduledTask& task) : task_(task) {
    if (task.cron.empty()) return;
    auto cron = Cron::parse(task.cron);
    // Read when the document was accepted; one that a later version of this program does not take is not due.
    if (cron) cron_ = *cron;
  }

  std::optional<Time> next(Time time) const {
    if (!task_.enabled) return std::nullopt;
    if (task_.cron.empty()) return next_of_frequency(task_, time);
    if (!cron_) return std::nullopt;
    return cron_->next_after(task_.start_time ? std::max(time, *task_.start_time - Duration(1)) : time);
  }

 private:
  const ScheduledTask& task_;
  std::optional<Cron> cron_;
};

// The last time in (since, until] at which it was due.
std::optional<Due> last_due(const ScheduledTask& task, Time since, Time until) {
  const Times times(task);
  std::optional<Due> last;
  for (auto at = times.next(since); at && *at <= until; at = times.next(*at)) last = Due{&task, *at};
  return last;
}

// Of several at the same time the last in the document counts.
void take_later(std::optional<Due>& known, const Due& candidate) {
  if (!known || candidate.at >= known->at) known = candidate;
}

void run(Draft& draft, const Due& due, const Event& request) {
  const Goal goal = draft.state().goal;
  const bool recycled = draft.state().recycle_wanted;
  const bool by_schedule = draft.state().by_schedule;
  // A conflict is none of a schedule: what cannot be recycled because it is paused stays paused.
  const bool asked = fold_request(draft, request).has_value();
  State& state = draft.state();
  state.by_schedule = by_schedule;
  if (!asked) return;
  if (state.goal == goal && state.recycle_wanted == recycled) return;
  state.by_schedule = true;
  Duration late = draft.now - due.at;
  std::string told = late >= kLate ? ", " + to_words(late) + " late" : "";
  draft.record("scheduled", "the schedule's " + words_of(*due.task) + " of " + to_iso(due.at) + " is done" + told,
               "{\"task\":\"" + std::string(to_string(due.task->type)) + "\",\"due\":\"" + to_iso(due.at) + "\"}");
}

void run_due(Draft& draft, Time since) {
  if (mutated(Mutation::skip_what_is_due)) return;
  std::optional<Due> goal;
  std::optional<Due> recycle;
  for (const ScheduledTask& task : draft.spec.tasks) {
    auto due = last_due(task, since, draft.now);
    if (due) take_later(task.type == TaskType::recycle ? recycle : goal, *due);
  }
  if (goal && goal->task->type == TaskType::pause) run(draft, *goal, PauseAsked());
  if (goal && goal->task->type == TaskType::resume) run(draft, *goal, ResumeAsked());
  // One that came before a pause or a resume has been overtaken: the next instance is a new one anyway.
  if (recycle && (!goal || recycle->at > goal->at)) run(draft, *recycle, RecycleAsked());
}

std::optional<Time> earliest(const std::vector<ScheduledTask>& tasks, Time after) {
  std::optional<Time> earliest;
  for (const ScheduledTask& task : tasks) {
    auto due = next_due(task, after);
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

}  // namespace

std::optional<Time> next_due(const ScheduledTask& task, Time time) {
  return Times(task).next(time);
}

void run_schedule(Draft& draft) {
  State& state = draft.state();
  if (state.goal == Goal::deleted || draft.spec.tasks.empty()) {
    state.schedule_due.reset();
    return;
  }
  if (!state.schedule_due) state.schedule_due = earliest(draft.spec.tasks, draft.now);
  if (!state.schedule_due) return;
  if (draft.now >= *state.schedule_due) {
    run_due(draft, *state.schedule_due - Duration(1));
    state.schedule_due = earliest(draft.spec.tasks, draft.now);
  }
  if (state.schedule_due) draft.wake(*state.schedule_due);
}

void renew_schedule(Draft& draft) {
  std::optional<Time>& due = draft.state().schedule_due;
  // What was due before the change is still done, by what the document says now.
  if (due && *due > draft.now) due.reset();
}

}  // namespace holdfast::core
