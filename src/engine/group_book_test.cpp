// Members and pools that no longer fit each other.
#include "engine/group_book.h"

#include <gtest/gtest.h>

#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

constexpr char kPool[] =
    R"({"name":"brokers","privateIpPool":{"subnetId":"subnet-0000000a","addresses":["10.0.0.20","10.0.0.21"]}})";

struct GroupBookTest : testing::Test {
  GroupBookTest() {
    ec2.on<ec2::DescribeSubnetsRequest>([](const auto& request) -> Result<ec2::DescribeSubnetsResponse> {
      ec2::Subnet subnet;
      subnet.subnet_id = request.subnet_ids.front();
      subnet.cidr_block = subnet.subnet_id == SubnetId("subnet-0000000a") ? "10.0.0.0/24" : "10.1.0.0/24";
      ec2::DescribeSubnetsResponse response;
      response.subnets = {subnet};
      return response;
    });
  }
  // It never ran, and waits in its group.
  std::shared_ptr<View> member(const std::string& id, const GroupId& group, const std::string& address) {
    auto view = std::make_shared<View>();
    view->id = view->state.id = ManagedInstanceId(id);
    view->spec.group = group;
    view->spec.persistence.private_ip = true;
    view->spec.compute.subnet_ids = {SubnetId("subnet-0000000a")};
    view->state.pool_address = address;
    return view;
  }
  GroupId create() { return book.create(kPool)->id; }

  ScriptedEc2 ec2;
  FailingStore store;
  SetClock clock;
  std::vector<SharedView> all;
  std::map<ManagedInstanceId, model::AddressGiven> given;
  GroupBook book{{ec2, store, clock, [](const std::function<Result<void>()>& work) { return work(); },
                  [this] { return all; },
                  [this](const ManagedInstanceId& id, model::Event event) -> Result<void> {
                    given[id] = std::get<model::AddressGiven>(event);
                    return {};
                  },
                  [] { return GroupId("smg-00000001"); }}};
};

// It would ask for the address in a subnet that does not have it, without end.
TEST_F(GroupBookTest, APoolThatMovesToASubnetThatAMemberDoesNotNameGivesItNone) {
  const GroupId group = create();
  auto stays = member("smi-00000001", group, "10.0.0.20");
  auto goes = member("smi-00000002", group, "10.0.0.21");
  goes->spec.compute.subnet_ids.emplace_back("subnet-0000000b");
  all = {stays, goes};
  auto moved =
      book.update(group, R"({"privateIpPool":{"subnetId":"subnet-0000000b","addresses":["10.1.0.20","10.1.0.21"]}})");
  ASSERT_TRUE(moved) << moved.error().errors.front().message;
  ASSERT_TRUE(given.contains(stays->id));
  EXPECT_EQ(given[stays->id].address, "") << "any of its own subnet";
  EXPECT_EQ(given[goes->id].address, "10.1.0.20");
  EXPECT_EQ(given[goes->id].subnet, SubnetId("subnet-0000000b"));
}

// The same from the other side.
TEST_F(GroupBookTest, AMemberThatLeavesTheSubnetOfItsPoolBeforeItRanIsRefused) {
  const GroupId group = create();
  auto view = member("smi-00000001", group, "10.0.0.20");
  all = {view};
  model::Spec changed = view->spec;
  changed.compute.subnet_ids = {SubnetId("subnet-0000000b")};
  model::Surroundings surroundings;
  auto seat = book.seat_changed(*view, changed, surroundings);
  ASSERT_FALSE(seat);
  EXPECT_EQ(seat.error().errors.front().field, "groupId");
  changed.compute.subnet_ids.emplace_back("subnet-0000000a");
  EXPECT_TRUE(book.seat_changed(*view, changed, surroundings));
  // One without an address of the pool is not tied to it.
  view->state.pool_address.clear();
  changed.compute.subnet_ids = {SubnetId("subnet-0000000b")};
  EXPECT_TRUE(book.seat_changed(*view, changed, surroundings));
}

// EC2 has given the address to one that takes any: the member would ask for it without end.
TEST_F(GroupBookTest, AMemberWhoseAddressAnotherHasIsGivenTheNext) {
  const GroupId group = create();
  auto waits = member("smi-00000001", group, "10.0.0.20");
  auto runs = member("smi-00000002", GroupId(), "");
  runs->spec.group.reset();
  runs->state.interface.emplace().ip = "10.0.0.20";
  all = {waits, runs};
  book.settle();
  ASSERT_TRUE(given.contains(waits->id));
  EXPECT_EQ(given[waits->id].address, "10.0.0.21");
  EXPECT_FALSE(given.contains(runs->id));
}

}  // namespace
}  // namespace holdfast::engine
