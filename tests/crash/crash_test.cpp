// The service is killed with SIGKILL at random moments while machines are being replaced and clients commit. Whatever
// it was in the middle of (a cloud call made and not recorded, a record stored and not acted on), it has to go on after
// a restart: no acknowledged row lost, nothing launched twice, never two machines of one managed instance, nothing
// leaked, the same address.
//
//   HOLDFAST_CRASH_KILLS=500 HOLDFAST_CRASH_SEED=7 build/dev/bin/crash_test
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "support/fixture.h"
#include "support/leftovers.h"

namespace holdfast::support {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr int64_t kCommitsBetween = 20;

int64_t from_environment(const char* name, int64_t otherwise) {
  const char* text = getenv(name);
  return text == nullptr ? otherwise : parse_int(text).value_or(otherwise);
}

// Looks at the cloud all the time and remembers what must never be seen.
class Watcher {
 public:
  explicit Watcher(ApiClient client)
      : thread_([this, client](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            if (const auto seen = client.cloud_instances()) note(*seen);  // no answer while the service is dead
            std::this_thread::sleep_for(10ms);
          }
        }) {}

  std::set<std::string> violations() const {
    const std::lock_guard lock(mutex_);
    return violations_;
  }
  int looks() const {
    const std::lock_guard lock(mutex_);
    return looks_;
  }

 private:
  void note(const std::vector<CloudInstance>& instances) {
    const std::lock_guard lock(mutex_);
    ++looks_;
    std::map<std::string, std::string> living;
    for (const CloudInstance& it : instances) {
      if (it.managed_instance.empty()) continue;
      // Each generation is one launch; a second instance of it would be a launch made twice.
      auto [first, fresh] = launched_.try_emplace(it.managed_instance + " generation " + it.generation, it.id);
      if (!fresh && first->second != it.id)
        violations_.insert(first->first + " was launched as " + first->second + " and as " + it.id);
      if (it.state == "terminated") continue;
      auto [other, alone] = living.try_emplace(it.managed_instance, it.id);
      if (!alone) violations_.insert(it.managed_instance + " has " + other->second + " and " + it.id + " at once");
    }
  }

  mutable std::mutex mutex_;
  int looks_ = 0;
  std::map<std::string, std::string> launched_;
  std::set<std::string> violations_;
  std::jthread thread_;
};

class Crash : public ServiceTest {
 protected:
  struct Subject {
    ManagedStatus first;  // address and MAC to keep
    ManagedStatus now;
    std::unique_ptr<ledger::Ledger> ledger;
  };

  void add_subject(const std::string& mode) {
    Subject subject;
    subject.first = bring_up("postgres.yaml", {{"name", "crash-" + mode}, {"persistence.blockDevicesMode", mode}});
    ASSERT_FALSE(subject.first.private_ip.empty());
    subject.now = subject.first;
    ledger::LedgerOptions options;
    options.host = subject.first.private_ip;
    options.file = scratch_->path() + "/ledger-" + mode;
    auto ledger = ledger::Ledger::open(options, 30s);
    ASSERT_TRUE(ledger) << describe(ledger.error());
    subject.ledger = std::move(*ledger);
    subject.ledger->start();
    subjects_.push_back(std::move(subject));
  }

  // Takes machines away and kills the service `kills` times while they are being replaced. How many of the kills came
  // before the replacement was through.
  int one_round(int kills) {
    // The first kill may come before, during or after the calls that take the machines away.
    std::jthread killer([this, moment = Duration(random_.below(1200))] {
      std::this_thread::sleep_for(moment);
      service_->kill();
    });
    const bool both = random_.below(2) == 0;
    const size_t chosen = random_.below(subjects_.size());
    for (size_t i = 0; i < subjects_.size(); ++i) {
      const Cause cause = static_cast<Cause>(random_.below(3));
      if (both || i == chosen)
        (void)client_->interrupt(subjects_[i].now.instance_id, cause);  // cut off by the kill, perhaps
    }
    killer.join();
    int during = 0;
    for (int killed = 1;; ++killed) {
      // Sometimes it is killed again while it still starts: then nobody knows yet how far the replacement is.
      const bool in_peace = killed == kills || random_.below(4) != 0;
      const Result<void> started = in_peace ? service_->start(60s) : service_->launch();
      EXPECT_TRUE(started) << describe(started.error());
      if (in_peace && !all_active()) ++during;
      if (killed == kills || HasFailure()) return during;
      std::this_thread::sleep_for(Duration(random_.below(900)));
      service_->kill();
    }
  }

  bool all_active() {
    for (Subject& subject : subjects_) {
      const Result<ManagedStatus> now = client_->status(subject.first.id);
      if (!now || now->status != "ACTIVE" || now->instance_id.empty()) return false;
    }
    return true;
  }

  void settle() {
    for (Subject& subject : subjects_) {
      // An interruption that was asked for and not yet seen makes ACTIVE a moment that passes: commits must flow.
      const bool through = wait_until(180s, [&] {
        const Result<ManagedStatus> now = client_->status(subject.first.id);
        if (!now || now->status != "ACTIVE") return false;
        subject.now = *now;
        return subject.ledger->wait_for(kCommitsBetween, 2s);
      });
      ASSERT_TRUE(through) << subject.first.name << " does not come back: " << subject.ledger->last_failure() << "\n"
                           << client_->status(subject.first.id).value_or(ManagedStatus()).text;
    }
  }

  void check() {
    for (Subject& subject : subjects_) {
      SCOPED_TRACE(subject.first.name);
      const auto verified = subject.ledger->verify(60s);
      if (!verified) continue;  // taken away at this very moment: the next check sees every row of this one
      EXPECT_THAT(verified->missing, IsEmpty()) << "acknowledged rows are lost";
      EXPECT_THAT(verified->wrong, IsEmpty());
      ++verifications_;
    }
  }

  Random random_{1};
  std::vector<Subject> subjects_;
  int verifications_ = 0;
};

TEST_F(Crash, LosesNothingLaunchesNothingTwiceAndLeaksNothing) {
  const int64_t wanted = from_environment("HOLDFAST_CRASH_KILLS", 50);
  const auto seed =
      static_cast<uint64_t>(from_environment("HOLDFAST_CRASH_SEED", static_cast<int64_t>(Random::fresh_seed() >> 1)));
  random_ = Random(seed);
  SCOPED_TRACE(fmt::format("again: HOLDFAST_CRASH_KILLS={} HOLDFAST_CRASH_SEED={} crash_test", wanted, seed));
  for (const char* mode : {"reattach", "onLaunch"}) add_subject(mode);
  ASSERT_FALSE(HasFailure());
  int64_t kills = 0, during = 0, rounds = 0;
  {
    Watcher watcher(*client_);
    while (during < wanted && kills < 12 * wanted && !HasFailure()) {
      const int now = 1 + static_cast<int>(random_.below(4));
      during += one_round(now);
      kills += now;
      ++rounds;
      if (!HasFailure()) settle();
      if (!HasFailure()) check();
    }
    EXPECT_THAT(watcher.violations(), IsEmpty());
    EXPECT_GT(watcher.looks(), rounds);
  }
  EXPECT_GE(during, wanted) << "kills during a replacement";
  fmt::print("{} kills, {} of them before a replacement was through, in {} rounds; seed {}\n", kills, during, rounds,
             seed);

  for (Subject& subject : subjects_) {
    SCOPED_TRACE(subject.first.name);
    subject.ledger->stop();
    const auto verified = subject.ledger->verify(120s);
    ASSERT_TRUE(verified) << describe(verified.error());
    EXPECT_TRUE(verified->held());
    const ManagedStatus now = wait_active(subject.first.id);
    EXPECT_EQ(now.private_ip, subject.first.private_ip);
    EXPECT_EQ(now.mac, subject.first.mac);
    EXPECT_TRUE(wait_until(60s, [&] {
      return unknown_to(*client_, client_->status(subject.first.id).value_or(ManagedStatus())).empty();
    })) << testing::PrintToString(unknown_to(*client_, *client_->status(subject.first.id)));
    fmt::print("{}: {} acknowledged rows, all found; {} replacements\n", subject.first.name, verified->acknowledged,
               now.generation - subject.first.generation);
  }
  for (Subject& subject : subjects_) ASSERT_TRUE(client_->remove(subject.first.id));
  EXPECT_TRUE(wait_until(120s, [&] { return left_over(*client_).empty(); }))
      << testing::PrintToString(left_over(*client_));
}

}  // namespace
}  // namespace holdfast::support
