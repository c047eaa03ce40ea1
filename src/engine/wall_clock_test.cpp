#include "engine/wall_clock.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

struct WallClockTest : testing::Test {
  WallClock::Sources sources() {
    return {[this] { return wall; }, [this] { return monotonic; }};
  }
  void pass(Duration time) {
    wall += time;
    monotonic += time;
  }
  Time wall = from_millis(1'700'000'000'000);
  Duration monotonic{5000};
};

TEST_F(WallClockTest, ShowsTheWallClock) {
  WallClock clock(Time{}, sources());
  pass(milliseconds(7));
  EXPECT_EQ(clock.now(), wall);
}

TEST_F(WallClockTest, GoesOnSteadilyWhenTheWallClockIsSetBack) {
  WallClock clock(Time{}, sources());
  Time before = clock.now();
  wall -= hours(3);
  EXPECT_EQ(clock.now(), before);
  pass(milliseconds(20));
  EXPECT_EQ(clock.now(), before + milliseconds(20));
}

TEST_F(WallClockTest, GoesOnFromTheLastTimeSeenIfTheWallClockIsBehindIt) {
  Time seen = wall + hours(1);
  WallClock clock(seen, sources());
  EXPECT_EQ(clock.now(), seen);
  pass(milliseconds(20));
  EXPECT_EQ(clock.now(), seen + milliseconds(20));
}

TEST_F(WallClockTest, FollowsTheWallClockForwardsAndNotBackAgain) {
  WallClock clock(Time{}, sources());
  wall += hours(1);
  Time ahead = clock.now();
  EXPECT_EQ(ahead, wall);
  wall -= hours(1);
  pass(milliseconds(5));
  EXPECT_EQ(clock.now(), ahead + milliseconds(5));
}

}  // namespace
}  // namespace holdfast::engine
