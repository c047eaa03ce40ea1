// The engine with its real threads, a durable store and the local cloud's model, in real time.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "cloud/null/null_substrate.h"
#include "engine/engine.h"
#include "engine/wall_clock.h"
#include "inprocess/world.h"
#include "store/sqlite_store.h"

namespace holdfast::inprocess {
namespace {

using model::Status;
using std::chrono::seconds;

class Threads : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "holdfast-inprocess-XXXXXX";
    folder = ::mkdtemp(name.data());
    cloud::CloudOptions options;
    cloud = cloud::Cloud::open(options, substrate, runtime).value();
    start();
    wait([&] {
      ec2::DescribeImagesRequest request;
      request.image_ids = {ImageId(cloud::kMinimalImage)};
      auto answer = cloud->call(request);
      return answer && answer->images.front().state == "available";
    });
  }
  void TearDown() override {
    stop();
    cloud.reset();
    std::filesystem::remove_all(folder);
  }
  void start() {
    store = store::SqliteStore::open(folder / "state.db").value();
    clock = std::make_unique<engine::WallClock>(store->last_time_seen().value());
    engine = std::make_unique<engine::Engine>(engine::EngineOptions{}, *cloud, *store, *clock);
    ASSERT_TRUE(engine->start());
    cloud->listen([this](const ec2::CloudEvent& event) { engine->notify(event); });
  }
  void stop() {
    cloud->listen({});
    engine.reset();
    store.reset();
  }
  // Woken by records and bounded by a deadline.
  bool wait(const std::function<bool()>& holds, Duration limit = seconds(20)) {
    auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  bool wait_status(const ManagedInstanceId& id, Status status) {
    return wait([&] { return engine->find(id) != nullptr && engine->find(id)->state.status == status; });
  }
  ManagedInstanceId create(const std::string& mode) {
    DocumentOptions options;
    options.mode = mode;
    auto made = engine->create(document(options));
    if (made) return (*made)->id;
    ADD_FAILURE() << describe(made.error().errors.front());
    return {};
  }

  std::filesystem::path folder;
  cloud::ThreadRuntime runtime;
  cloud::NullSubstrate substrate{runtime};
  std::unique_ptr<cloud::Cloud> cloud;
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<engine::WallClock> clock;
  std::unique_ptr<engine::Engine> engine;
};

TEST_F(Threads, ReplacesAnInterruptedInstanceInBothModes) {
  for (const char* mode : {"reattach", "onLaunch"}) {
    ManagedInstanceId id = create(mode);
    ASSERT_TRUE(wait_status(id, Status::active)) << mode;
    InstanceId former = engine->find(id)->state.instance->id;
    auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(cloud->interrupt(former, {cloud::InterruptHow::Kind::no_notice, {}}));
    ASSERT_TRUE(wait([&] {
      const model::State& state = engine->find(id)->state;
      return state.status == Status::active && state.instance->id != former;
    })) << mode;
    auto took = std::chrono::steady_clock::now() - began;
    RecordProperty(std::string("replacement_ms_") + mode,
                   static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    std::cout << mode << ": " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms\n";
  }
}

TEST_F(Threads, ImportsAnInstanceOnceHoweverOftenAndByHoweverManyItIsAsked) {
  ec2::RunInstancesRequest launch;
  launch.image_id = ImageId(cloud::kMinimalImage);
  launch.instance_type = "t3.nano";
  auto launched = cloud->call(launch);
  ASSERT_TRUE(launched);
  engine::ImportRequest request;
  request.original = launched->instances.at(0).instance_id;
  request.terminate = request.keep_private_ip = true;
  // Asked by four at once, until it runs.
  std::vector<ManagedInstanceId> answered(4);
  std::vector<std::thread> threads;
  for (ManagedInstanceId& id : answered) {
    threads.emplace_back([&] {
      wait([&] {
        auto made = engine->import(request);
        if (made) id = (*made)->id;
        return made.has_value();
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const ManagedInstanceId& id : answered) EXPECT_EQ(id, answered[0]);
  EXPECT_EQ(engine->all().size(), 1u);
  ASSERT_TRUE(wait_status(answered[0], Status::active));
  EXPECT_NE(engine->find(answered[0])->state.instance->id, request.original);
  // Also when it is done, and in another life of the service.
  stop();
  start();
  auto again = engine->import(request);
  ASSERT_TRUE(again) << describe(again.error().errors.front());
  EXPECT_EQ((*again)->id, answered[0]);
  auto plan = engine->plan_of_import(request);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->steps.empty());
  EXPECT_NE(plan->notes.at(0).find("imported already"), std::string::npos);
}

TEST_F(Threads, GoesOnWithWhatWasStoredAfterARestart) {
  ManagedInstanceId id = create("reattach");
  ASSERT_TRUE(wait_status(id, Status::active));
  InstanceId former = engine->find(id)->state.instance->id;
  std::string document_before = engine->find(id)->document;
  stop();
  ASSERT_TRUE(cloud->interrupt(former, {cloud::InterruptHow::Kind::no_notice, {}}));
  start();
  ASSERT_TRUE(wait([&] {
    const model::State& state = engine->find(id)->state;
    return state.status == Status::active && state.instance->id != former;
  }));
  EXPECT_EQ(engine->find(id)->document, document_before);
  EXPECT_TRUE(engine->ready().ready);
}

TEST_F(Threads, MergesUpdatesFromManyThreadsWithoutLosingOne) {
  ManagedInstanceId id = create("");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::string update = i % 2 == 0 ? R"({"description":"new"})" : R"({"name":"renamed"})";
      auto done = engine->update(id, update);
      EXPECT_TRUE(done) << describe(done.error().errors.front());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(engine->find(id)->spec.description, "new");
  EXPECT_EQ(engine->find(id)->spec.name, "renamed");
}

TEST_F(Threads, SaysNotReadyWhileTheStoreIsFullAndRecoversByItself) {
  ManagedInstanceId id = create("reattach");
  ASSERT_TRUE(wait_status(id, Status::active));
  ASSERT_TRUE(store->limit_pages(1));
  InstanceId former = engine->find(id)->state.instance->id;
  std::string large = R"({"description":")" + std::string(200, 'x') + R"("})";
  // Fills what is left of the file's pages.
  ASSERT_TRUE(wait([&] { return !engine->update(id, large) || !engine->ready().ready; }));
  ASSERT_TRUE(wait([&] { return !engine->ready().ready; }));
  EXPECT_NE(engine->ready().why.find("store"), std::string::npos);
  auto refused = engine->ask(id, model::RecycleAsked{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(engine->find(id)->state.instance->id, former);

  ASSERT_TRUE(store->limit_pages(0));
  ASSERT_TRUE(wait([&] { return engine->ready().ready; }));
  ASSERT_TRUE(engine->ask(id, model::RecycleAsked{}));
  EXPECT_TRUE(wait([&] {
    const model::State& state = engine->find(id)->state;
    return state.status == Status::active && state.instance->id != former;
  }));
}

TEST_F(Threads, TakesInWhatTheCloudTellsOnlyOnceItIsStored) {
  ManagedInstanceId id = create("reattach");
  ASSERT_TRUE(wait_status(id, Status::active));
  cloud->listen({});  // the test alone tells
  InstanceId former = engine->find(id)->state.instance->id;
  ec2::CloudEvent warning{ec2::kInterruptionWarning, clock->now(), former.str(), "terminate",
                          clock->now() + seconds(120)};
  ASSERT_TRUE(store->limit_pages(1));
  std::string large = R"({"description":")" + std::string(200, 'x') + R"("})";
  ASSERT_TRUE(wait([&] { return !engine->update(id, large) || !engine->ready().ready; }));
  ASSERT_TRUE(wait([&] { return !engine->ready().ready; }));
  auto refused = engine->take_in({warning}, seconds(20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);

  ASSERT_TRUE(store->limit_pages(0));
  ASSERT_TRUE(wait([&] { return engine->ready().ready; }));
  ASSERT_TRUE(engine->take_in({warning}, seconds(20)));
  auto stored = store->records({id, 0, 1000});
  ASSERT_TRUE(stored);
  EXPECT_TRUE(std::any_of(stored->begin(), stored->end(),
                          [](const auto& entry) { return entry.record.kind == "interruption_noticed"; }));
}

TEST_F(Threads, TakesInWhatConcernsNobodyAtOnce) {
  ec2::CloudEvent other{ec2::kInstanceStateChange, clock->now(), "i-0123456789abcdef0", "running", {}};
  EXPECT_TRUE(engine->take_in({other, other}, seconds(20)));
}

TEST_F(Threads, NamesTheFieldsThatDoNotFitTheCloud) {
  DocumentOptions options;
  options.subnets = R"("subnet-0000000000000000a","subnet-0000000000000dead")";
  auto refused = engine->create(document(options));
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().errors.size(), 1u);
  EXPECT_EQ(refused.error().errors[0].field, "compute.subnetIds[1]");
}

}  // namespace
}  // namespace holdfast::inprocess
