// A dry run tells the calls that are then really made, in their order: for every change and both modes, on the local
// cloud's model. And it does nothing.
#include <gmock/gmock.h>

#include "core/foresee.h"
#include "inprocess/api_world.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using model::Event;
using model::Status;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// Names of the calls that changed something, in order; periodic snapshots left out.
class Calls {
 public:
  explicit Calls(World& world) : world_(world) {
    world.calls().guard.asked = [this](const ec2::Request& request) -> Result<void> {
      std::visit([this](const auto& call) { note(call); }, request);
      return {};
    };
    world.calls().guard.asked_further = [this](const ec2::FurtherRequest& request) -> Result<void> {
      std::visit([this](const auto& call) { note(call); }, request);
      return {};
    };
  }
  ~Calls() { world_.calls().guard = {}; }
  std::vector<std::string> names;

 private:
  template <class R>
  void note(const R& call) {
    if constexpr (std::is_same_v<R, ec2::CreateSnapshotRequest>) {
      if (call.description.starts_with("periodic")) return;
    }
    // An image gets its tags with a second call; that is the same step.
    if (R::kAction == "CreateTags" && !names.empty() && names.back() == "RegisterImage") return;
    if (R::kMutates) names.emplace_back(R::kAction);
  }
  World& world_;
};

std::vector<std::string> actions_of(const core::Foreseen& foreseen) {
  std::vector<std::string> actions;
  for (const core::ForeseenStep& step : foreseen.steps) actions.push_back(step.action);
  return actions;
}

struct DryRun : testing::TestWithParam<const char*> {
  std::string wanted() const {
    DocumentOptions options;
    options.mode = GetParam();
    return document(options);
  }
  ManagedInstanceId bring_up() {
    auto made = world.create(wanted());
    EXPECT_TRUE(made) << describe(made.error());
    id = *made;
    EXPECT_TRUE(world.until_status(id, Status::active)) << world.history(id);
    at_rest();
    return id;
  }
  void at_rest() {
    auto rests = [&] {
      const model::State& state = world.view(id)->state;
      bool due = std::any_of(state.retired.begin(), state.retired.end(),
                             [&](const model::Retired& entry) { return entry.due <= world.time().now(); });
      return state.asked.empty() && !state.handover && !due && (!state.instance || state.instance->kept);
    };
    EXPECT_TRUE(world.until(rests, std::chrono::minutes(5))) << world.history(id);
  }
  // Foresees, does it, and compares.
  std::vector<std::string> foreseen_and_done(const Event& event, Status leads_to) {
    const model::Spec spec = world.view(id)->spec;
    const model::State state = world.view(id)->state;
    auto foreseen = core::foresee({spec, spec, state, event}, world.time().now());
    EXPECT_TRUE(foreseen);
    EXPECT_TRUE(foreseen->at_rest);
    EXPECT_EQ(foreseen->after.status, leads_to);
    Calls calls(world);
    EXPECT_TRUE(world.ask(id, event));
    EXPECT_TRUE(world.until_status(id, leads_to)) << world.history(id);
    at_rest();
    EXPECT_EQ(actions_of(*foreseen), calls.names) << world.history(id);
    return calls.names;
  }
  World world;
  ManagedInstanceId id;
};

INSTANTIATE_TEST_SUITE_P(Modes, DryRun, testing::Values("reattach", "onLaunch"));

TEST_P(DryRun, OfARecycleIsWhatHappensEachTime) {
  bring_up();
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(foreseen_and_done(model::RecycleAsked{}, Status::active), Contains("RunInstances"));
  }
}

TEST_P(DryRun, OfAPauseAndAResumeIsWhatHappens) {
  bring_up();
  EXPECT_THAT(foreseen_and_done(model::PauseAsked{}, Status::paused), Contains("TerminateInstances"));
  EXPECT_THAT(foreseen_and_done(model::PauseAsked{}, Status::paused), IsEmpty());
  EXPECT_THAT(foreseen_and_done(model::ResumeAsked{}, Status::active), Contains("RunInstances"));
}

TEST_P(DryRun, OfADeletionIsWhatHappens) {
  bring_up();
  foreseen_and_done(model::RecycleAsked{}, Status::active);
  model::Deallocation some;
  some.delete_snapshots = some.delete_images = true;
  EXPECT_THAT(foreseen_and_done(model::DeleteAsked{some}, Status::deallocated), Contains("DeleteSnapshot"));
}

TEST_P(DryRun, OfACreationIsWhatHappens) {
  auto spec = model::read_spec(wanted());
  ASSERT_TRUE(spec);
  auto made = world.create(wanted());  // for its surroundings
  ASSERT_TRUE(made);
  const model::Surroundings surroundings = world.view(*made)->state.surroundings;
  const Event event = model::Created{};
  const model::State first = core::initial_state(ManagedInstanceId("smi-00000000"), surroundings, world.time().now());
  auto foreseen = core::foresee({*spec, *spec, first, event}, world.time().now());
  ASSERT_TRUE(foreseen);
  Calls calls(world);
  id = *made;
  EXPECT_TRUE(world.until_status(id, Status::active));
  at_rest();
  EXPECT_EQ(actions_of(*foreseen), calls.names);
}

TEST_P(DryRun, OfAnUpdateIsWhatHappensAtOnce) {
  DocumentOptions options;
  options.mode = GetParam();
  options.private_ip = false;
  auto made = world.create(document(options));
  ASSERT_TRUE(made);
  id = *made;
  ASSERT_TRUE(world.until_status(id, Status::active));
  at_rest();
  const auto before = world.view(id);
  auto spec = model::read_spec(wanted());
  ASSERT_TRUE(spec);
  const Event event = model::SpecChanged{before->state.surroundings};
  auto foreseen = core::foresee({before->spec, *spec, before->state, event}, world.time().now());
  ASSERT_TRUE(foreseen);
  Calls calls(world);
  ASSERT_TRUE(world.update(id, wanted()));
  at_rest();
  EXPECT_EQ(actions_of(*foreseen), calls.names) << world.history(id);
  EXPECT_THAT(calls.names, Contains("ModifyNetworkInterfaceAttribute"));
}

// ---- over the API

struct DryRunApi : ApiWorld {
  json::value dry(const std::string& method, const std::string& path, const std::string& body = "") {
    return send(method, path, body, {{"dryRun", "true"}});
  }
  static std::vector<std::string> actions(const json::value& answer) {
    std::vector<std::string> names;
    EXPECT_EQ(answer.at("status").at("code"), 200) << json::serialize(answer);
    for (const json::value& step : answer.at("items").at(0).at("steps").get_array()) {
      names.emplace_back(step.at("action").as_string());
    }
    return names;
  }
  static std::string body() { return R"({"managedInstance":)" + document({}) + "}"; }
};

TEST_F(DryRunApi, OfEveryChangeTellsItsStepsAndDoesNothing) {
  EXPECT_THAT(actions(dry("POST", "", body())), Contains("RunInstances"));
  EXPECT_TRUE(engine.all().empty());

  const std::string id = create_active();
  const model::State before = engine.find(ManagedInstanceId(id))->state;
  EXPECT_THAT(actions(dry("PUT", "/" + id + "/pause")), Contains("TerminateInstances"));
  EXPECT_THAT(actions(dry("PUT", "/" + id + "/recycle")), Contains("RunInstances"));
  EXPECT_THAT(actions(dry("PUT", "/" + id + "/resume")), IsEmpty());
  EXPECT_THAT(actions(dry("DELETE", "/" + id)), Contains("TerminateInstances"));
  EXPECT_THAT(actions(dry("PUT", "/" + id, R"({"managedInstance":{"name":"other"}})")), IsEmpty());
  const std::string bulk = R"({"managedInstances":[{"id":")" + id + R"(","state":"RECYCLE"}]})";
  EXPECT_THAT(actions(dry("PUT", "/state", bulk)), Contains("RunInstances"));
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->state, before);
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->spec.name, "one");
}

TEST_F(DryRunApi, TellsHowLongItUsuallyTakesOnceItHasAHistory) {
  json::value first = dry("POST", "", body()).at("items").at(0);
  EXPECT_TRUE(first.at("usualMilliseconds").is_null());
  EXPECT_EQ(first.at("usualBy"), "it has no history yet");
  const std::string id = create_active();
  json::value recycle = dry("PUT", "/" + id + "/recycle").at("items").at(0);
  EXPECT_TRUE(recycle.at("usualMilliseconds").is_null()) << "it was never taken down before";
  send("PUT", "/" + id + "/recycle", "");
  ASSERT_TRUE(wait([&] {
    auto view = engine.find(ManagedInstanceId(id));
    return view->state.generation == 2 && view->state.status == Status::active;
  }));
  recycle = dry("PUT", "/" + id + "/recycle").at("items").at(0);
  ASSERT_TRUE(recycle.at("usualMilliseconds").is_int64()) << json::serialize(recycle);
  int64_t sum = 0;
  for (const json::value& phase : recycle.at("phases").get_array()) sum += phase.at("usualMilliseconds").as_int64();
  EXPECT_EQ(sum, recycle.at("usualMilliseconds").as_int64());
  EXPECT_EQ(recycle.at("statusAfter"), "ACTIVE");
}

TEST_F(DryRunApi, IsRefusedAsTheCallItselfWouldBe) {
  const std::string id = create_active();
  EXPECT_EQ(dry("POST", "", R"({"managedInstance":{"nam":"x"}})").at("status").at("code"), 400);
  EXPECT_EQ(dry("PUT", "/" + id, R"({"managedInstance":{"region":"elsewhere-1"}})").at("status").at("code"), 400);
  EXPECT_EQ(dry("PUT", "/smi-00000000/pause").at("status").at("code"), 404);
  EXPECT_EQ(send("PUT", "/" + id + "/pause", "", {{"dryRun", "yes"}}).at("errors").at(0).at("field"), "dryRun");
  send("PUT", "/" + id + "/pause", "");
  ASSERT_TRUE(wait_for(id, Status::paused));
  EXPECT_EQ(dry("PUT", "/" + id + "/recycle").at("status").at("code"), 409);
}

TEST_F(DryRunApi, OfADeletionTellsWhatIsKeptUntilWhen) {
  const std::string id = create_active();
  const std::string volume = engine.find(ManagedInstanceId(id))->state.root->id.str();
  EXPECT_THAT(json::serialize(dry("DELETE", "/" + id)), HasSubstr(volume + " is kept until"));
}

}  // namespace
}  // namespace holdfast::inprocess
