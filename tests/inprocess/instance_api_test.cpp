// The REST calls that make and change managed instances, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

#include <set>

#include "inprocess/api_world.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

struct InstanceApi : ApiWorld {
  static std::string body(const std::string& mode) {
    DocumentOptions options;
    options.mode = mode;
    return R"({"managedInstance":)" + document(options) + "}";
  }
  json::value create(const std::string& body, const std::string& key) {
    return send("POST", "", body, {}, {{"idempotency-key", key}});
  }
  std::string create_active(const std::string& mode, const std::string& image = cloud::kMinimalImage) {
    json::value document = json::parse(body(mode));
    document.at("managedInstance").at("compute").at("launchSpecification").as_object()["imageId"] = image;
    json::value made = post("", json::serialize(document));
    EXPECT_EQ(made.at("status").at("code"), 200) << json::serialize(made);
    const std::string id(made.at("items").at(0).at("id").get_string());
    EXPECT_TRUE(wait([&] { return engine.find(ManagedInstanceId(id))->state.status == model::Status::active; }));
    return id;
  }
  static std::vector<std::string> fields_of(const json::value& refused) {
    EXPECT_EQ(refused.at("status").at("code"), 400) << json::serialize(refused);
    std::vector<std::string> fields;
    if (refused.at("status").at("code") == 200) return fields;
    for (const json::value& error : refused.at("errors").get_array())
      fields.emplace_back(error.at("field").as_string());
    return fields;
  }
};

TEST_F(InstanceApi, ACreationRepeatedWithItsKeyMakesNothing) {
  json::value made = create(body("reattach"), "k1");
  const json::value id = made.at("items").at(0).at("id");
  // Its interface has the address by then, which must not stand in the way.
  ASSERT_TRUE(wait([&] { return engine.all().front()->state.status == model::Status::active; }));
  EXPECT_EQ(create(body("reattach"), "k1").at("items").at(0).at("id"), id);
  EXPECT_EQ(engine.all().size(), 1u);

  json::value other = create(body("onLaunch"), "k1");
  EXPECT_EQ(other.at("status").at("code"), 409);
  EXPECT_EQ(other.at("errors").at(0).at("code"), "IdempotencyKeyUsed");
  EXPECT_NE(create(body("reattach"), "k2").at("items").at(0).at("id"), id);
  EXPECT_NE(post("", body("reattach")).at("items").at(0).at("id"), id) << "names are nobody's";

  send("DELETE", "/" + std::string(id.get_string()), "");
  EXPECT_NE(create(body("reattach"), "k1").at("items").at(0).at("id"), id) << "what is deleted does not come back";
}

TEST_F(InstanceApi, ManyWhoCreateWithOneKeyMakeOne) {
  std::vector<std::string> ids(6);
  std::vector<std::thread> threads;
  for (std::string& id : ids) {
    threads.emplace_back([&] {
      auto made = engine.create(document({}), "apply");
      if (made) id = (*made)->id.str();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1u);
  EXPECT_EQ(engine.all().size(), 1u);
}

TEST_F(InstanceApi, AKeyIsPlain) {
  for (const std::string& key : {std::string(), std::string("a b"), std::string("\xc3\xa9"), std::string(129, 'x')}) {
    EXPECT_THAT(fields_of(create(body("reattach"), key)), ElementsAre("Idempotency-Key")) << key;
  }
  EXPECT_TRUE(engine.all().empty());
}

TEST_F(InstanceApi, AnUpdateThatCouldNeverTakeEffectIsRefusedWithEveryField) {
  const std::string id = create_active("reattach");
  const std::string before = engine.find(ManagedInstanceId(id))->document;
  json::value refused = send("PUT", "/" + id, R"({"managedInstance":{"region":"elsewhere-1","compute":{
      "privateIp":"172.31.0.200","launchSpecification":{"imageId":"ami-00000000000000009",
      "blockDeviceMappings":[{"deviceName":"/dev/sdf","ebs":{"volumeSize":5,"encrypted":true}}]}}}})");
  const std::string device = "compute.launchSpecification.blockDeviceMappings[0].ebs.";
  EXPECT_THAT(fields_of(refused),
              testing::IsSupersetOf({std::string("compute.launchSpecification.imageId"), device + "volumeSize",
                                     device + "encrypted", std::string("compute.privateIp"), std::string("region")}));
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->document, before);
  json::value renamed = send("PUT", "/" + id, R"({"managedInstance":{"name":"other"}})");
  EXPECT_EQ(renamed.at("status").at("code"), 200) << json::serialize(renamed);
}

TEST_F(InstanceApi, AnUpdateNeedsNoImageThatItsRootOutlived) {
  ec2::CreateSnapshotRequest copy;
  copy.volume_id = engine.find(ManagedInstanceId(create_active("")))->state.root->id;
  ec2::DescribeSnapshotsRequest look;
  look.snapshot_ids = {cloud->call(copy)->snapshot.snapshot_id};
  ASSERT_TRUE(wait([&] { return cloud->call(look)->snapshots.at(0).state == "completed"; }));
  ec2::RegisterImageRequest image;
  image.name = "of a user";
  image.architecture = "x86_64";
  image.root_device_name = "/dev/xvda";
  ec2::EbsBlockDevice root;
  root.snapshot_id = look.snapshot_ids[0];
  image.block_device_mappings = {{"/dev/xvda", root, false}};
  auto made = cloud->call(image);
  ASSERT_TRUE(made) << describe(made.error());
  const std::string id = create_active("", made->image_id.str());
  ASSERT_TRUE(cloud->call(ec2::DeregisterImageRequest{made->image_id}));
  json::value changed = send("PUT", "/" + id, R"({"managedInstance":{"description":"goes on"}})");
  EXPECT_EQ(changed.at("status").at("code"), 200) << json::serialize(changed);
}

TEST_F(InstanceApi, TheLocalCloudEncryptsNothingAndSaysSoAtOnce) {
  json::value document = json::parse(body("onLaunch"));
  document.at("managedInstance")
      .at("compute")
      .at("launchSpecification")
      .at("blockDeviceMappings")
      .at(0)
      .at("ebs")
      .as_object()["encrypted"] = true;
  json::value refused = post("", json::serialize(document));
  EXPECT_THAT(fields_of(refused), ElementsAre("compute.launchSpecification.blockDeviceMappings[0].ebs.encrypted"));
  EXPECT_THAT(json::serialize(refused.at("errors")), HasSubstr("local cloud"));
}

}  // namespace
}  // namespace holdfast::inprocess
