#include "core/explain.h"

#include <algorithm>

#include "core/address.h"
#include "core/fold.h"
#include "core/import.h"
#include "core/placement.h"
#include "core/recovery_point.h"
#include "core/replacement.h"
#include "core/saving.h"
#include "core/short_lived.h"
#include "model/names.h"

namespace holdfast::core {

using namespace model;

namespace {

std::string words(std::string_view word) {
  return std::string(word);
}

std::string words(const Market& market) {
  return market.instance_type + " in " + market.zone + " (" +
         (market.life_cycle == LifeCycle::spot ? "spot" : "on demand") + ")";
}

class Explainer {
 public:
  Explainer(const Spec& spec, const State& state, Time now)
      : draft_{spec, now, {state, {}, {}, {}, {}, false}, {}}, spec_(spec), state_(draft_.step.state), now_(now) {}

  Explanation run() {
    out_.summary = summary();
    holds();
    calls();
    if (state_.instance && is_outgoing(state_)) {
      taking_down();
    } else if (state_.instance && state_.handover) {
      settling_in();
    } else if (!state_.instance && state_.handover && state_.generation > 0) {
      saving();
    }
    if (!state_.instance && state_.goal == Goal::running) launching();
    if (state_.scout && !state_.handover) scouting();
    if (!state_.instance && state_.goal != Goal::running && state_.handover) freeing();
    if (state_.handover && out_.waits.empty()) wait(Wait::On::sight, "", "what the cloud shows at the next look");
    coming();
    return std::move(out_);
  }

 private:
  void wait(Wait::On on, std::string thing, std::string message, std::optional<Time> since = {},
            std::optional<Time> until = {}) {
    out_.waits.push_back({on, std::move(thing), std::move(message), since, until});
  }

  // Never silently: how much less often than is wanted a volume is copied.
  std::string stretched() const {
    constexpr double kWorthSaying = 1.5;
    std::string text;
    for (const Volume* volume : copied_volumes(spec_, state_)) {
      auto reached = achieved_interval(state_, *volume);
      auto point = recovery_point(state_, *volume);
      const Duration wanted = spec_.persistence.snapshot_interval;
      const Duration every = std::max(reached.value_or(wanted), point ? now_ - *point : wanted);
      if (!reached || static_cast<double>(every.count()) < kWorthSaying * static_cast<double>(wanted.count())) continue;
      text += "; " + volume->device + " is copied every " + to_words(every) + " instead of every " + to_words(wanted) +
              ": more than that the account's quotas, or the cloud, do not carry";
    }
    return text;
  }

  std::string summary() const {
    if (state_.goal == Goal::deleted && !state_.handover && state_.forget_at) {
      return "it was deleted; what is kept of it goes at " + to_iso(*state_.forget_at);
    }
    if (state_.handover) return under_way();
    if (is_original(state_)) {
      return "instance " + state_.instance->id.str() +
             " is being imported: nothing is taken down before all of it was seen to be ours and to outlive it";
    }
    if (state_.instance && state_.instance->healthy_at) {
      const Instance& instance = *state_.instance;
      std::string which = "instance " + instance.id.str() + " (generation " + std::to_string(instance.generation) +
                          ", " + words(instance.market) + ")";
      if (!instance.unhealthy_since) return which + " is healthy since " + to_iso(*instance.healthy_at) + stretched();
      return which + " is not healthy since " + to_iso(*instance.unhealthy_since);
    }
    if (state_.goal == Goal::paused && !state_.instance) {
      std::string who = state_.by_schedule ? "as the schedule has it" : "as was asked for";
      return "it is paused, " + who + "; everything is kept" +
             (state_.restore ? "; resumed, it is made from older copies" : "");
    }
    return state_.goal == Goal::deleted ? "it is being deleted" : "its first look at the cloud is under way";
  }

  std::string under_way() const {
    const Handover& handover = *state_.handover;
    std::string text = "a handover from generation " + std::to_string(handover.from_generation) + " (" +
                       words(to_string(handover.reason)) + ") is under way since " + to_iso(handover.began_at);
    if (handover.phases.empty()) return text;
    return text + ", in its phase " + words(to_string(handover.phases.back().phase)) + " since " +
           to_iso(handover.phases.back().at);
  }

  std::optional<Time> phase_began() const {
    if (!state_.handover || state_.handover->phases.empty()) return std::nullopt;
    return state_.handover->phases.back().at;
  }

  void holds() {
    if (!takedown_held(draft_)) return;
    wait(Wait::On::hold, state_.goal == Goal::paused ? "pause" : "recycle", saving_error(draft_));
  }

  // Of deletions: nothing else says of what.
  static std::string of_thing(const std::string& key) {
    constexpr std::string_view kDeletion = "delete/";
    return key.starts_with(kDeletion) ? " of " + key.substr(kDeletion.size()) : "";
  }

  void calls() {
    for (const auto& [key, asked] : state_.asked) {
      const std::string action = words(name_of(asked.effect.action));
      switch (asked.standing) {
        case Asked::Standing::asked:
          wait(Wait::On::answer, action, action + " was asked of the cloud, and is not answered yet", asked.since);
          break;
        case Asked::Standing::unknown:
          wait(Wait::On::search, action,
               "whether " + action + " was done is not known: what it makes is looked for before it is asked again",
               asked.since);
          break;
        case Asked::Standing::waiting:
          wait(Wait::On::pause, action,
               action + of_thing(key) + " was refused (" + asked.last_error + ") and is asked again", asked.since,
               asked.again_at);
          break;
      }
    }
  }

  void taking_down() {
    const Instance& instance = *state_.instance;
    const std::string id = instance.id.str();
    if (is_terminal(instance.state)) return;
    if (instance.state == InstanceState::shutting_down) {
      wait(Wait::On::sight, id, "instance " + id + " is going, and must be seen terminated: until then it may write",
           phase_began(), instance.notice_deadline);
    } else if (!instance.kept) {
      wait(Wait::On::sight, id, "all that is persisted of instance " + id + " must be seen to outlive it first",
           phase_began(), instance.notice_deadline);
    }
  }

  void saving() {
    for (const Volume& left : state_.left_by_launch) {
      if (!left.device.empty()) continue;
      wait(Wait::On::person, left.id.str(), "a person must say which device volume " + left.id.str() + " is");
    }
    if (spec_.persistence.root_device && state_.root) saved(*state_.root, true);
    bool root_unseen = spec_.persistence.root_device && !state_.root && !newest_root();
    if (root_unseen) {
      wait(Wait::On::sight, "", "what the last instance left must be listed after its end", state_.gone_at);
    }
    if (!snapshots_data(spec_, state_)) return;
    for (const auto& [device, volume] : state_.data) {
      if (launch_needs_copy(spec_, state_, volume)) saved(volume, false);
    }
  }

  const Snapshot* newest_root() const { return newest_completed(state_, state_.surroundings.image.root_device); }

  void saved(const Volume& volume, bool needs_image) {
    const std::string which = volume.id.str() + " (" + volume.device + ")";
    if (volume.missing_since) {
      return wait(Wait::On::sight, volume.id.str(), "volume " + which + " is not listed: it is looked for",
                  volume.missing_since);
    }
    for (const Snapshot& snapshot : state_.snapshots) {
      bool attempt = is_final_of(snapshot, volume);
      if (!attempt || !is_there(snapshot.state)) continue;
      if (snapshot.state == SnapshotState::completed) return needs_image ? imaged_of(snapshot) : void();
      return wait(Wait::On::sight, snapshot.id.str(),
                  "the final snapshot " + snapshot.id.str() + " of volume " + which + " must be completed",
                  snapshot.started_at);
    }
    if (lent(state_, volume, now_)) {
      return wait(Wait::On::sight, volume.id.str(),
                  "volume " + which + " must be seen free" + held_by(volume.attached_to), state_.handover->began_at);
    }
    const Snapshot* failed = failure_of(state_, volume.id);
    if (failed == nullptr || !failed->failed_at) return;
    wait(Wait::On::pause, failed->id.str(), "the last snapshot of volume " + which + " failed; the next is tried",
         failed->failed_at, *failed->failed_at + pause_after_failures(failed->failures));
  }

  void imaged_of(const Snapshot& snapshot) {
    for (const RootImage& image : state_.images) {
      if (image.snapshot != snapshot.id || !is_there(image.state)) continue;
      if (image.state == ImageState::available) return;
      return wait(Wait::On::sight, image.id.str(),
                  "image " + image.id.str() + " of snapshot " + snapshot.id.str() + " must be available");
    }
    const RootImage* failed = failed_image_of(state_, snapshot.id);
    if (failed == nullptr || !failed->failed_at) return;
    wait(Wait::On::pause, failed->id.str(),
         "the last image of snapshot " + snapshot.id.str() + " failed; the next is tried", failed->failed_at,
         *failed->failed_at + pause_after_failures(failed->failures));
  }

  void launching() {
    bool asked = std::any_of(state_.asked.begin(), state_.asked.end(), [](const auto& entry) {
      return std::holds_alternative<LaunchInstance>(entry.second.effect.action);
    });
    if (asked) return;
    const Interface* interface = usable_interface(spec_, state_);
    if (interface != nullptr && interface->state != InterfaceState::available) {
      wait(Wait::On::sight, interface->id.str(),
           "network interface " + interface->id.str() + " must be seen free: it is " +
               words(to_string(interface->state)) + held_by(interface->attached_to),
           interface->missing_since);
    }
    if (state_.gone_at && *state_.gone_at + pause_after_ends(state_.short_lived) > now_) {
      wait(Wait::On::pause, "", std::to_string(state_.short_lived) + " instances in a row ended; the next is launched",
           state_.gone_at, *state_.gone_at + pause_after_ends(state_.short_lived));
    }
    Placement placement = place(spec_, state_, now_);
    if (placement.market) return;
    for (const CoolingMarket& market : state_.cooling) {
      if (!market.refused || market.until <= now_) continue;
      wait(Wait::On::market, market.market.instance_type, words(market.market) + " refused a launch: " + market.why, {},
           market.until);
    }
  }

  void scouting() {
    const Scout& scout = *state_.scout;
    const std::string id = scout.id.str();
    if (scout.state == InstanceState::pending) {
      wait(Wait::On::sight, id,
           "scout " + id + " must be seen running: it is to hold room in " + words(scout.market) +
               " before the instance is given up (" + words(to_string(scout.reason)) + ")",
           scout.launched_at);
    } else if (scout.state == InstanceState::shutting_down) {
      wait(Wait::On::sight, id, "scout " + id + " must be seen terminated", scout.launched_at);
    }
  }

  static std::string held_by(const InstanceId& instance) {
    return instance.str().empty() ? "" : ", on instance " + instance.str();
  }

  // Paused or deleted: at rest once nothing of it is attached any more.
  void freeing() {
    auto look_at = [&](const auto& thing, const std::string& what) {
      if (thing.attached_to.str().empty() || confirmed_missing(thing, now_)) return;
      wait(Wait::On::sight, thing.id.str(),
           what + " " + thing.id.str() + " must be seen free" + held_by(thing.attached_to), state_.gone_at);
    };
    if (state_.root) look_at(*state_.root, "volume");
    for (const auto& [device, volume] : state_.data) look_at(volume, "volume");
    if (state_.interface) look_at(*state_.interface, "network interface");
  }

  void settling_in() {
    const Instance& instance = *state_.instance;
    const std::string id = instance.id.str();
    if (instance.state != InstanceState::running) {
      return wait(Wait::On::sight, id,
                  "instance " + id + " must be seen running: it is " + words(to_string(instance.state)),
                  instance.launched_at);
    }
    if (spec_.persistence.root_device && !state_.root) {
      wait(Wait::On::sight, id, "the root volume of instance " + id + " must be seen", instance.running_at);
    }
    bool all = true;
    if (spec_.persistence.block_devices) {
      for (const auto& [device, volume] : state_.data) all = attached(volume) && all;
    }
    if (all && !has_address(draft_)) {
      wait(Wait::On::sight, id, "instance " + id + " must be seen with " + state_.surroundings.elastic_ip,
           instance.running_at);
    }
    if (all && instance.check != StatusCheck::ok) {
      wait(Wait::On::sight, id,
           "the status checks of instance " + id + " must be ok: they are " + words(to_string(instance.check)),
           instance.running_at);
    }
  }

  bool attached(const Volume& volume) {
    const std::string which = volume.id.str() + " (" + volume.device + ")";
    bool here = volume.attached_to == state_.instance->id;
    if (here && volume.attachment == AttachmentState::attached) return true;
    std::string how = here ? "it is " + words(to_string(volume.attachment))
                      : volume.zone != state_.instance->market.zone
                          ? "it is in " + volume.zone + ", and comes by its final snapshot"
                          : "it is " + words(to_string(volume.state)) + held_by(volume.attached_to);
    wait(Wait::On::sight, volume.id.str(), "volume " + which + " must be seen attached: " + how, phase_began());
    return false;
  }

  void coming() {
    auto at = [&](const std::optional<Time>& time, std::string message) {
      if (time) out_.next.push_back({std::move(message), *time});
    };
    const std::optional<Instance>& instance = state_.instance;
    if (instance) at(instance->notice_deadline, "the cloud takes instance " + instance->id.str() + " back");
    bool settling =
        instance && instance->running_at && !instance->healthy_at && !is_outgoing(state_) && !is_original(state_);
    if (settling) at(*instance->running_at + spec_.health_check.grace_period, "the grace period of its health ends");
    bool healed = spec_.health_check.enabled && spec_.health_check.auto_healing && instance && instance->healthy_at &&
                  instance->unhealthy_since;
    if (healed) {
      at(*instance->unhealthy_since + spec_.health_check.unhealthy_duration, "it is replaced unless it is well again");
    }
    if (!state_.handover) at(state_.periodic_due, "the next snapshots are made");
    at(state_.schedule_due, "the schedule has something to do");
    const std::optional<Time>& rest = state_.voluntary.rest_until;
    if (rest && *rest > now_) at(rest, "room in a better market is looked for again");
    at(state_.forget_at, "it is forgotten");
    auto first = std::min_element(state_.retired.begin(), state_.retired.end(),
                                  [](const Retired& a, const Retired& b) { return a.due < b.due; });
    if (first != state_.retired.end()) {
      at(first->due, words(to_string(first->what)) + " " + first->id + ", no longer needed, goes");
    }
    std::stable_sort(out_.next.begin(), out_.next.end(), [](const Coming& a, const Coming& b) { return a.at < b.at; });
  }

  const Draft draft_;
  const Spec& spec_;
  const State& state_;
  const Time now_;
  Explanation out_;
};

}  // namespace

std::string_view to_string(Wait::On on) {
  switch (on) {
    case Wait::On::answer:
      return "answer";
    case Wait::On::sight:
      return "sight";
    case Wait::On::search:
      return "search";
    case Wait::On::pause:
      return "pause";
    case Wait::On::market:
      return "market";
    case Wait::On::hold:
      return "hold";
    case Wait::On::person:
      return "person";
  }
  return "sight";
}

Explanation explain(const Spec& spec, const State& state, Time now) {
  return Explainer(spec, state, now).run();
}

}  // namespace holdfast::core
