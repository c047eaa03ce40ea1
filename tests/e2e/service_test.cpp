// The service itself as a process: one on a data directory, honest about a store that it cannot write, clear about bad
// input. On simulated machines: what is tested here has nothing to do with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/fixture.h"
#include "support/http_client.h"

namespace holdfast::support {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class SimulatedTest : public ServiceTest {
 protected:
  ServiceOptions options() override {
    ServiceOptions it = ServiceTest::options();
    it.substrate = "null";
    return it;
  }
  bool needs_machines() const override { return false; }

  std::string hello() { return document_of(source_file("examples/hello.yaml"), {}).value(); }
};

class ServiceProcessTest : public SimulatedTest {};

TEST_F(ServiceProcessTest, ASecondOneOnTheSameDataDirectoryIsRefused) {
  Service second([&] {
    ServiceOptions it = options();
    it.outlives_us = true;  // its end must not remove the first one's data
    return it;
  }());
  ASSERT_TRUE(second.launch());
  const std::optional<int> status = second.wait(20s);
  ASSERT_TRUE(status) << "a second service runs on the same data directory";
  EXPECT_NE(*status, 0);
  EXPECT_THAT(second.log(), HasSubstr(std::to_string(service_->pid()))) << "it names the process that holds it";
  EXPECT_TRUE(client_->ready());
}

TEST_F(ServiceProcessTest, KeepsItsTokenToItself) {
  const std::filesystem::path token = service_->data_dir() + "/token";
  EXPECT_EQ(std::filesystem::status(token).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::ifstream in(token);
  std::string text;
  in >> text;
  EXPECT_THAT(service_->log(), testing::Not(HasSubstr(text)));
  EXPECT_EQ(ApiClient(service_->url(), "").list().error().kind, ErrorKind::denied);
  EXPECT_EQ(ApiClient(service_->url(), text + "x").list().error().kind, ErrorKind::denied);
  EXPECT_TRUE(ApiClient(service_->url(), text).list());
}

TEST_F(ServiceProcessTest, NamesEveryBadFieldOfADocument) {
  const Result<std::string> refused = client_->create(
      R"({"name":"x","persistence":{"persistRootDevice":"yes"},"strategy":{"lifecycle":"spot"},)"
      R"("compute":{"subnetIds":["subnet-0000000000000000a"],"launchSpecification":{"imageId":"ami-00000000000000001",)"
      R"("instanceTypes":{"types":["t3.nano"]}}}})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("persistence.persistRootDevice"),
                                             HasSubstr("strategy.lifecycle"), HasSubstr("lifeCycle")));
  EXPECT_TRUE(client_->list()->empty());
}

TEST_F(ServiceProcessTest, NamesWhatTheCloudDoesNotHave) {
  for (const auto& [path, value] : std::map<std::string, std::string>{
           {"compute.launchSpecification.imageId", "ami-0123456789abcdef0"}, {"compute.privateIp", "192.0.2.7"}}) {
    SCOPED_TRACE(path);
    const Result<std::string> refused =
        client_->create(document_of(source_file("examples/hello.yaml"), {{path, value}}).value());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_EQ(refused.error().field, path);
  }
}

TEST_F(ServiceProcessTest, EndsInOrderWhenAskedTo) {
  const std::optional<int> status = service_->stop(20s);
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 0) << service_->log();
}

TEST_F(ServiceProcessTest, RepeatsNothingAfterAKill) {
  const std::string id = client_->create(hello()).value();
  const ManagedStatus before = wait_active(id);
  for (int i = 0; i < 5; ++i) {
    service_->kill();
    ASSERT_TRUE(service_->start());
  }
  const ManagedStatus after = wait_active(id);
  EXPECT_EQ(after.instance_id, before.instance_id);
  EXPECT_EQ(after.generation, before.generation);
}

TEST_F(ServiceProcessTest, TellsItsHistoryAndItsMetricsAfterAKillToo) {
  const std::string id = client_->create(hello()).value();
  wait_active(id);
  service_->kill();
  ASSERT_TRUE(service_->start());
  wait_active(id);
  const std::string below = "/aws/ec2/managedInstance/" + id;
  EXPECT_THAT(client_->call("GET", below + "/history").value(), HasSubstr(R"("reason":"created")"));
  EXPECT_THAT(client_->call("GET", below + "/why").value(), HasSubstr("is healthy since"));

  std::ifstream in(service_->data_dir() + "/token");
  HttpCall scrape;
  scrape.url = service_->url() + "/metrics";
  EXPECT_EQ(http_call(scrape)->status, 401);
  in >> scrape.bearer;
  const HttpAnswer metrics = http_call(scrape).value();
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.body, AllOf(HasSubstr("\nholdfast_ready 1\n"), HasSubstr("{status=\"ACTIVE\"} 1\n")));
}

TEST_F(ServiceProcessTest, IsNotReadyAndPromisesNothingOnceItsStoresFileIsRemoved) {
  const std::string id = client_->create(hello()).value();
  wait_active(id);
  const std::filesystem::path store = service_->data_dir() + "/holdfast.db", away = service_->data_dir() + "/away";
  std::filesystem::rename(store, away);
  const Result<void> unready = client_->ready();
  ASSERT_FALSE(unready);
  EXPECT_THAT(unready.error().message, HasSubstr("holdfast.db was removed or replaced"));
  EXPECT_FALSE(client_->act(id, "recycle")) << "it would be forgotten at the next start";
  std::filesystem::rename(away, store);
  EXPECT_TRUE(wait_until(60s, [&] { return client_->ready().has_value(); }));
}

// The data directory is a filesystem of its own that can be filled to the last byte.
class FullStoreTest : public SimulatedTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "mounting a small filesystem needs root";
    SimulatedTest::SetUp();
  }
  ServiceOptions options() override {
    ServiceOptions it = SimulatedTest::options();
    folder_ = scratch_->path() + "/small";
    std::filesystem::create_directories(folder_);
    EXPECT_EQ(mount("holdfast-test", folder_.c_str(), "tmpfs", 0, "size=24m"), 0);
    it.data_dir = folder_ + "/data";
    return it;
  }
  void TearDown() override {
    SimulatedTest::TearDown();
    if (!folder_.empty()) umount2(folder_.c_str(), MNT_DETACH);
  }
  void fill() {
    std::ofstream filler(folder_ + "/filler", std::ios::binary);
    for (const size_t piece : {size_t{64} << 10, size_t{1} << 10, size_t{1}}) {
      const std::string zeros(piece, 'x');
      while (filler.write(zeros.data(), static_cast<std::streamsize>(piece)).flush()) continue;
      filler.clear();
    }
    ASSERT_EQ(std::filesystem::space(folder_).available, 0u);
  }
  std::string folder_;
};

TEST_F(FullStoreTest, LetsNothingOutAndRecoversByItself) {
  const std::string id = client_->create(hello()).value();
  const ManagedStatus before = wait_active(id);
  const pid_t pid = service_->pid();
  fill();
  const Result<void> refused = client_->act(id, "recycle");
  EXPECT_FALSE(refused) << "what is not stored is not promised";
  EXPECT_TRUE(wait_until(20s, [&] { return !client_->ready(); })) << "/readyz says that it cannot write";
  const std::vector<CloudInstance> instances = client_->cloud_instances().value();
  EXPECT_EQ(
      std::count_if(instances.begin(), instances.end(), [](const CloudInstance& it) { return it.state == "running"; }),
      1)
      << "no effect got out";

  std::filesystem::remove(folder_ + "/filler");
  EXPECT_TRUE(wait_until(60s, [&] { return client_->ready().has_value(); })) << "ready again, without a restart";
  EXPECT_EQ(service_->pid(), pid);
  EXPECT_TRUE(service_->running());
  // Whether the refused recycle takes place now is open (its outcome was an error); one asked for now must.
  ASSERT_TRUE(client_->act(id, "recycle"));
  wait_replaced(before);
}

}  // namespace
}  // namespace holdfast::support
