// The checker can fail: a rule broken on purpose is noticed, for each promise one here (all of them: scripts/simulate
// --mutants). And what fails is brought down to the few strikes that it takes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "sim/mutants.h"
#include "sim/probes.h"
#include "sim/shrink.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

// Breaks the rule for as long as it lives.
class Breaking {
 public:
  explicit Breaking(core::Mutation mutation) { core::active_mutation = mutation; }
  ~Breaking() { core::active_mutation = core::Mutation::none; }
};

RunOptions small(uint64_t seed) {
  RunOptions options;
  options.seed = seed;
  options.swarm = true;
  options.length = std::chrono::hours(2);
  options.instances = 3;
  options.load = 0.15;
  return options;
}

// Of the promise that it breaks, or of another one that goes with it.
struct Caught {
  const char* mutation;
  std::set<int> promises;
  bool two_services = false;  // it takes another to be in the way of
};
void PrintTo(const Caught& caught, std::ostream* out) {
  *out << caught.mutation;
}

class Mutants : public testing::TestWithParam<Caught> {};
TEST_P(Mutants, AreCaught) {
  constexpr uint64_t kSeeds = 400;
  const Mutant* mutant = mutant_named(GetParam().mutation);
  ASSERT_NE(mutant, nullptr);
  Breaking breaking(mutant->mutation);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RunOptions options = small(seed);
    if (GetParam().two_services) options.services = 2;
    RunOutcome outcome = run(options);
    if (outcome.violations.empty()) continue;
    EXPECT_TRUE(GetParam().promises.contains(outcome.violations.front().promise)) << outcome.violations.front().what;
    return;
  }
  FAIL() << mutant->name << " (" << mutant->wrong << ") was not caught by " << kSeeds << " seeds";
}
INSTANTIATE_TEST_SUITE_P(
    OneOfEachPromise, Mutants,
    testing::Values(Caught{"delete_newest_snapshot", {1}}, Caught{"launch_without_a_token", {2}},
                    Caught{"launch_from_an_older_image", {3}}, Caught{"forget_superseded_volumes", {4}},
                    Caught{"ignore_a_disappearance", {5}}, Caught{"forget_a_pause_at_restart", {6}},
                    Caught{"act_without_the_lease", {2}, true}, Caught{"commit_with_an_old_number", {2}, true}),
    [](const auto& info) { return std::string(info.param.mutation); });

// A pause (a user's, or the schedule's, which is no strike), and the service's death: everything else that went wrong
// in that run has nothing to do with it.
TEST(Shrink, LeavesOnlyTheStrikesThatItTakes) {
  Breaking breaking(core::Mutation::forget_a_pause_at_restart);
  RunOptions options = small(1);
  while (run(options).violations.empty()) ++options.seed;
  auto smallest = shrink(options, {}, [](const std::string&) {});
  ASSERT_TRUE(smallest);
  ASSERT_TRUE(smallest->options.only);
  EXPECT_LE(smallest->options.only->size(), 3u);
  const std::vector<Strike> struck = run(options).struck;
  EXPECT_GT(struck.size(), 10 * smallest->options.only->size());
  for (const Strike& strike : *smallest->options.only) {
    EXPECT_TRUE(std::find(struck.begin(), struck.end(), strike) != struck.end());
  }
  RunOutcome again = run(smallest->options);
  ASSERT_FALSE(again.violations.empty());
  EXPECT_EQ(again.violations.front().name, smallest->outcome.violations.front().name);
}

TEST(Shrink, LeavesARunThatKeepsEveryPromiseAlone) {
  EXPECT_FALSE(shrink(small(1), {}, [](const std::string&) {}));
}

TEST(Probes, TellWhichRarePathsWereTaken) {
  RunOutcome outcome = run(small(1));
  ASSERT_FALSE(outcome.probes.empty());
  EXPECT_GT(outcome.probes.at("unlisted_asked_for") + outcome.probes.at("look_outrun"), 0u);
  forget_probes();
  EXPECT_EQ(probe_counts().at("look_outrun"), 0u);
}

}  // namespace
}  // namespace holdfast::sim
