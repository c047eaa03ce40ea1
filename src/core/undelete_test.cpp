#include "core/undelete.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/replacement.h"
#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::spec_of;
using testing::World;

struct Undelete : ::testing::TestWithParam<BlockDevicesMode> {
  Undelete() : world(spec_of(GetParam())) {
    world.settle();
    world.cloud.write();
    world.happen(RecycleAsked{});
    world.settle();
    world.cloud.write();
  }
  void deallocate(const Deallocation& what = {}) {
    ASSERT_TRUE(world.happen(DeleteAsked{what}));
    world.settle(60);
    ASSERT_EQ(world.state.status, Status::deallocated);
  }
  Result<void> come_back() {
    HF_TRY_VOID(world.happen(UndeleteAsked{}));
    HF_TRY_VOID(world.happen(ResumeAsked{}));
    world.settle();
    return {};
  }
  World world;
};

TEST_P(Undelete, BringsBackEverythingThatWasKept) {
  const int64_t root = world.cloud.content_of(world.state.root->id);
  const int64_t data = world.cloud.content_of(world.state.data.at("/dev/sdf").id);
  const std::string address = world.state.interface->ip;
  deallocate();
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  EXPECT_EQ(world.state.status, Status::paused);
  EXPECT_TRUE(std::none_of(world.state.retired.begin(), world.state.retired.end(),
                           [&](const Retired& entry) { return entry.id == world.state.root->id.str(); }));
  ASSERT_TRUE(world.happen(UndeleteAsked{})) << "asked again";
  world.happen(ResumeAsked{});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), root);
  EXPECT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), data);
  EXPECT_EQ(world.state.interface->ip, address);
  // Long after it would have gone.
  world.now += std::chrono::hours(200);
  world.happen(TimerRang{});
  world.settle();
  EXPECT_FALSE(world.forgotten);
  EXPECT_TRUE(world.cloud.exists(world.state.root->id));
}

TEST_P(Undelete, ComesFromCopiesWhereTheVolumesAreGone) {
  const Snapshot* newest = newest_completed(world.state, "/dev/xvda");
  ASSERT_NE(newest, nullptr);
  const std::string as_of = to_iso(newest->started_at);
  Deallocation what;
  what.delete_volumes = true;
  deallocate(what);
  auto back = come_back();
  if (GetParam() == BlockDevicesMode::reattach) {  // of data volumes that move there is no copy
    ASSERT_FALSE(back);
    EXPECT_NE(back.error().message.find("/dev/sdf"), std::string::npos) << back.error().message;
    return;
  }
  ASSERT_TRUE(back) << describe(back.error());
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), 1) << "what the newest copy held";
  bool told = std::any_of(world.records.begin(), world.records.end(), [&](const Record& record) {
    return record.kind == "undeleted" && record.message.find(as_of) != std::string::npos;
  });
  EXPECT_TRUE(told);
}

// It was told to go before it was seen to run: that it wrote, only a listing of what it left shows.
TEST_P(Undelete, BringsBackWhatAnInstanceWroteThatWasNeverSeenToRun) {
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return world.state.generation == 3 && world.state.instance; }));
  for (int i = 0; i < 200 && world.cloud.running() == 0; ++i) world.cloud.advance();
  ASSERT_EQ(world.cloud.running(), 1);
  world.cloud.write();
  ASSERT_FALSE(world.state.instance->running_at);
  Deallocation what;
  what.delete_snapshots = what.delete_images = true;
  ASSERT_TRUE(world.happen(DeleteAsked{what}));
  world.cloud.vanish(world.state.instance->id);
  for (int i = 0; i < 200 && world.state.instance; ++i) {
    world.cloud.advance();
    world.happen(Observed{world.cloud.observe(Kind::instances | Kind::interfaces, world.now)});
  }
  ASSERT_FALSE(world.state.instance) << "its end is seen before its volumes are";
  for (int i = 0; i < 10; ++i) {
    world.cloud.advance();
    world.now += std::chrono::seconds(10);
    world.happen(Observed{world.cloud.observe(Kind::instances | Kind::interfaces, world.now)});
  }
  EXPECT_NE(world.state.status, Status::deallocated);
  ASSERT_TRUE(world.turn_until([&] { return world.state.status == Status::deallocated; }));
  ASSERT_TRUE(world.state.remains->root);
  ASSERT_TRUE(come_back());
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
}

TEST_P(Undelete, FormerVolumesStayUntilTheNextInstanceIsHealthy) {
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return world.state.generation == 3 && world.state.instance; }));
  ASSERT_FALSE(world.state.superseded.empty());
  const VolumeId former = world.state.superseded.front().id;
  deallocate();
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  world.now += std::chrono::hours(200);
  world.happen(TimerRang{});
  world.settle();
  EXPECT_TRUE(world.cloud.exists(former));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_FALSE(world.cloud.exists(former));
}

// The one that was to replace it is gone, with every copy: the former root is the only one.
TEST_P(Undelete, AFormerVolumeIsThePresentOneWhereNothingNewerIsLeft) {
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return world.state.generation == 3 && world.state.instance; }));
  ASSERT_FALSE(world.state.superseded.empty());
  Deallocation what;
  what.delete_snapshots = what.delete_images = true;
  deallocate(what);
  Remains& remains = *world.state.remains;
  remains.root.reset();  // it came to nothing
  const auto root = [](const Volume& volume) { return volume.device == "/dev/xvda"; };
  const auto former = std::find_if(remains.superseded.begin(), remains.superseded.end(), root);
  ASSERT_NE(former, remains.superseded.end());
  const int64_t content = world.cloud.content_of(former->id);
  ASSERT_TRUE(come_back());
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), content);
}

// Found by the simulator: the snapshots in which it was to be kept went with the deletion.
TEST_P(Undelete, WhatGaveWayToARestoreStaysWhereItsCopiesAreGone) {
  const Snapshot* older = newest_completed(world.state, "/dev/xvda");
  ASSERT_NE(older, nullptr);
  const VolumeId former = world.state.root->id;
  const int64_t newer = world.cloud.content_of(former);
  RestoreAsked restore;
  restore.sources = {{"/dev/xvda", older->id}};
  restore.retention = std::chrono::hours(24);
  ASSERT_TRUE(world.happen(restore));
  ASSERT_TRUE(world.turn_until([&] { return world.state.generation == 3 && world.state.instance; }));
  ASSERT_FALSE(world.state.instance->running_at);
  Deallocation what;
  what.delete_snapshots = what.delete_images = true;
  deallocate(what);
  ASSERT_TRUE(come_back());
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_LT(world.cloud.content_of(world.state.root->id), newer) << "the older copy, as was asked for";
  EXPECT_EQ(testing::position(world.history, "restore_failed"), world.history.size());
  ASSERT_TRUE(world.cloud.exists(former));
  EXPECT_EQ(world.cloud.content_of(former), newer);
  world.now += std::chrono::hours(25);
  world.happen(TimerRang{});
  world.settle();
  EXPECT_FALSE(world.cloud.exists(former));
}

TEST_P(Undelete, IsRefusedWhereStateWouldBeMissing) {
  Deallocation what;
  what.delete_volumes = what.delete_snapshots = what.delete_images = true;
  deallocate(what);
  auto asked = world.happen(UndeleteAsked{});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().kind, ErrorKind::conflict);
  EXPECT_NE(asked.error().message.find("/dev/xvda"), std::string::npos) << asked.error().message;
  EXPECT_EQ(world.state.status, Status::deallocated);
}

TEST_P(Undelete, WaitsUntilTheTakeDownIsOver) {
  ASSERT_TRUE(world.happen(DeleteAsked{}));
  EXPECT_EQ(world.happen(UndeleteAsked{}).error().kind, ErrorKind::conflict);
}

TEST_P(Undelete, OfOneThatIsThereChangesNothing) {
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  EXPECT_EQ(world.state.status, Status::active);
}

// A deletion that was let out may be done: what it was of is not counted on.
TEST_P(Undelete, CountsOnNothingWhoseDeletionWasLetOut) {
  deallocate();
  const VolumeId root = world.state.remains->root->id;
  world.now += std::chrono::hours(97);
  world.happen(TimerRang{});  // the deletions go out; no answer yet
  ASSERT_TRUE(world.state.asked.contains("delete/" + root.str()));
  auto asked = world.happen(UndeleteAsked{});
  if (GetParam() == BlockDevicesMode::reattach) {
    EXPECT_FALSE(asked) << "the data volume may be gone, and has no copy";
  } else {
    ASSERT_TRUE(asked) << "the snapshots wait for their images to go";
    EXPECT_FALSE(world.state.root) << "it may be gone";
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Undelete, ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch),
                         [](const auto& info) {
                           return info.param == BlockDevicesMode::reattach ? "reattach" : "onLaunch";
                         });

}  // namespace
}  // namespace holdfast::core
