// diff, plan, and the question that apply asks.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cli/fake_service.h"
#include "cli/plan.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kDb[] = "smi-00000001";
constexpr char kSame[] = "name: db\npersistence: {persistRootDevice: true, rootGenerations: 2}\n";
constexpr char kOther[] =
    "name: db\npersistence: {persistRootDevice: true}\nhealthCheck: {gracePeriod: 60}\n"
    "compute: {launchSpecification: {imageId: ami-2}}\n";

class Compare : public testing::Test {
 protected:
  Compare() {
    service.have(kDb, "db", "ACTIVE", 3);
    service.keep(kDb, {{"name", "db"}, {"persistence", {{"persistRootDevice", true}, {"rootGenerations", 2}}}});
  }
  Outcome with(const std::string& line, const std::string& document) {
    return run_line(&service, {line + " -f -", document, false});
  }
  // With the document in a file of its own, and a person at the terminal who types `answer`.
  Outcome asked(const std::string& line, const std::string& document, const std::string& answer) {
    // Tests of one suite run side by side, each in a process of its own.
    const std::string file = fmt::format("{}holdfast-cli-compare-{}.yaml", testing::TempDir(), ::getpid());
    std::ofstream(file) << document;
    Outcome outcome = run_line(&service, {line + " -f " + file, answer, true});
    ::unlink(file.c_str());
    return outcome;
  }
  bool nothing_was_done() {
    const auto seen = service.seen();
    return std::all_of(seen.begin(), seen.end(), [](const Seen& one) { return one.method == "GET" || one.dry; });
  }
  FakeService service;
};

TEST_F(Compare, DiffOfTheSameIsSilentAndEndsWith0) {
  Outcome same = with("diff", kSame);
  EXPECT_EQ(same.status, kOk) << same.err;
  EXPECT_EQ(same.out, "");
}

TEST_F(Compare, DiffShowsOldAndNewAndEndsWith2) {
  Outcome diff = with("diff", kOther);
  EXPECT_EQ(diff.status, 2) << diff.err;
  EXPECT_EQ(diff.out,
            "- persistence.rootGenerations: 2 -> (cleared)\n"
            "+ healthCheck.gracePeriod: (not set) -> 60\n"
            "+ compute.launchSpecification.imageId: (not set) -> \"ami-2\"\n");
  EXPECT_TRUE(nothing_was_done());
}

TEST_F(Compare, DiffOfWhatIsNotThereYetIsADifference) {
  Outcome diff = with("diff", "name: new\n");
  EXPECT_EQ(diff.status, 2);
  EXPECT_EQ(diff.out, "+ name: (not set) -> \"new\"\n");
}

TEST_F(Compare, DiffThatCannotCompareIsNoDifference) {
  EXPECT_EQ(with("diff", "a: [").status, kRefused);
  EXPECT_EQ(with("diff --id smi-0000abcd", kSame).status, kNotFound);
  EXPECT_EQ(run_line(nullptr, {"diff -f -", kSame, false}).status, kUnreachable);
}

TEST_F(Compare, PlanSaysWhatTakesEffectWhen) {
  Outcome plan = with("plan", kOther);
  EXPECT_EQ(plan.status, kOk) << plan.err;
  EXPECT_EQ(plan.out,
            "db (smi-00000001): 3 fields to change\n"
            "  at once:\n"
            "    - persistence.rootGenerations: 2 -> (cleared)\n"
            "    + healthCheck.gracePeriod: (not set) -> 60\n"
            "  at the next replacement:\n"
            "    + compute.launchSpecification.imageId: (not set) -> \"ami-2\"\n"
            "  steps:\n"
            "STEP  ACTION        TARGET         WHY\n"
            "1     RunInstances  t3.nano in z1  generation 1\n"
            "  usually takes 1.20 s (the median): launching 1.20 s\n"
            "  note: a note\n");
  EXPECT_TRUE(nothing_was_done());
}

TEST_F(Compare, PlanRefusesWhatTheServiceWouldRefuse) {
  service.answer("PUT /aws/ec2/managedInstance/smi-00000001", 400,
                 {{{"code", "NotHonouredYet"}, {"message", "is not honoured yet"}, {"field", "strategy.x"}}});
  Outcome plan = with("plan", kOther);
  EXPECT_EQ(plan.status, kRefused);
  EXPECT_THAT(plan.err, HasSubstr("strategy.x: is not honoured yet"));
}

TEST_F(Compare, ApplyDryRunIsThePlan) {
  EXPECT_EQ(with("apply --dry-run", kOther).out, with("plan", kOther).out);
  EXPECT_TRUE(nothing_was_done());
}

// What was compared is what is changed.
TEST_F(Compare, ApplySendsTheVersionThatItComparedWith) {
  EXPECT_EQ(with("apply", kOther).status, kOk);
  ASSERT_EQ(service.seen("PUT").size(), 1u);
  EXPECT_THAT(service.seen("PUT").front().if_match, testing::StartsWith("\""));
}

TEST_F(Compare, ApplyComparesAnewWhereAnotherWasQuicker) {
  service.change_meanwhile();
  Outcome applied = with("apply", kOther);
  EXPECT_EQ(applied.status, kOk) << applied.err;
  EXPECT_EQ(service.seen("PUT").size(), 2u);
}

TEST_F(Compare, PlanTellsACreationAndThatNothingIsToDo) {
  EXPECT_THAT(with("plan", "name: new\n").out, HasSubstr("new: to be made"));
  EXPECT_EQ(with("plan", kSame).out, "db (smi-00000001): nothing to do, it is as the file says\n");
  EXPECT_TRUE(nothing_was_done());
}

TEST_F(Compare, PlanIsDataToo) {
  json::value plan = json::parse(with("plan -o json", kOther).out);
  EXPECT_EQ(plan.at("id"), kDb);
  EXPECT_EQ(plan.at("action"), "change");
  EXPECT_EQ(plan.at("changes").at(0), json::parse(R"({"path":"persistence.rootGenerations","before":2,"after":null,
                                                      "takesEffect":"atOnce"})"));
  EXPECT_EQ(plan.at("changes").at(2).at("takesEffect"), "nextInstance");
  EXPECT_EQ(json::parse(with("plan -o json", "name: new\n").out).at("action"), "create");
}

TEST_F(Compare, AFieldThatNobodyKnowsIsNotPromisedForAnyTime) {
  EXPECT_EQ(takes_effect("integrations.route53"), When::not_said);
  EXPECT_EQ(takes_effect("compute"), When::next_instance);
  EXPECT_EQ(takes_effect("strategy.lifeCycle"), When::next_instance);
  EXPECT_EQ(takes_effect("strategy.revertToSpot.performAt"), When::at_once);
  EXPECT_EQ(takes_effect("compute.elasticIp"), When::at_once);
  EXPECT_EQ(takes_effect("description"), When::at_once);
}

TEST_F(Compare, ChangesAreColouredAndCutOnlyOnATerminal) {
  std::istringstream in;
  std::ostringstream out;
  Terminal terminal{in, out, out};
  const std::vector<Change> changes{{"a.path", "\"a long value that goes on\"", ""}};
  EXPECT_EQ(changes_text(changes, terminal, 0), "- a.path: \"a long value that goes on\" -> (cleared)\n");
  terminal.colour = true;
  terminal.width = 20;
  EXPECT_EQ(changes_text(changes, terminal, 0), "\033[31m- a.path: \"a long v…\033[0m\n");
}

TEST_F(Compare, TagsAreAppliedThoughNothingElseChanges) {
  EXPECT_EQ(with("apply", kSame).status, kOk);
  EXPECT_TRUE(nothing_was_done());
  EXPECT_EQ(with("apply --apply-tags", kSame).status, kOk);
  EXPECT_EQ(service.seen("PUT").size(), 1u);
}

TEST_F(Compare, ApplyAsksAPersonAndTakesOnlyYes) {
  Outcome refused = asked("apply", kOther, "\n");
  EXPECT_EQ(refused.status, kRefused);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("3 fields to change"), HasSubstr("[y/N]"), HasSubstr("Nothing was changed")));
  EXPECT_TRUE(nothing_was_done());
  Outcome agreed = asked("apply", kOther, "y\n");
  EXPECT_EQ(agreed.status, kOk) << agreed.err;
  EXPECT_EQ(service.seen("PUT").size(), 1u);
}

TEST_F(Compare, ApplyDoesNotAskWhereNobodyCanAnswerOrNothingIsToDo) {
  EXPECT_EQ(asked("apply --yes", kOther, "").status, kOk);
  EXPECT_EQ(with("apply", kOther).status, kOk) << "no terminal";
  EXPECT_EQ(run_line(&service, {"apply -f -", kOther, true}).status, kOk) << "typed in, so nothing is left to answer";
  EXPECT_EQ(service.seen("PUT").size(), 3u);
  Outcome same = asked("apply", kSame, "");
  EXPECT_EQ(same.status, kOk);
  EXPECT_THAT(same.err, Not(HasSubstr("[y/N]")));
}

// What was agreed on is what is done: a change by another while the question stands is shown, and asked for anew.
TEST_F(Compare, ApplyAsksAgainWhereAnotherChangedItMeanwhile) {
  int reads = 0;
  service.before = [&](const std::string& call) {
    if (call == "GET /aws/ec2/managedInstance/smi-00000001" && ++reads == 2) service.keep(kDb, {{"name", "db"}});
  };
  Outcome refused = asked("apply", kOther, "y\nn\n");
  EXPECT_EQ(refused.status, kRefused);
  EXPECT_THAT(refused.err, HasSubstr("persistence.persistRootDevice: (not set) -> true"));
  EXPECT_TRUE(nothing_was_done());
}

}  // namespace
}  // namespace holdfast::cli
