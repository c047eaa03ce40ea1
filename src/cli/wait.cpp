#include "cli/wait.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>
#include <thread>

#include "base/text.h"
#include "cli/table.h"
#include "cli/usual.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

using Steady = std::chrono::steady_clock;
constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr auto kBeforeReconnect = std::chrono::milliseconds(500);
constexpr int kPage = 1000;
constexpr int kHabit = 20;  // newest handovers that tell how long a phase usually takes
constexpr int kMaxPages = 10'000;

class Waiter {
 public:
  Waiter(Session& session, const Wanted& wanted)
      : session_(session),
        wanted_(wanted),
        looking_(session.another()),
        after_(wanted.after),
        was_error_(wanted.was_error) {
    // Of one that has no history, or of an older service, it is not told.
    auto history = looking_->call(
        {"GET", fmt::format("{}/{}/history?limit={}", kManagedInstances, escaped(wanted.id), kHabit), {}});
    if (history) usual_ = UsualTimes(*history);
  }

  Result<json::value> run() {
    while (true) {
      look();
      if (ended_) return end();
      Result<void> stream = session_.api().follow(
          {wanted_.id, after_, {}, [this](const json::value& e) { return tell(e); }, [this] { return tick(); }});
      if (ended_) return end();
      // The service may be restarting: its stream is asked for again until the time is over.
      if (!stream && stream.error().kind == ErrorKind::denied) return Failure(stream.error());
      std::this_thread::sleep_for(kBeforeReconnect);
    }
  }

 private:
  // The status may be there before its event was read: what is left of the story is told.
  Result<json::value> end() {
    const std::string path =
        fmt::format("{}/{}/events?after={}&limit={}", kManagedInstances, escaped(wanted_.id), after_, kPage);
    Result<json::array> left = looking_->call({"GET", path, {}});
    if (left) {
      for (const json::value& event : *left) print(event);
    }
    return std::move(end_);
  }

  bool tell(const json::value& event) {
    print(event);
    look();
    return !ended_;
  }

  void print(const json::value& event) {
    after_ = number_at(event, "sequence");
    auto past = std::chrono::duration_cast<Duration>(Steady::now() - began_);
    std::string phases = phases_of(event);
    if (auto usual = usual_.of(text_at(event, "data.phase"))) phases = "usually " + to_words(*usual);
    session_.terminal().err << fmt::format("{:>9}  {}{}", to_words(past), printable(text_at(event, "message")),
                                           phases.empty() ? "" : " (" + phases + ")")
                            << std::endl;
  }

  bool tick() {
    if (Steady::now() - looked_ >= kLookEvery) look();
    return !ended_;
  }

  void finish(Result<json::value> with) {
    ended_ = true;
    end_ = std::move(with);
  }

  void look() {
    looked_ = Steady::now();
    Result<json::value> status =
        only_item(looking_->call({"GET", fmt::format("{}/{}/status", kManagedInstances, escaped(wanted_.id)), {}}));
    if (status) {
      judge(*status);
    } else if (status.error().kind == ErrorKind::not_found) {
      finish(wanted_.gone_is_done ? Result<json::value>(json::value(nullptr)) : Failure(status.error()));
    } else if (status.error().kind == ErrorKind::denied) {
      finish(Failure(status.error()));
    } else {
      last_ = status.error().message;  // not there now: it may come back
    }
    if (!ended_ && looked_ >= wanted_.until.value_or(began_ + session_.timeout())) {
      finish(fail(
          ErrorKind::unavailable, kWaitOver,
          fmt::format("{} is not there after {}: {}.\nThe service goes on; `holdfast describe {}` shows how far it is",
                      wanted_.id, to_words(session_.timeout()), last_, wanted_.id)));
    }
  }

  void judge(const json::value& status) {
    std::string word = text_at(status, "status");
    std::string why = text_at(status, "error");
    last_ = word + (why.empty() ? "" : ": " + printable(why));
    if (word != "ERROR") was_error_ = false;
    if (wanted_.statuses.count(word) > 0 && number_at(status, "generation") >= wanted_.least_generation) {
      return finish(status);
    }
    if (word == "ERROR" && wanted_.error_is_end && !was_error_) {
      finish(
          fail(ErrorKind::unavailable, "Error", fmt::format("{} is in ERROR: {}", wanted_.id, printable(why, true))));
    }
  }

  Session& session_;
  const Wanted& wanted_;
  std::unique_ptr<ApiClient> looking_;
  UsualTimes usual_;
  int64_t after_;
  bool was_error_;
  const Steady::time_point began_ = Steady::now();
  Steady::time_point looked_{};
  std::string last_;
  bool ended_ = false;
  Result<json::value> end_;
};

}  // namespace

Result<int64_t> newest_event(Session& session, const std::string& id) {
  int64_t after = 0;
  for (int page = 0; page < kMaxPages; ++page) {
    HF_TRY(
        json::array events,
        session.api().call(
            {"GET", fmt::format("{}/{}/events?after={}&limit={}", kManagedInstances, escaped(id), after, kPage), {}}));
    if (!events.empty()) after = number_at(events.back(), "sequence");
    if (events.size() < kPage) break;
  }
  return after;
}

Result<json::value> wait_for(Session& session, const Wanted& wanted) {
  return Waiter(session, wanted).run();
}

std::string phases_of(const json::value& event) {
  const json::value& phases = at(event, "data.phases_ms");
  if (!phases.is_object()) return {};
  std::vector<std::string> parts;
  for (const auto& member : phases.get_object()) {
    if (!member.value().is_int64()) continue;
    parts.push_back(fmt::format("{} {}", std::string(member.key()), to_words(Duration(member.value().get_int64()))));
  }
  return join(parts, ", ");
}

}  // namespace holdfast::cli
