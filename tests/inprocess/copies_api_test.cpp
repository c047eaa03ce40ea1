// Snapshots, restores and what is kept for a while, over the REST API, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

#include "inprocess/api_world.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

struct CopiesApi : ApiWorld {
  json::array snapshots(const std::string& id) { return get("/" + id + "/snapshots").at("items").as_array(); }
  // Takes one of everything and waits until it is completed.
  std::vector<std::string> take(const std::string& id) {
    EXPECT_EQ(send("POST", "/" + id + "/snapshots", "").at("status").at("code"), 200);
    std::vector<std::string> taken;
    EXPECT_TRUE(wait([&] {
      taken.clear();
      for (const json::value& item : snapshots(id)) {
        if (item.at("purpose") == "manual" && item.at("state") == "completed")
          taken.emplace_back(item.at("snapshotId").get_string());
      }
      return taken.size() == 2;
    }));
    return taken;
  }
  json::value restore(const std::string& id, const std::string& body) {
    return send("PUT", "/" + id + "/restore", body);
  }
  std::string field_of(const json::value& refused) {
    EXPECT_EQ(refused.at("status").at("code"), 400) << json::serialize(refused);
    return refused.as_object().contains("errors") ? std::string(refused.at("errors").at(0).at("field").get_string())
                                                  : "";
  }
  engine::SharedView view(const std::string& id) { return engine.find(ManagedInstanceId(id)); }
};

TEST_F(CopiesApi, ASnapshotIsTakenRestoredAndDropped) {
  const std::string id = create_active({"reattach"});
  std::vector<std::string> taken = take(id);
  const int generation = view(id)->state.generation;
  json::value asked = restore(id, R"({"snapshotIds":[")" + taken[0] + R"(",")" + taken[1] + R"("]})");
  ASSERT_EQ(asked.at("status").at("code"), 200) << json::serialize(asked);
  ASSERT_TRUE(wait([&] {
    auto now = view(id);
    return now->state.generation > generation && now->state.status == model::Status::active && !now->state.restore;
  })) << view(id)->state.error;
  // The volumes are made from what was taken.
  for (const auto& volume : {*view(id)->state.root, view(id)->state.data.at("/dev/sdf")}) {
    ec2::DescribeVolumesRequest request;
    request.volume_ids = {volume.id};
    auto answer = cloud->call(request);
    ASSERT_TRUE(answer);
    EXPECT_THAT(taken, testing::Contains(answer->volumes.front().snapshot_id.value_or(SnapshotId()).str()))
        << volume.device;
  }
  // The data volume that gave way is kept.
  json::array kept = get("/" + id + "/retained").at("items").as_array();
  bool volume_kept = std::any_of(kept.begin(), kept.end(), [](const json::value& item) {
    return item.at("what") == "volume" && item.at("why").as_string().find("restored") != std::string::npos;
  });
  EXPECT_TRUE(volume_kept) << json::serialize(kept);
  for (const std::string& snapshot : taken) send("DELETE", "/" + id + "/snapshots/" + snapshot, "");
  EXPECT_TRUE(wait([&] {
    for (const json::value& item : snapshots(id)) {
      if (std::count(taken.begin(), taken.end(), std::string(item.at("snapshotId").get_string())) > 0)
        return item.at("device") == "/dev/xvda";
    }
    return true;
  }));
}

TEST_F(CopiesApi, AGenerationIsRestoredWhole) {
  const std::string id = create_active({"onLaunch"});
  send("PUT", "/" + id + "/recycle", "");
  ASSERT_TRUE(wait([&] { return view(id)->state.generation == 2 && view(id)->state.status == model::Status::active; }));
  json::value asked = restore(id, R"({"generation":1})");
  ASSERT_EQ(asked.at("status").at("code"), 200) << json::serialize(asked);
  ASSERT_TRUE(wait([&] { return view(id)->state.generation == 3 && view(id)->state.status == model::Status::active; }));
  json::array events = get("/" + id + "/events", {{"kind", "restored,restore_asked"}}).at("items").as_array();
  ASSERT_EQ(events.size(), 2u) << json::serialize(events);
  EXPECT_EQ(events[0].at("kind"), "restore_asked");
  EXPECT_EQ(events[1].at("kind"), "restored");
  EXPECT_EQ(get("/" + id + "/events", {{"kind", "Restored"}}).at("errors").at(0).at("field"), "kind");
}

TEST_F(CopiesApi, BadRestoresNameTheirField) {
  const std::string id = create_active({"reattach"});
  std::vector<std::string> taken = take(id);
  EXPECT_EQ(field_of(restore(id, "{}")), "snapshotIds");
  EXPECT_EQ(field_of(restore(id, R"({"snapshotIds":[]})")), "snapshotIds");
  EXPECT_EQ(field_of(restore(id, R"({"snapshotIds":["snap-1"]})")), "snapshotIds[0]");
  EXPECT_EQ(field_of(restore(id, R"({"snapshotIds":[7]})")), "snapshotIds[0]");
  EXPECT_EQ(field_of(restore(id, R"({"snapshotIds":[")" + taken[0] + R"(",")" + taken[0] + R"("]})")),
            "snapshotIds[1]");
  EXPECT_EQ(field_of(restore(id, R"({"generation":99})")), "generation");
  EXPECT_EQ(field_of(restore(id, R"({"generation":"1"})")), "generation");
  EXPECT_EQ(field_of(restore(id, R"({"generatio":1})")), "generatio");
  EXPECT_EQ(field_of(restore(id, R"({"cancel":false})")), "cancel");
  EXPECT_EQ(field_of(restore(id, R"({"generation":1,"cancel":true})")), "generation");
  EXPECT_EQ(restore("smi-ffffffff", R"({"generation":1})").at("status").at("code"), 404);
  EXPECT_EQ(send("GET", "/" + id + "/restore", "").at("status").at("code"), 405);
  EXPECT_EQ(send("DELETE", "/" + id + "/snapshots/snap-none", "").at("status").at("code"), 404);
  EXPECT_FALSE(view(id)->state.restore);
}

TEST_F(CopiesApi, WhatADeleteKeptIsListedAndComesBack) {
  const std::string id = create_active({"reattach"});
  const VolumeId root = view(id)->state.root->id;
  send("DELETE", "/" + id, "");
  ASSERT_TRUE(wait_for(id, model::Status::deallocated));
  json::array kept = get("/retained").at("items").as_array();
  ASSERT_FALSE(kept.empty());
  for (const json::value& item : kept) {
    EXPECT_EQ(item.at("managedInstanceId"), json::value(id));
    EXPECT_EQ(item.at("undelete"), true);
  }
  EXPECT_EQ(send("PUT", "/" + id + "/resume", "").at("status").at("code"), 409);
  json::value back = send("PUT", "/" + id + "/undelete", "");
  ASSERT_EQ(back.at("status").at("code"), 200) << json::serialize(back);
  EXPECT_EQ(back.at("items").at(0).at("status"), "PAUSED");
  EXPECT_EQ(view(id)->state.root->id, root);
  EXPECT_EQ(get("/retained").at("count"), 0);
  send("PUT", "/" + id + "/resume", "");
  EXPECT_TRUE(wait_for(id, model::Status::active)) << view(id)->state.error;
}

TEST_F(CopiesApi, ADataVolumeIsDroppedOncePaused) {
  const std::string id = create_active({"reattach"});
  const std::string data = view(id)->state.data.at("/dev/sdf").id.str();
  const std::string path = "/" + id + "/volume/" + data;
  EXPECT_EQ(send("DELETE", path, "").at("status").at("code"), 409);
  EXPECT_EQ(send("DELETE", "/" + id + "/volume/vol-none", "").at("status").at("code"), 404);
  EXPECT_EQ(send("GET", path, "").at("status").at("code"), 405);
  send("PUT", "/" + id + "/pause", "");
  ASSERT_TRUE(wait_for(id, model::Status::paused));
  EXPECT_EQ(send("DELETE", path, "").at("status").at("code"), 200);
  json::array kept = get("/" + id + "/retained").at("items").as_array();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].at("id"), json::value(data));
  send("PUT", "/" + id + "/resume", "");
  ASSERT_TRUE(wait_for(id, model::Status::active)) << view(id)->state.error;
  EXPECT_NE(view(id)->state.data.at("/dev/sdf").id.str(), data);
}

TEST_F(CopiesApi, TheRetentionOfTheDocumentBeatsTheServices) {
  json::value own = json::parse(document({"reattach"}));
  own.at("persistence").as_object()["retention"] = 3600;
  json::value made = post("", R"({"managedInstance":)" + json::serialize(own) + "}");
  ASSERT_EQ(made.at("status").at("code"), 200) << json::serialize(made);
  const std::string id(made.at("items").at(0).at("id").get_string());
  ASSERT_TRUE(wait_for(id, model::Status::active));
  send("DELETE", "/" + id, "");
  ASSERT_TRUE(wait_for(id, model::Status::deallocated));
  auto now = view(id);
  for (const model::Retired& thing : now->state.retired) {
    EXPECT_LE(thing.due - now->state.updated_at, std::chrono::hours(1)) << thing.id;
  }
}

}  // namespace
}  // namespace holdfast::inprocess
