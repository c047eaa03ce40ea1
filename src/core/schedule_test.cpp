#include "core/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::spec_of;
using testing::World;

ScheduledTask task(TaskType type, std::string cron) {
  ScheduledTask task;
  task.type = type;
  task.cron = std::move(cron);
  return task;
}

ScheduledTask every(TaskType type, std::string frequency, std::optional<Time> start = {}) {
  ScheduledTask task;
  task.type = type;
  task.frequency = std::move(frequency);
  task.start_time = start;
  return task;
}

// One second of the world's time after another, until `end`.
void live_until(World& world, std::string_view end) {
  const Time until = *from_iso(end);
  while (world.now < until) {
    while (world.turn()) EXPECT_LE(world.cloud.running(), 1);
    world.cloud.advance();
    // At rest, time may jump to when the world wants to be woken.
    Time next = world.now + std::chrono::seconds(1);
    bool rests = world.effects.empty() && !world.look && !world.state.handover;
    if (rests && world.wake) next = std::max(next, std::min(*world.wake, until));
    world.now = rests && !world.wake ? until : next;
    world.ring();
  }
}

struct Schedule : ::testing::Test {
  void begin(std::vector<ScheduledTask> tasks) {
    world.emplace(spec_of(BlockDevicesMode::reattach));
    world->now = *from_iso("2026-11-30T12:00:00Z");  // a Monday
    world->spec.tasks = std::move(tasks);
    world->happen(SpecChanged{world->state.surroundings});
    live_until(*world, "2026-11-30T12:05:00Z");
    ASSERT_EQ(world->state.status, Status::active) << world->state.error;
  }
  int count(const std::string& kind) const {
    return static_cast<int>(std::count(world->history.begin(), world->history.end(), kind));
  }
  std::optional<World> world;
};

TEST_F(Schedule, PausesAndResumesAtItsTimes) {
  begin({task(TaskType::pause, "0 20 * * 1-5"), task(TaskType::resume, "0 6 * * 1-5")});
  const int64_t before = world->cloud.content_of(world->state.root->id);
  live_until(*world, "2026-11-30T19:59:59Z");
  EXPECT_EQ(world->state.status, Status::active);
  live_until(*world, "2026-11-30T20:05:00Z");
  EXPECT_EQ(world->state.status, Status::paused);
  EXPECT_TRUE(world->state.by_schedule);
  live_until(*world, "2026-12-01T05:59:59Z");
  EXPECT_EQ(world->state.status, Status::paused);
  live_until(*world, "2026-12-01T06:05:00Z");
  EXPECT_EQ(world->state.status, Status::active);
  EXPECT_EQ(count("scheduled"), 2);
  EXPECT_GE(world->cloud.content_of(world->state.root->id), before);
}

TEST_F(Schedule, RecyclesAndTellsThatItWasTheSchedule) {
  begin({task(TaskType::recycle, "0 3 * * *")});
  const int generation = world->state.generation;
  live_until(*world, "2026-12-01T03:05:00Z");
  EXPECT_EQ(world->state.generation, generation + 1);
  EXPECT_EQ(world->state.status, Status::active);
  bool told = std::any_of(world->records.begin(), world->records.end(), [](const Record& record) {
    return record.kind == "replaced" && record.data.find("\"scheduled\":true") != std::string::npos;
  });
  EXPECT_TRUE(told);
}

TEST_F(Schedule, WhatWasMissedWhileTheServiceWasDownIsDoneOnce) {
  begin({task(TaskType::recycle, "0 * * * *")});
  const int generation = world->state.generation;
  world->now = *from_iso("2026-12-02T00:30:00Z");  // 36 recycles later
  world->restart();
  live_until(*world, "2026-12-02T00:40:00Z");
  EXPECT_EQ(world->state.generation, generation + 1);
  EXPECT_EQ(count("scheduled"), 1);
}

TEST_F(Schedule, APauseThatAResumeHasOvertakenIsNotDone) {
  begin({task(TaskType::pause, "0 20 * * *"), task(TaskType::resume, "0 6 * * *")});
  const int generation = world->state.generation;
  world->now = *from_iso("2026-12-01T07:00:00Z");
  world->restart();
  live_until(*world, "2026-12-01T07:10:00Z");
  EXPECT_EQ(world->state.status, Status::active);
  EXPECT_EQ(world->state.generation, generation) << "nothing was taken down";
  EXPECT_EQ(count("scheduled"), 0);
}

TEST_F(Schedule, ARecycleOfAPausedOneIsNone) {
  begin({task(TaskType::pause, "0 20 * * *"), task(TaskType::recycle, "0 22 * * *")});
  live_until(*world, "2026-11-30T23:00:00Z");
  EXPECT_EQ(world->state.status, Status::paused);
  EXPECT_EQ(count("scheduled"), 1);
}

TEST_F(Schedule, ContinuousHoldsItWhereItIsPut) {
  begin({every(TaskType::pause, "continuous", *from_iso("2026-11-30T14:00:00Z"))});
  live_until(*world, "2026-11-30T13:59:59Z");
  EXPECT_EQ(world->state.status, Status::active);
  live_until(*world, "2026-11-30T14:05:00Z");
  EXPECT_EQ(world->state.status, Status::paused);
  world->happen(ResumeAsked{});
  live_until(*world, "2026-11-30T14:10:00Z");
  EXPECT_EQ(world->state.status, Status::paused) << "it is put back";
}

TEST_F(Schedule, DisabledTasksAndDeletedOnesDoNothing) {
  ScheduledTask off = task(TaskType::pause, "* * * * *");
  off.enabled = false;
  begin({off});
  EXPECT_FALSE(world->state.schedule_due);
  world->spec.tasks = {task(TaskType::recycle, "0 * * * *")};
  world->happen(SpecChanged{world->state.surroundings});
  EXPECT_TRUE(world->state.schedule_due);
  world->happen(DeleteAsked{});
  EXPECT_FALSE(world->state.schedule_due);
}

TEST_F(Schedule, AChangedDocumentCountsFromThen) {
  begin({task(TaskType::recycle, "0 13 * * *")});
  world->spec.tasks = {task(TaskType::recycle, "0 15 * * *")};
  world->happen(SpecChanged{world->state.surroundings});
  EXPECT_EQ(*world->state.schedule_due, *from_iso("2026-11-30T15:00:00Z"));
}

TEST(ScheduledTimes, OfFrequencies) {
  const Time noon = *from_iso("2026-11-30T12:10:00Z");
  EXPECT_EQ(next_due(every(TaskType::pause, "hourly"), noon), from_iso("2026-11-30T13:00:00Z"));
  EXPECT_EQ(next_due(every(TaskType::pause, "daily"), noon), from_iso("2026-12-01T00:00:00Z"));
  EXPECT_EQ(next_due(every(TaskType::pause, "weekly"), noon), from_iso("2026-12-06T00:00:00Z"));
  EXPECT_EQ(next_due(every(TaskType::pause, "continuous"), noon), from_iso("2026-11-30T12:11:00Z"));
  const Time start = *from_iso("2026-11-28T05:30:00Z");
  EXPECT_EQ(next_due(every(TaskType::pause, "daily", start), noon), from_iso("2026-12-01T05:30:00Z"));
  EXPECT_EQ(next_due(every(TaskType::pause, "daily", start), *from_iso("2026-11-01T00:00:00Z")), start);
  ScheduledTask later = task(TaskType::pause, "0 3 * * *");
  later.start_time = from_iso("2027-01-01T03:00:00Z");
  EXPECT_EQ(next_due(later, noon), later.start_time);
}

TEST(ScheduleRepeated, APauseOfTheScheduleStaysItsOwnWhenItIsRepeated) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.now = *from_iso("2026-11-30T12:00:30Z");
  world.settle();
  ScheduledTask pause;
  pause.type = TaskType::pause;
  pause.frequency = "continuous";
  world.spec.tasks = {pause};
  world.happen(SpecChanged{world.state.surroundings});
  world.now = *world.state.schedule_due;
  world.happen(TimerRang{});
  ASSERT_EQ(world.state.goal, Goal::paused);
  ASSERT_TRUE(world.state.handover->scheduled);
  world.now = *world.state.schedule_due;  // it takes longer than a minute
  world.happen(TimerRang{});
  EXPECT_TRUE(world.state.by_schedule);
  EXPECT_TRUE(world.state.handover->scheduled);
}

}  // namespace
}  // namespace holdfast::core
