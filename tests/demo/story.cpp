#include "demo/story.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "demo/checks.h"
#include "ledger/ledger.h"
#include "support/wait.h"

namespace holdfast::demo {
namespace {

using support::ApiClient;
using support::Cause;
using support::Happening;
using support::ManagedStatus;
using support::wait_until;
using Clock = std::chrono::steady_clock;

constexpr Duration kUp = std::chrono::seconds(180);       // for a first start or a replacement
constexpr Duration kCommits = std::chrono::seconds(300);  // for the commits between two replacements
constexpr Duration kVerify = std::chrono::seconds(120);
constexpr Cause kCauses[] = {Cause::notice, Cause::no_notice, Cause::power_cut};
constexpr char kMadeByUs[] = "made by the demo";

// One line at a time from two threads.
void say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

const char* words_for(Cause cause) {
  switch (cause) {
    case Cause::notice:
      return "the cloud gives notice and takes the machine";
    case Cause::no_notice:
      return "the machine is gone, without notice";
    case Cause::power_cut:
      return "power cut: the machine is gone, and every write that was not synced with it";
  }
  return "";
}

// Prints what happens to one managed instance, as it happens, while the object lives.
class Narrator {
 public:
  Narrator(const ApiClient& client, std::string id)
      : thread_([this, client, id = std::move(id)] { listen(client, id); }) {}
  ~Narrator() { stop_ = true; }

  // Times are told from here on.
  void begin() {
    const std::lock_guard lock(mutex_);
    begin_ = Clock::now();
  }

 private:
  void listen(const ApiClient& client, const std::string& id) {
    int64_t after = 0;
    while (!stop_) {
      // A stream that breaks is taken up where it was: nothing is told twice or left out.
      (void)client.follow(id, after, stop_, [&](const Happening& it) {
        after = std::max(after, it.sequence);
        const std::lock_guard lock(mutex_);
        say(fmt::format("  {:>8}  {}", to_words(support::since(begin_)), it.message));
      });
      if (!stop_) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  std::mutex mutex_;
  Clock::time_point begin_ = Clock::now();
  std::atomic<bool> stop_ = false;
  std::jthread thread_;  // last: joined first
};

// One managed instance of the story.
class Chapter {
 public:
  Chapter(const Place& place, const Plan& plan, std::string mode, const std::atomic<bool>& interrupted, Report& report)
      : place_(place),
        plan_(plan),
        mode_(std::move(mode)),
        interrupted_(interrupted),
        report_(report),
        client_(place.client()) {}

  Result<void> tell();

 private:
  Result<void> create();
  Result<void> open_ledger(const std::string& ip);
  Result<void> replace(Cause cause);
  Result<ManagedStatus> wait_for_generation_after(int generation);
  Result<void> look_before(const std::string& instance);
  void look_after(const ManagedStatus& before, const ManagedStatus& after, Replacement& it);
  void check_address(const ManagedStatus& before, const ManagedStatus& after, Replacement& it);
  void check_rows(Replacement& it);
  Result<void> read_phases(int generation, Replacement& it);

  const Place& place_;
  const Plan& plan_;
  const std::string mode_;
  const std::atomic<bool>& interrupted_;
  Report& report_;
  ApiClient client_;
  std::string id_;
  std::string mark_;
  int64_t told_ = 0;  // events read so far
  std::optional<Narrator> narrator_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

Failure stopped() {
  return fail(ErrorKind::unavailable, "Interrupted", "stopped by the user");
}

Result<void> Chapter::create() {
  const std::string name = "demo-" + mode_;
  say(fmt::format("\n=== mode {}: managed instance {} from examples/postgres.yaml", mode_, name));
  HF_TRY(const std::string document,
         support::document_of(support::source_file("examples/postgres.yaml"),
                              {{"name", name}, {"description", kMadeByUs}, {"persistence.blockDevicesMode", mode_}}));
  HF_TRY(id_, client_.create(document));
  narrator_.emplace(client_, id_);
  HF_TRY(const ManagedStatus up, wait_for_generation_after(0));
  say(fmt::format("  {} is ACTIVE at {} ({})", name, up.private_ip, up.mac));
  if (plan_.simulated) return {};
  return open_ledger(up.private_ip);
}

Result<void> Chapter::open_ledger(const std::string& ip) {
  ledger::LedgerOptions options;
  options.host = ip;
  options.file = fmt::format("{}/ledger-{}", place_.folder(), id_);
  HF_TRY(ledger_, ledger::Ledger::open(options, std::chrono::seconds(30)));
  ledger_->start();
  say(fmt::format("  a client on this host commits numbered rows at {}:{} and notes what was acknowledged in {}", ip,
                  options.port, options.file));
  return {};
}

Result<ManagedStatus> Chapter::wait_for_generation_after(int generation) {
  Result<ManagedStatus> now;
  const bool reached = wait_until(kUp, [&] {
    now = client_.status(id_);
    return interrupted_ || (now && now->generation > generation && now->status == "ACTIVE");
  });
  if (interrupted_) return stopped();
  if (reached || !now) return now;
  return fail(ErrorKind::unavailable, "NotBack",
              fmt::format("{} is {} ({}) after {}. {}", id_, now->status, now->phase, to_words(kUp), now->error));
}

Result<void> Chapter::look_before(const std::string& instance) {
  if (plan_.simulated) return {};
  const bool enough =
      wait_until(kCommits, [&] { return interrupted_ || ledger_->window().acknowledged >= plan_.commits; });
  if (interrupted_) return stopped();
  if (!enough) return fail(ErrorKind::unavailable, "NoCommits", "the client cannot commit: " + ledger_->last_failure());
  mark_ = fmt::format("{} {}", instance, Clock::now().time_since_epoch().count());
  return write_mark(client_, instance, mark_);
}

std::string verdict_of(const Replacement& it) {
  if (!it.held()) return "  NOT everything held: see the table";
  return fmt::format("  silence {}: all {} acknowledged rows found, same IP and MAC, root volume kept",
                     to_words(it.silence), it.rows_found);
}

Result<void> Chapter::replace(Cause cause) {
  HF_TRY(const ManagedStatus before, client_.status(id_));
  HF_TRY_VOID(look_before(before.instance_id));
  say(fmt::format("\n--- {} / {}: {} ({} of {})", mode_, to_string(cause), words_for(cause),
                  report_.replacements.size() + 1, report_.planned));
  Replacement it;
  it.mode = mode_;
  it.cause = to_string(cause);
  if (ledger_) ledger_->begin_window();
  narrator_->begin();
  HF_TRY_VOID(client_.interrupt(before.instance_id, cause));
  HF_TRY(const ManagedStatus after, wait_for_generation_after(before.generation));
  if (ledger_ && !ledger_->wait_for(1, kUp)) it.trouble = "the client does not get through: " + ledger_->last_failure();
  look_after(before, after, it);
  report_.replacements.push_back(it);
  say(plan_.simulated ? "  states only: no database was there to lose anything" : verdict_of(it));
  return {};
}

void Chapter::look_after(const ManagedStatus& before, const ManagedStatus& after, Replacement& it) {
  if (ledger_) it.silence = ledger_->window().longest;
  check_address(before, after, it);
  if (const Result<void> read = read_phases(after.generation, it); !read) it.trouble += describe(read.error());
  if (plan_.simulated) return;
  check_rows(it);
  const Result<std::string> mark = read_mark(client_, after.instance_id);
  it.root_kept = mark && *mark == mark_;
  ledger_->begin_window();  // the next thousand commits are counted from here
}

void Chapter::check_address(const ManagedStatus& before, const ManagedStatus& after, Replacement& it) {
  it.same_ip = !before.private_ip.empty() && after.private_ip == before.private_ip;
  it.same_mac = !before.mac.empty() && after.mac == before.mac;
  if (plan_.simulated) return;
  // Not only what the service says: what the machine has, and what this host's network sees under that address.
  const Result<std::string> own = own_mac(client_, after.instance_id);
  it.same_mac = it.same_mac && own && *own == before.mac && neighbour_mac(before.private_ip) == before.mac;
}

void Chapter::check_rows(Replacement& it) {
  const Result<ledger::Verification> verified = ledger_->verify(kVerify);
  if (!verified) {
    it.trouble += "cannot read the rows back: " + describe(verified.error());
    return;
  }
  it.rows_acknowledged = verified->acknowledged;
  it.rows_found = verified->found;
  if (!verified->missing.empty())
    it.trouble += fmt::format("acknowledged row {} is missing; ", verified->missing.front());
  if (!verified->wrong.empty()) it.trouble += fmt::format("row {} is wrong or there twice; ", verified->wrong.front());
}

Result<void> Chapter::read_phases(int generation, Replacement& it) {
  HF_TRY(const std::vector<Happening> events, client_.events(id_, told_));
  for (const Happening& event : events) {
    told_ = std::max(told_, event.sequence);
    if (event.kind == "replaced" && event.generation == generation) it.phases_ms = event.phases_ms;
  }
  if (it.phases_ms.empty())
    return fail(ErrorKind::not_found, "NoPhases", "the history names no phases of this replacement");
  return {};
}

Result<void> Chapter::tell() {
  HF_TRY_VOID(create());
  for (int round = 0; round < plan_.rounds; ++round) {
    for (Cause cause : kCauses) HF_TRY_VOID(replace(cause));
  }
  return {};
}

// Managed instances of an earlier demo in the same cloud; what the user made stays.
Result<void> clear_earlier(const ApiClient& client) {
  HF_TRY(const auto known, client.list());
  for (const auto& [id, name] : known) {
    if (name != "demo-reattach" && name != "demo-onLaunch") continue;
    HF_TRY(const ManagedStatus status, client.status(id));
    if (status.status == "DEALLOCATED") continue;
    say(fmt::format("  {} ({}) of an earlier demo is removed", name, id));
    HF_TRY_VOID(client.remove(id));
  }
  return {};
}

}  // namespace

Report tell(const Place& place, const Plan& plan, const std::atomic<bool>& interrupted) {
  Report report;
  report.substrate = plan.simulated ? "null" : "linux";
  report.planned = static_cast<size_t>(plan.rounds) * std::size(kCauses) * 2;
  Result<void> told = clear_earlier(place.client());
  for (const char* mode : {"reattach", "onLaunch"}) {
    if (told) told = Chapter(place, plan, mode, interrupted, report).tell();
  }
  if (!told) say("\nThe demo ends early: " + describe(told.error()));
  return report;
}

}  // namespace holdfast::demo
