// The REST calls that make and change managed instances, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

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
    for (const json::value& error : refused.at("errors").get_array()) fields.emplace_back(error.at("field").as_string());
    return fields;
  }
};

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
  document.at("managedInstance").at("compute").at("launchSpecification").at("blockDeviceMappings").at(0).at("ebs")
      .as_object()["encrypted"] = true;
  json::value refused = post("", json::serialize(document));
  EXPECT_THAT(fields_of(refused), ElementsAre("compute.launchSpecification.blockDeviceMappings[0].ebs.encrypted"));
  EXPECT_THAT(json::serialize(refused.at("errors")), HasSubstr("local cloud"));
}

}  // namespace
}  // namespace holdfast::inprocess
