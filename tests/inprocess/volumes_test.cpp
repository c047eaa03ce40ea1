// Data volumes that are deleted by hand, and data volumes whose zone is left behind by an update.
#include <gtest/gtest.h>

#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using model::Status;

const std::string kData = "/dev/sdf";

struct Volumes : testing::Test {
  void bring_up(const DocumentOptions& options) {
    auto made = world.create(document(options));
    ASSERT_TRUE(made) << describe(made.error());
    id = *made;
    ASSERT_TRUE(world.until_status(id, Status::active)) << world.history(id);
  }
  const model::State& state() { return world.view(id)->state; }
  void pause() {
    ASSERT_TRUE(world.ask(id, model::PauseAsked{}));
    ASSERT_TRUE(world.until_status(id, Status::paused)) << world.history(id);
  }
  void resume() {
    ASSERT_TRUE(world.ask(id, model::ResumeAsked{}));
    ASSERT_TRUE(world.until_status(id, Status::active)) << world.history(id);
  }
  World world;
  ManagedInstanceId id;
};

TEST_F(Volumes, OneDeletedByHandIsReplacedByABlankOneAndToldLoudly) {
  bring_up({"reattach"});
  VolumeId lost = state().data.at(kData).id;
  pause();
  ASSERT_TRUE(world.cloud().call(ec2::DeleteVolumeRequest{lost}));
  resume();
  EXPECT_NE(state().data.at(kData).id, lost);
  EXPECT_NE(world.history(id).find("volume_lost: volume " + lost.str()), std::string::npos) << world.history(id);
  auto clean = [&] { return world.volumes().size() == 2u; };
  EXPECT_TRUE(world.until(clean, std::chrono::minutes(1))) << world.history(id);
}

// The tag that it is listed by is taken off: it is there all the same.
TEST_F(Volumes, OneWithoutItsTagsIsNotTakenForLost) {
  bring_up({"reattach"});
  VolumeId data = state().data.at(kData).id;
  pause();
  ec2::DeleteTagsRequest untag;
  untag.resources = {data.str()};
  untag.tags = {{model::kTagManagedInstance, world.view(id)->id.str()}};
  ASSERT_TRUE(world.cloud().call(untag));
  resume();
  EXPECT_EQ(state().data.at(kData).id, data);
}

TEST_F(Volumes, FollowTheirInstanceIntoAnotherZoneThroughASnapshot) {
  DocumentOptions options;
  options.mode = "reattach";
  options.private_ip = false;
  bring_up(options);
  VolumeId before = state().data.at(kData).id;
  std::string zone = state().data.at(kData).zone;
  options.subnets = R"("subnet-0000000000000000b")";
  ASSERT_TRUE(world.update(id, document(options)));
  ASSERT_TRUE(world.ask(id, model::RecycleAsked{}));
  auto moved = [&] { return state().status == Status::active && state().instance->market.zone != zone; };
  ASSERT_TRUE(world.until(moved, std::chrono::minutes(5))) << world.history(id);
  EXPECT_NE(state().data.at(kData).id, before);
  EXPECT_EQ(state().data.at(kData).zone, state().instance->market.zone);
  EXPECT_NE(world.history(id).find("from snapshot"), std::string::npos) << world.history(id);
  auto clean = [&] { return world.volumes().size() == 2u; };
  EXPECT_TRUE(world.until(clean, std::chrono::minutes(1))) << "the former one goes";
}

}  // namespace
}  // namespace holdfast::inprocess
