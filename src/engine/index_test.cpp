#include "engine/index.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

const ManagedInstanceId kOne("smi-00000001");

ec2::CloudEvent about(const std::string& resource) {
  ec2::CloudEvent event;
  event.detail_type = ec2::kInstanceStateChange;
  event.resource = resource;
  return event;
}

model::State with_instance(const std::string& id) {
  model::State state;
  state.instance.emplace();
  state.instance->id = InstanceId(id);
  return state;
}

TEST(Index, KnowsWhoseAThingIsAndForgetsWhatTheStateNoLongerNames) {
  Index index;
  index.update(kOne, with_instance("i-1"));
  EXPECT_EQ(index.owner_of(about("i-1")), kOne);
  index.update(kOne, with_instance("i-2"));
  EXPECT_EQ(index.owner_of(about("i-1")), std::nullopt);
  EXPECT_EQ(index.owner_of(about("i-2")), kOne);
  index.forget(kOne);
  EXPECT_EQ(index.owner_of(about("i-2")), std::nullopt);
}

TEST(Index, KeepsAnEventThatComesBeforeTheStateNamesItsThing) {
  Index index;
  EXPECT_EQ(index.owner_of(about("i-1")), std::nullopt);
  auto due = index.update(kOne, with_instance("i-1"));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].resource, "i-1");
  EXPECT_TRUE(index.update(kOne, with_instance("i-1")).empty()) << "given out once";
}

TEST(Index, KeepsNoMoreEventsThanItsBound) {
  Index index;
  index.owner_of(about("i-first"));
  for (size_t i = 0; i < Index::kMostKept; ++i) index.owner_of(about("i-other"));
  EXPECT_TRUE(index.update(kOne, with_instance("i-first")).empty());
}

}  // namespace
}  // namespace holdfast::engine
