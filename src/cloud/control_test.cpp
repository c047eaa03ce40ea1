// The control surface over HTTP, and the cloud under the real clock with several threads.
#include "cloud/control.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class Control : public TestCloud {
 protected:
  http::Response send(const std::string& method, const std::string& path, const std::string& body = "") {
    http::Request request;
    request.method = method, request.path = path, request.body = body;
    return handle_control(*cloud_, request);
  }
  // "STATUS field,field" of an answer with errors.
  std::string refused(const std::string& method, const std::string& path, const std::string& body) {
    auto answer = send(method, path, body);
    std::string text = std::to_string(answer.status);
    auto value = json::parse(answer.body);
    const auto& response = value.at("response").as_object();
    if (!response.contains("errors")) return text + " (no errors)";
    for (const auto& error : response.at("errors").as_array()) text += " " + std::string(error.at("field").as_string());
    return text;
  }
};

TEST_F(Control, ListsInstancesInTheEnvelope) {
  auto id = launch();
  auto answer = send("GET", "/cloud/instances");
  EXPECT_EQ(answer.status, 200);
  auto value = json::parse(answer.body);
  const auto& response = value.at("response");
  EXPECT_EQ(response.at("status").at("code").to_number<int>(), 200);
  EXPECT_EQ(response.at("count").to_number<int>(), 1);
  EXPECT_EQ(response.at("items").at(0).at("instanceId").as_string(), id.str());
  EXPECT_EQ(value.at("request").at("method").as_string(), "GET");
}

TEST_F(Control, AnInstanceThatIsGoneRunsNoUserData) {
  auto id = ok(launch_request()).instances.at(0).instance_id;
  terminate(id);
  settle();
  ASSERT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(json::parse(send("GET", "/cloud/instances").body).at("response").at("items").at(0).at("userData"), nullptr);
}

TEST_F(Control, ABadIdIsCalledWhatItShouldBeWithTheRightArticle) {
  auto refused = cloud_->call(ec2::TerminateInstancesRequest{{InstanceId("i-x")}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("the id of an instance"), std::string::npos) << refused.error().message;
}

TEST_F(Control, InterruptsByNoticeOrAtOnce) {
  auto id = launch(), other = launch();
  std::string path = "/cloud/instances/" + id.str() + "/interrupt";
  EXPECT_EQ(send("POST", path, R"({"how":"notice","noticeSeconds":5})").status, 200);
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(send("POST", "/cloud/instances/" + other.str() + "/interrupt", R"({"how":"power_cut"})").status, 200);
  settle();
  EXPECT_EQ(instance(other).state, "terminated");
  EXPECT_EQ(send("POST", path, "{}").status, 409);
  EXPECT_EQ(send("POST", "/cloud/instances/i-0000000000000abcd/interrupt").status, 404);
}

TEST_F(Control, NamesEveryBadFieldAtOnce) {
  std::string path = "/cloud/instances/" + launch().str();
  EXPECT_EQ(refused("POST", path + "/interrupt", R"({"how":"softly","noticeSecond":5})"), "400 noticeSecond how");
  EXPECT_EQ(refused("POST", path + "/interrupt", R"({"how":"power_cut","noticeSeconds":5})"), "400 noticeSeconds");
  EXPECT_EQ(refused("POST", path + "/interrupt", "{nonsense"), "400 ");
  EXPECT_EQ(refused("POST", path + "/exec", R"({"argv":"ls","timeoutSeconds":0})"), "400 argv timeoutSeconds");
  EXPECT_EQ(refused("POST", path + "/exec", R"({"argv":["ls"]})"), "400 ");  // the null substrate has no commands
  EXPECT_EQ(refused("PUT", "/cloud/markets", R"({"instanceType":"t3.micro","lifeCycle":"odd"})"),
            "400 availabilityZone lifeCycle capacity");
  EXPECT_EQ(refused("POST", "/cloud/faults", R"({"action":"Fly","code":"X"})"), "400 action");
  EXPECT_EQ(refused("GET", "/cloud/nowhere", ""), "404 ");
}

TEST_F(Control, MarketsAndFaultsTakeEffect) {
  EXPECT_EQ(send("PUT", "/cloud/markets",
                 R"({"instanceType":"t3.micro","availabilityZone":"local-1a","capacity":0,"price":0.5})")
                .status,
            200);
  EXPECT_EQ(code(launch_request()), "InsufficientInstanceCapacity");
  EXPECT_THAT(send("GET", "/cloud/markets").body, HasSubstr(R"("price":5E-1,"capacity":0)"));
  EXPECT_EQ(
      send("PUT", "/cloud/markets", R"({"instanceType":"t3.micro","availabilityZone":"local-1a","capacity":null})")
          .status,
      200);
  EXPECT_EQ(code(launch_request()), "");
  EXPECT_EQ(send("POST", "/cloud/faults", R"({"action":"CreateVolume","code":"Unavailable","count":1})").status, 200);
  EXPECT_EQ(code(ec2::CreateVolumeRequest{"local-1a", 1, {}, "", {}, {}, {}, "", {}}), "Unavailable");
}

// The service as it is: threads call, a thread is the clock.
TEST(Threads, ManyCallersLaunchSnapshotAndTerminateTogether) {
  ThreadRuntime runtime;
  NullSubstrate substrate(runtime);
  CloudOptions options;
  auto opened = Cloud::open(options, substrate, runtime);
  ASSERT_TRUE(opened.has_value());
  Cloud& cloud = **opened;
  std::atomic<int> told{0};
  cloud.listen([&](const ec2::CloudEvent&) { ++told; });
  ASSERT_TRUE(cloud.build_image_and_wait("minimal", std::chrono::seconds(10)).has_value());
  std::atomic<int> finished{0};
  auto life = [&] {
    for (int i = 0; i < 20; ++i) {
      ec2::RunInstancesRequest request;
      request.image_id = ImageId(kMinimalImage), request.instance_type = "t3.nano";
      auto made = cloud.call(request);
      if (!made) return;
      const auto& instance = made->instances.at(0);
      auto disks = cloud.call(
          ec2::DescribeVolumesRequest{{}, {{"attachment.instance-id", {instance.instance_id.str()}}}, 0, ""});
      if (!disks) return;
      (void)cloud.call(ec2::CreateSnapshotRequest{disks->volumes.at(0).volume_id, "", {}});  // refused while it is made
      if (!cloud.call(ec2::TerminateInstancesRequest{{instance.instance_id}})) return;
    }
    ++finished;
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(life);
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(finished, 4);
  auto gone = [&] {
    auto all = cloud.instances();
    return std::all_of(all.begin(), all.end(), [](const auto& one) { return one.instance.state == "terminated"; });
  };
  for (int i = 0; i < 1000 && !(gone() && told > 4 * 20); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // bounded polling
  EXPECT_TRUE(gone());
  EXPECT_TRUE(substrate.machines().empty());
  EXPECT_GT(told, 4 * 20);
  cloud.listen({});
}

}  // namespace
}  // namespace holdfast::cloud
