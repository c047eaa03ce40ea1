#include "cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kDb[] = "smi-00000001";
constexpr char kWeb[] = "smi-00000002";
constexpr char kDocument[] = "name: db\npersistence:\n  persistRootDevice: true\n";

class Commands : public testing::Test {
 protected:
  Commands() {
    service.have(kDb, "db", "ACTIVE", 3);
    service.have(kWeb, "web", "PAUSED");
  }
  Outcome type(const std::string& line) { return run_line(&service, {line}); }
  Outcome typed(Typed typed) { return run_line(&service, typed); }
  // The path and body of the only request that changes something.
  Seen only_change() {
    std::vector<Seen> changes;
    for (const Seen& one : service.seen()) {
      if (one.method != "GET" && !one.dry) changes.push_back(one);
    }
    EXPECT_EQ(changes.size(), 1u);
    return changes.empty() ? Seen{} : changes.front();
  }
  FakeService service;
};

TEST_F(Commands, GetListsEveryManagedInstance) {
  Outcome got = type("get");
  EXPECT_EQ(got.status, kOk) << got.err;
  EXPECT_THAT(got.out, AllOf(StartsWith("ID "), HasSubstr("smi-00000001  db    ACTIVE"), HasSubstr("web   PAUSED")));
}

TEST_F(Commands, WideShowsMoreAndIsNeverCut) {
  service.set(kDb, "lifeCycle", "on_demand");
  service.set(kDb, "error", "the market of t3.medium in local-1a has no capacity, it is tried again");
  Outcome narrow = typed({"get", {}, false, 60});
  EXPECT_THAT(narrow.out, AllOf(StartsWith("ID "), Not(HasSubstr("on_demand"))));
  Outcome wide = typed({"get -o wide", {}, false, 60});
  EXPECT_EQ(wide.status, kOk) << wide.err;
  EXPECT_THAT(wide.out, AllOf(HasSubstr("WHY"), HasSubstr("on_demand"), HasSubstr("no capacity, it is tried again")));
  EXPECT_EQ(type("events db -o wide").status, kUsage) << "only where there is more to show";
}

TEST_F(Commands, GetFindsByIdAndByName) {
  EXPECT_EQ(json::parse(type("get db -o json").out).at(0).at("id"), kDb);
  EXPECT_EQ(json::parse(type("get smi-00000002 -o json").out).at(0).at("name"), "web");
  Outcome got = type("get nobody");
  EXPECT_EQ(got.status, kNotFound);
  EXPECT_THAT(got.err, AllOf(HasSubstr("'nobody'"), HasSubstr("`holdfast get`")));
  EXPECT_EQ(type("get smi-0000abcd").status, kNotFound);
}

TEST_F(Commands, ANameThatTwoHaveIsRefusedWithTheirIds) {
  service.have("smi-00000003", "db", "ACTIVE");
  Outcome got = type("pause db");
  EXPECT_EQ(got.status, kRefused);
  EXPECT_THAT(got.err, AllOf(HasSubstr(kDb), HasSubstr("smi-00000003")));
}

TEST_F(Commands, ANameMeansTheOneThatIsNotBeingDeleted) {
  service.have("smi-00000003", "db", "DEALLOCATING");
  EXPECT_EQ(json::parse(type("get db -o json").out).at(0).at("id"), kDb);
}

TEST_F(Commands, TheDocumentComesBackAsItCanBeAppliedAgain) {
  Outcome document = type("get db --document");
  Outcome applied = typed({"apply -f -", document.out, false});
  EXPECT_EQ(applied.status, kOk) << applied.err;
  EXPECT_THAT(applied.out, HasSubstr("unchanged"));
  EXPECT_TRUE(service.seen("PUT").empty());
}

TEST_F(Commands, ApplyMakesWhatIsNotThereYet) {
  Outcome applied = typed({"apply -f -", "name: new\npersistence: {persistPrivateIp: true}\n", false});
  EXPECT_EQ(applied.status, kOk) << applied.err;
  EXPECT_EQ(applied.out, "new (smi-00000099) created\n");
  Seen change = only_change();
  EXPECT_EQ(change.method, "POST");
  EXPECT_EQ(change.body.at("managedInstance").at("persistence").at("persistPrivateIp"), true);
}

TEST_F(Commands, ApplyChangesTheOneOfThatNameAndClearsWhatLeftTheFile) {
  Outcome applied = typed({"apply -f -", "name: db\ncompute: {vpcId: vpc-1}\n", false});
  EXPECT_EQ(applied.status, kOk) << applied.err;
  EXPECT_THAT(applied.out, AllOf(HasSubstr("updated: persistence, compute"), HasSubstr("holdfast recycle db")));
  Seen change = only_change();
  EXPECT_EQ(change.path, "/aws/ec2/managedInstance/smi-00000001");
  EXPECT_EQ(change.body, json::parse(R"({"managedInstance":{"persistence":null,"compute":{"vpcId":"vpc-1"}}})"));
}

TEST_F(Commands, ApplyByIdMayRename) {
  Outcome applied =
      typed({"apply --id smi-00000001 -f -", "name: other\npersistence: {persistRootDevice: true}\n", false});
  EXPECT_EQ(applied.status, kOk) << applied.err;
  EXPECT_EQ(only_change().body, json::parse(R"({"managedInstance":{"name":"other"}})"));
}

TEST_F(Commands, ApplyMakesANewOneBesideADeletedOneOfTheSameName) {
  service.set(kDb, "status", "DEALLOCATED");
  EXPECT_THAT(typed({"apply -f -", kDocument, false}).out, HasSubstr("created"));
}

// The other's whole apply comes between this one's look for the name and its creation.
TEST_F(Commands, TwoWhoApplyANewNameAtTheSameTimeMakeOne) {
  for (const std::string theirs : {"name: new\ndescription: mine\n", "name: new\ndescription: theirs\n"}) {
    FakeService shared;
    bool between = false;
    Outcome other;
    shared.before = [&](const std::string& call) {
      if (call != "POST /aws/ec2/managedInstance" || between) return;
      between = true;
      other = run_line(&shared, {"apply -f -", theirs, false});
    };
    Outcome mine = run_line(&shared, {"apply -f -", "name: new\ndescription: mine\n", false});
    EXPECT_EQ(other.out, "new (smi-00000099) created\n") << other.err;
    EXPECT_EQ(mine.status, kOk) << mine.err;
    bool same = theirs.find("mine") != std::string::npos;
    EXPECT_THAT(mine.out, HasSubstr(same ? "new (smi-00000099) unchanged" : "updated: description"));
    std::vector<Seen> made = shared.seen("POST");
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(made[0].key, made[1].key);
    EXPECT_EQ(shared.seen("PUT").size(), same ? 0u : 1u);
  }
}

TEST_F(Commands, ApplyMakesANewOneOfANameThatItsKeyHasMadeUnderAnother) {
  EXPECT_EQ(typed({"apply -f -", "name: new\n", false}).out, "new (smi-00000099) created\n");
  service.have("smi-00000099", "renamed", "ACTIVE");
  EXPECT_EQ(typed({"apply -f -", "name: new\n", false}).out, "new (smi-00000100) created\n");
}

TEST_F(Commands, ApplyWaitsForWhatItMendsAlthoughItWasInError) {
  service.set(kDb, "status", "ERROR");
  service.set(kDb, "error", "there is no such type");
  int looks = 0;
  bool changed = false;
  service.before = [&](const std::string& call) {
    changed = changed || call.starts_with("PUT");
    if (!changed || !call.ends_with("/status") || ++looks < 2) return;
    service.set(kDb, "generation", 4);
    service.set(kDb, "status", "ACTIVE");
  };
  Outcome applied = typed({"apply -f - --wait --timeout 20", "name: db\ndescription: mended\n", false});
  EXPECT_EQ(applied.status, kOk) << applied.err;
  EXPECT_GE(looks, 2);
}

TEST_F(Commands, ApplyOfNothingNewTellsTheErrorAtOnce) {
  service.set(kDb, "status", "ERROR");
  service.set(kDb, "error", "there is no such type");
  Outcome applied = typed({"apply -f - --wait --timeout 20", kDocument, false});
  EXPECT_EQ(applied.status, kFailed);
  EXPECT_THAT(applied.err, HasSubstr("there is no such type"));
}

TEST_F(Commands, ApplyTellsEveryFaultOfADocument) {
  service.answer("POST /aws/ec2/managedInstance", 400,
                 {{{"code", "a"}, {"message", "is missing"}, {"field", "compute.subnetIds"}},
                  {{"code", "b"}, {"message", "must be true or false"}, {"field", "persistence.persistRootDevice"}}});
  Outcome applied = typed({"apply -f -", "name: new", false});
  EXPECT_EQ(applied.status, kRefused);
  EXPECT_THAT(applied.err, testing::EndsWith("holdfast: compute.subnetIds: is missing\n"
                                             "persistence.persistRootDevice: must be true or false\n"));
}

TEST_F(Commands, ApplyRefusesABrokenOrMissingFileBeforeItAsksTheService) {
  Outcome applied = typed({"apply -f -", "a: 1\na: 2\n", false});
  EXPECT_EQ(applied.status, kRefused);
  EXPECT_THAT(applied.err, AllOf(HasSubstr("standard input"), HasSubstr("line 2")));
  EXPECT_EQ(type("apply -f /nowhere/x.yaml").status, kFailed);
  EXPECT_TRUE(service.seen().empty());
}

TEST_F(Commands, ActionsAskTheServiceOnce) {
  for (const std::string action : {"pause", "resume", "recycle"}) {
    Outcome asked = type(action + " db");
    EXPECT_EQ(asked.status, kOk) << asked.err;
    EXPECT_EQ(asked.out, "db (smi-00000001) " + action + " asked\n");
    EXPECT_EQ(service.seen("PUT").back().path, "/aws/ec2/managedInstance/smi-00000001/" + action);
  }
  EXPECT_EQ(service.seen("PUT").size(), 3u);
}

TEST_F(Commands, ADirectoryIsNoFile) {
  Outcome refused = type("apply -f /tmp --yes");
  EXPECT_NE(refused.status, kOk);
  EXPECT_THAT(refused.err, HasSubstr("/tmp is a directory"));
}

TEST_F(Commands, WaitTellsWhatHappensUntilItIsThere) {
  service.happen(kDb, "phase", "of long ago");
  service.on_action = [this](const std::string&) {
    service.set(kDb, "status", "RECYCLING");
    service.happen(kDb, "phase", "the instance is terminated");
    service.set(kDb, "generation", 4);
    service.set(kDb, "status", "ACTIVE");
    service.happen(kDb, "replaced", "it is well");
  };
  Outcome waited = type("recycle db --wait --timeout 20");
  EXPECT_EQ(waited.status, kOk) << waited.err;
  EXPECT_THAT(waited.out, HasSubstr("is ACTIVE"));
  EXPECT_THAT(waited.err, Not(HasSubstr("long ago")));
}

TEST_F(Commands, ARecycleIsOnlyOverWithANewGeneration) {
  Outcome waited = type("recycle db --wait --timeout 1");
  EXPECT_EQ(waited.status, kTimedOut);
  EXPECT_THAT(waited.err, AllOf(HasSubstr("ACTIVE"), HasSubstr("holdfast describe")));
}

TEST_F(Commands, ARecycleOfWhatMovesAlreadyWaitsForThatMove) {
  service.set(kDb, "handover", {{"reason", "interruption"}, {"fromGeneration", 2}});
  service.set(kDb, "status", "RESUMING");
  service.on_action = [this](const std::string&) { service.set(kDb, "status", "ACTIVE"); };
  Outcome waited = type("recycle db --wait --timeout 20");
  EXPECT_EQ(waited.status, kOk) << waited.err;
}

TEST_F(Commands, WaitEndsOnAnErrorWithItsReason) {
  service.on_action = [this](const std::string&) {
    service.set(kWeb, "error", "no market has capacity");
    service.set(kWeb, "status", "ERROR");
  };
  Outcome waited = type("resume web --wait --timeout 20");
  EXPECT_EQ(waited.status, kFailed);
  EXPECT_THAT(waited.err, HasSubstr("no market has capacity"));
}

TEST_F(Commands, DeleteKeepsWhatIsNotNamed) {
  EXPECT_EQ(type("delete db --delete volumes,images").status, kOk);
  Seen change = only_change();
  EXPECT_EQ(change.method, "DELETE");
  EXPECT_EQ(change.body.at("deallocationConfig"),
            json::parse(R"({"shouldTerminateInstance":true,"shouldDeleteVolumes":true,"shouldDeleteSnapshots":false,
                            "shouldDeleteImages":true,"shouldDeleteNetworkInterfaces":false})"));
}

TEST_F(Commands, PurgeWantsTheNameTyped) {
  Outcome wrong = typed({"delete db --purge", "bd\n"});
  EXPECT_EQ(wrong.status, kRefused);
  EXPECT_THAT(wrong.err, HasSubstr("nothing was deleted"));
  EXPECT_EQ(typed({"delete db --purge", "db\n", false}).status, kRefused) << "no terminal, no confirmation";
  EXPECT_TRUE(service.seen("DELETE").empty());
  EXPECT_EQ(typed({"delete db --purge", "db\n"}).status, kOk);
  EXPECT_EQ(only_change().body.at("deallocationConfig").at("shouldDeleteVolumes"), true);
  EXPECT_EQ(typed({"delete web --purge --yes", "", false}).status, kOk);
}

TEST_F(Commands, DeleteWaitsUntilItIsGone) {
  service.on_action = [this](const std::string&) { service.forget(kDb); };
  Outcome waited = type("delete db --wait --timeout 20");
  EXPECT_EQ(waited.status, kOk) << waited.err;
  EXPECT_THAT(waited.out, HasSubstr("is gone"));
}

TEST_F(Commands, EventsAreListedAfterANumber) {
  service.happen(kDb, "created", "it was made");
  service.happen(kWeb, "created", "another");
  service.happen(kDb, "phase", "\033[2Jit goes on");
  Outcome events = type("events db --after 1");
  EXPECT_THAT(events.out,
              AllOf(HasSubstr("?[2Jit goes on (saving 33 ms)"), Not(HasSubstr("made")), Not(HasSubstr("another"))));
  EXPECT_EQ(json::parse(type("events db -o json").out).as_array().size(), 2u);
}

TEST_F(Commands, EventsAreFollowedUntilItIsGone) {
  service.happen(kDb, "created", "it was made");
  std::thread later([this] {
    service.happen(kDb, "phase", "more");
    service.forget(kDb);
  });
  Outcome events = type("events smi-00000001 --follow -o json");
  later.join();
  EXPECT_EQ(events.status, kNotFound);
}

TEST_F(Commands, FollowedEventsGoOnOverARestartOfTheServiceEachOnce) {
  service.happen(kDb, "created", "it was made");
  Outcome events;
  std::thread follower([&] { events = type("events smi-00000001 --follow -o json"); });
  EXPECT_TRUE(service.wait_sent(1));
  service.restart();
  service.happen(kDb, "phase", "more");
  EXPECT_TRUE(service.wait_sent(2));
  service.forget(kDb);
  follower.join();
  EXPECT_EQ(events.status, kNotFound) << events.err;
  std::vector<std::string> sequences;
  std::istringstream lines(events.out);
  for (std::string line; std::getline(lines, line);)
    sequences.push_back(json::serialize(json::parse(line).at("sequence")));
  EXPECT_THAT(sequences, testing::ElementsAre("1", "2"));
}

TEST_F(Commands, FollowedEventsWantAServiceThatKnowsIt) {
  EXPECT_EQ(type("events smi-0000abcd --follow").status, kNotFound);
  EXPECT_EQ(run_line(nullptr, {"events smi-00000001 --follow"}).status, kUnreachable);
}

TEST_F(Commands, EventsAreAfterAWholeNumber) {
  for (const std::string number : {"-1", "x", "1.5", "99999999999999999999"}) {
    Outcome events = type("events db --after " + number);
    EXPECT_EQ(events.status, kUsage) << number;
    EXPECT_THAT(events.err, AllOf(HasSubstr("'" + number + "'"), HasSubstr("whole number from 0"))) << number;
  }
  EXPECT_TRUE(service.seen().empty());
}

TEST_F(Commands, DescribeShowsWhatIsKnown) {
  service.set(kDb, "error", "the market is empty");
  service.set(kDb, "volumes", json::parse(R"([{"volumeId":"vol-1","device":"/dev/sdf","role":"data","sizeGib":8}])"));
  service.set(kDb, "handover", json::parse(R"({"reason":"interruption","beganAt":"2026-11-24T03:46:38.000Z",
      "phases":[{"phase":"terminating","at":"2026-11-24T03:46:38.000Z"},{"phase":"saving","at":"2026-11-24T03:46:39.500Z"}]})"));
  service.happen(kDb, "created", "it was made");
  Outcome described = type("describe db");
  EXPECT_EQ(described.status, kOk) << described.err;
  EXPECT_THAT(described.out, AllOf(HasSubstr("Why:           the market is empty"), HasSubstr("vol-1"),
                                   HasSubstr("interruption since"), HasSubstr("terminating 1.50 s, saving"),
                                   HasSubstr("it was made")));
  json::value whole = json::parse(type("describe db -o json").out);
  EXPECT_EQ(whole.at("document").at("name"), "db");
  EXPECT_EQ(whole.at("events").as_array().size(), 1u);
}

TEST_F(Commands, DescribeShowsTheMarketsToAvoidAsTheServiceTellsThem) {
  service.set(kDb, "coolingMarkets", json::parse(R"([{"instanceType":"t3.nano","availabilityZone":"local-1a",
      "lifeCycle":"spot","until":"2999-01-01T00:00:00.000Z","why":"no capacity there"}])"));
  EXPECT_THAT(type("describe db").out,
              AllOf(HasSubstr("Markets to avoid"), HasSubstr("spot t3.nano local-1a"), HasSubstr("no capacity there")));
  EXPECT_EQ(json::parse(type("get db -o json").out).at(0).at("coolingMarkets").at(0).at("why"), "no capacity there");
}

TEST_F(Commands, ExecPassesTheCommandWordForWordAndItsStatusBack) {
  service.answer("POST /cloud/instances/i-00000000000000001/exec", 200,
                 {{{"exitStatus", 7}, {"stdout", "out\n"}, {"stderrBase64", "/wo="}}});
  Outcome ran = typed({"exec db -- sh -c '[a] --url x' -- --help", "input", false});
  EXPECT_EQ(ran.status, 7);
  EXPECT_EQ(ran.out, "out\n");
  EXPECT_EQ(ran.err, "\xff\n");
  Seen change = only_change();
  EXPECT_EQ(change.body.at("argv"), json::parse(R"(["sh","-c","[a] --url x","--","--help"])"));
  EXPECT_EQ(change.body.at("stdin"), "input");
}

TEST_F(Commands, ExecFailsIfItDoesNotShowTheWholeOutput) {
  service.answer("POST /cloud/instances/i-00000000000000001/exec", 200,
                 {{{"exitStatus", 0}, {"stdout", "beginning"}, {"outputCut", true}}});
  Outcome ran = type("exec db -- cat /data/large");
  EXPECT_EQ(ran.status, kRefused);
  EXPECT_EQ(ran.out, "beginning");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("1 MiB"), HasSubstr("exit status was 0")));
}

TEST_F(Commands, ExecThatIsNotInTimeSaysSoByItsStatus) {
  service.answer("POST /cloud/instances/i-00000000000000001/exec", 503,
                 {{{"code", "CommandTimeout"}, {"message", "'sleep' did not end within 1.00 s and was killed"}}});
  Outcome ran = type("exec db --timeout 1 -- sleep 9");
  EXPECT_EQ(ran.status, kTimedOut);
  EXPECT_THAT(ran.err, HasSubstr("did not end within"));
}

TEST_F(Commands, ExecWantsACommandAndAnInstance) {
  EXPECT_EQ(type("exec db").status, kUsage);
  EXPECT_EQ(type("exec db --").status, kUsage);
  service.set(kDb, "instanceId", nullptr);
  Outcome ran = type("exec db -- ls");
  EXPECT_EQ(ran.status, kRefused);
  EXPECT_THAT(ran.err, HasSubstr("has no instance now"));
}

TEST_F(Commands, InterruptSaysHow) {
  service.answer("POST /cloud/instances/i-00000000000000001/interrupt", 200, json::array());
  service.answer("POST /cloud/instances/i-9/interrupt", 200, json::array());
  EXPECT_EQ(type("cloud interrupt db").status, kOk);
  EXPECT_EQ(service.seen("POST").back().body, json::parse(R"({"how":"notice","noticeSeconds":120})"));
  EXPECT_EQ(type("cloud interrupt db --notice-seconds 5").status, kOk);
  EXPECT_EQ(service.seen("POST").back().body, json::parse(R"({"how":"notice","noticeSeconds":5})"));
  EXPECT_EQ(type("cloud interrupt i-9 --no-notice").status, kOk);
  EXPECT_EQ(service.seen("POST").back().body, json::parse(R"({"how":"no_notice"})"));
  EXPECT_EQ(type("cloud interrupt db --power-cut").status, kOk);
  EXPECT_EQ(service.seen("POST").back().body, json::parse(R"({"how":"power_cut"})"));
  EXPECT_EQ(type("cloud interrupt db --power-cut --no-notice").status, kUsage);
  EXPECT_EQ(type("cloud interrupt db --power-cut --notice-seconds 5").status, kUsage);
}

TEST_F(Commands, CloudListsAreTables) {
  service.answer("GET /cloud/instances", 200,
                 {{{"instanceId", "i-1"}, {"state", "running"}, {"tags", {{"holdfast:managed-instance", kDb}}}}});
  service.answer("GET /cloud/markets", 200,
                 {{{"instanceType", "t3.medium"}, {"price", 0.0125}, {"capacity", nullptr}}});
  service.answer("GET /cloud/images", 200, {{{"name", "minimal"}, {"state", "available"}}});
  service.answer("GET /cloud/instances/i-00000000000000001/console", 200, {{{"output", "booting\n"}}});
  EXPECT_THAT(type("cloud instances").out, HasSubstr(kDb));
  EXPECT_THAT(type("cloud markets").out, AllOf(HasSubstr("0.0125"), HasSubstr("unlimited")));
  EXPECT_THAT(type("cloud image list -o yaml").out, HasSubstr("name: minimal"));
  EXPECT_EQ(type("cloud console db").out, "booting\n");
}

TEST_F(Commands, AWrongTokenIsRefusedWithTheRemedy) {
  std::string file = testing::TempDir() + "holdfast-cli-wrong-token";
  std::ofstream(file) << "wrong\n";
  Outcome got = type("get --token-file " + file);
  EXPECT_EQ(got.status, kRefused);
  EXPECT_THAT(got.err, HasSubstr("--token-file"));
  EXPECT_THAT(type("get --token-file /nowhere/token").err, HasSubstr("/nowhere/token"));
}

}  // namespace
}  // namespace holdfast::cli
