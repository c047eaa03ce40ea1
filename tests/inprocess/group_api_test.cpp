// Groups and their pools of private addresses over the REST API, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

#include <set>

#include "inprocess/api_world.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr char kGroups[] = "/aws/ec2/group";
constexpr char kSubnet[] = "subnet-0000000000000000a";

struct GroupApi : ApiWorld {
  // The n-th address of the subnet that is nobody's.
  std::string address(int n) {
    ec2::DescribeSubnetsRequest request;
    request.subnet_ids = {SubnetId(kSubnet)};
    std::string cidr = cloud->call(request)->subnets.front().cidr_block;
    return cidr.substr(0, cidr.rfind('.') + 1) + std::to_string(100 + n);
  }
  static std::string quoted(const std::vector<std::string>& addresses) {
    json::array list;
    for (const std::string& address : addresses) list.emplace_back(address);
    return json::serialize(list);
  }
  static std::string body(const std::string& name, const std::vector<std::string>& addresses) {
    return R"({"group":{"name":")" + name + R"(","privateIpPool":{"subnetId":")" + kSubnet + R"(","addresses":)" +
           quoted(addresses) + "}}}";
  }
  json::value create_group(const std::vector<std::string>& addresses, const std::string& name = "brokers") {
    return send_to("POST", kGroups, body(name, addresses));
  }
  std::string group_id(const json::value& made) {
    EXPECT_EQ(made.at("status").at("code"), 200) << json::serialize(made);
    return std::string(made.at("items").at(0).at("id").get_string());
  }
  json::value create_member(const std::string& group) {
    json::value member = json::parse(document({"reattach"}));
    member.as_object()["groupId"] = group;
    return post("", R"({"managedInstance":)" + json::serialize(member) + "}");
  }
  std::string member_of(const std::string& group) {
    json::value made = create_member(group);
    EXPECT_EQ(made.at("status").at("code"), 200) << json::serialize(made);
    std::string id(made.at("items").at(0).at("id").get_string());
    EXPECT_TRUE(wait_for(id, model::Status::active)) << engine.find(ManagedInstanceId(id))->state.error;
    return id;
  }
  std::string address_of(const std::string& id) {
    return engine.find(ManagedInstanceId(id))->state.instance->private_ip;
  }
  std::vector<std::string> fields_of(const json::value& refused) {
    EXPECT_EQ(refused.at("status").at("code"), 400) << json::serialize(refused);
    std::vector<std::string> fields;
    if (refused.as_object().contains("errors")) {
      for (const json::value& error : refused.at("errors").get_array())
        fields.emplace_back(error.at("field").get_string());
    }
    return fields;
  }
};

TEST_F(GroupApi, ThreeMembersOfAPoolOfTwoKeepTheirAddressesOverReplacements) {
  const std::string group = group_id(create_group({address(1), address(2)}));
  const std::vector<std::string> members = {member_of(group), member_of(group), member_of(group)};
  EXPECT_EQ(address_of(members[0]), address(1));
  EXPECT_EQ(address_of(members[1]), address(2));
  const std::string third = address_of(members[2]);
  EXPECT_THAT((std::vector<std::string>{address(1), address(2)}), testing::Not(Contains(third)));

  // An address leaves the pool: the one that has it ran, and keeps it.
  json::value changed = send_to("PUT", std::string(kGroups) + "/" + group, body("brokers", {address(2), address(3)}));
  ASSERT_EQ(changed.at("status").at("code"), 200) << json::serialize(changed);
  for (const std::string& id : members) {
    const int generation = engine.find(ManagedInstanceId(id))->state.generation;
    send("PUT", "/" + id + "/recycle", "");
    EXPECT_TRUE(wait([&] {
      auto view = engine.find(ManagedInstanceId(id));
      return view->state.generation > generation && view->state.status == model::Status::active;
    }));
  }
  EXPECT_EQ(address_of(members[0]), address(1));
  EXPECT_EQ(address_of(members[1]), address(2));
  EXPECT_EQ(address_of(members[2]), third);
  // The next one takes the new address.
  EXPECT_EQ(address_of(member_of(group)), address(3));
}

TEST_F(GroupApi, IsReadBackAsItWasSentWithItsMembers) {
  const std::string group = group_id(create_group({address(1)}));
  const std::string member = member_of(group);
  json::value read = send_to("GET", std::string(kGroups) + "/" + group, "").at("items").at(0);
  EXPECT_EQ(read.at("name"), "brokers");
  EXPECT_EQ(read.at("privateIpPool").at("addresses").at(0), json::value(address(1)));
  EXPECT_EQ(read.at("members").at(0).at("managedInstanceId"), json::value(member));
  EXPECT_EQ(read.at("members").at(0).at("privateIp"), json::value(address(1)));
  EXPECT_EQ(send_to("GET", kGroups, "").at("count"), 1);
}

TEST_F(GroupApi, WrongAddressesAreNamedAllAtOnce) {
  group_id(create_group({address(1)}, "others"));
  ec2::CreateNetworkInterfaceRequest occupied;
  occupied.subnet_id = SubnetId(kSubnet);
  occupied.private_ip_address = address(2);
  ASSERT_TRUE(cloud->call(occupied));
  std::string reserved = address(1).substr(0, address(1).rfind('.') + 1) + "1";
  json::value refused = create_group({address(1), address(2), "192.0.2.7", address(3)});
  EXPECT_THAT(fields_of(refused), UnorderedElementsAre("privateIpPool.addresses[0]", "privateIpPool.addresses[1]",
                                                       "privateIpPool.addresses[2]"));
  EXPECT_THAT(json::serialize(refused), HasSubstr(address(2) + " is taken by eni-"));
  EXPECT_THAT(fields_of(create_group({address(3), address(3)})), UnorderedElementsAre("privateIpPool.addresses[1]"));
  EXPECT_THAT(fields_of(create_group({"10.0.0"})), UnorderedElementsAre("privateIpPool.addresses[0]"));
  EXPECT_THAT(fields_of(send_to("POST", kGroups, R"({"group":{"privateIpPool":{}, "nam":1}})")),
              UnorderedElementsAre("name", "nam", "privateIpPool.subnetId"));
  EXPECT_EQ(send_to("GET", kGroups, "").at("count"), 1);
}

TEST_F(GroupApi, MembersMustFitTheirGroup) {
  EXPECT_THAT(fields_of(create_member("smg-00000000")), UnorderedElementsAre("groupId"));
  const std::string group = group_id(create_group({address(1)}));
  json::value elsewhere = json::parse(document({"reattach", true, R"("subnet-0000000000000000b")"}));
  elsewhere.as_object()["groupId"] = group;
  EXPECT_THAT(fields_of(post("", R"({"managedInstance":)" + json::serialize(elsewhere) + "}")),
              UnorderedElementsAre("groupId"));
  json::value own = json::parse(document({"reattach"}));
  own.as_object()["groupId"] = group;
  own.at("compute").as_object()["privateIp"] = address(1);
  EXPECT_THAT(fields_of(post("", R"({"managedInstance":)" + json::serialize(own) + "}")),
              UnorderedElementsAre("compute.privateIp"));
}

TEST_F(GroupApi, OneThatRanJoinsOnlyWithAnAddressOfThePool) {
  const std::string id = create_active({"reattach"});
  const std::string kept = address_of(id);
  const std::string group = group_id(create_group({address(1)}));
  auto join = [&](const std::string& to) {
    return send("PUT", "/" + id, R"({"managedInstance":{"groupId":")" + to + R"("}})");
  };
  EXPECT_THAT(fields_of(join(group)), UnorderedElementsAre("groupId"));
  json::value changed = send_to("PUT", std::string(kGroups) + "/" + group, body("brokers", {address(1), kept}));
  EXPECT_THAT(fields_of(changed), UnorderedElementsAre("privateIpPool.addresses[1]")) << "it is no member yet";
}

TEST_F(GroupApi, WithMembersItIsNotDeleted) {
  const std::string group = group_id(create_group({address(1)}));
  const std::string id = member_of(group);
  const std::string path = std::string(kGroups) + "/" + group;
  json::value refused = send_to("DELETE", path, "");
  EXPECT_EQ(refused.at("status").at("code"), 409);
  EXPECT_THAT(json::serialize(refused), HasSubstr(id));
  ASSERT_EQ(send("PUT", "/" + id, R"({"managedInstance":{"groupId":null}})").at("status").at("code"), 200);
  EXPECT_EQ(send_to("DELETE", path, "").at("status").at("code"), 200);
  EXPECT_EQ(send_to("GET", path, "").at("status").at("code"), 404);
  // It keeps its address, and nobody else is given it.
  const std::string other = group_id(create_group({address(2)}, "later"));
  (void)other;
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->state.interface->ip, address(1));
}

TEST_F(GroupApi, ADryRunTellsAndDoesNothing) {
  const Query dry = {{"dryRun", "true"}};
  json::value told = send_to("POST", kGroups, body("brokers", {address(1)}), dry);
  ASSERT_EQ(told.at("status").at("code"), 200) << json::serialize(told);
  EXPECT_TRUE(told.at("items").at(0).at("id").is_null());
  EXPECT_EQ(send_to("GET", kGroups, "").at("count"), 0);
  EXPECT_THAT(fields_of(send_to("POST", kGroups, body("brokers", {"192.0.2.7"}), dry)),
              UnorderedElementsAre("privateIpPool.addresses[0]"));

  const std::string group = group_id(create_group({address(1)}));
  const std::string path = std::string(kGroups) + "/" + group;
  refuses_launches = true;  // one that never ran gets what the pool has by then
  create_member(group);
  told = send_to("PUT", path, body("brokers", {address(2)}), dry);
  ASSERT_EQ(told.at("status").at("code"), 200) << json::serialize(told);
  EXPECT_EQ(told.at("items").at(0).at("privateIpPool").at("addresses").at(0), json::value(address(2)));
  EXPECT_EQ(send_to("GET", path, "").at("items").at(0).at("privateIpPool").at("addresses").at(0),
            json::value(address(1)));
  EXPECT_EQ(send_to("DELETE", path, "", dry).at("status").at("code"), 409);
  EXPECT_EQ(send_to("GET", kGroups, "", dry).at("status").at("code"), 400) << "a reading has none";
}

TEST_F(GroupApi, ManyWhoJoinAtOnceTakeDifferentAddresses) {
  std::vector<std::string> pool;
  for (int i = 0; i < 12; ++i) pool.push_back(address(i));
  const std::string group = group_id(create_group(pool));
  std::vector<std::thread> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back([&] { create_member(group); });
  for (std::thread& client : clients) client.join();
  std::set<std::string> taken;
  for (const auto& view : engine.all()) taken.insert(view->state.pool_address);
  EXPECT_EQ(taken.size(), 12u);
  EXPECT_FALSE(taken.contains(""));
}

}  // namespace
}  // namespace holdfast::inprocess
