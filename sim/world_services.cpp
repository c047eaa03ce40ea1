// The services of a run: how they start, fall asleep and end, and what users ask of them.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sim/world.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

// Of the clocks of the second service and of those that come later; the stores reckon with more.
constexpr int64_t kMostAhead = 2000;  // milliseconds, or behind

}  // namespace

std::unique_ptr<Service> World::make_service() {
  std::string name = fmt::format("service-{}", ++services_made_);
  const Duration ahead =
      services_made_ == 1 ? Duration() : Duration(static_cast<int64_t>(random_.below(2 * kMostAhead)) - kMostAhead);
  auto service = std::make_unique<Service>(time_, DeadlyStore(shelf_.beside(), ledger_, name), name, ahead);
  service->cloud = std::make_unique<Recorder>(*this, *service);
  return service;
}

std::vector<Service*> World::acting() {
  std::vector<Service*> all;
  for (auto& service : services_) {
    if (service->acts()) all.push_back(service.get());
  }
  return all;
}

bool World::all_act() const {
  return std::all_of(services_.begin(), services_.end(), [](const auto& service) { return service->acts(); });
}

// What one that is away holds is looked after only by and by.
void World::note_presence() {
  checker_.service_ended();
  if (all_act()) checker_.service_started();
}

// Who asked it asks again, since it answers nothing any more.
void World::take_back_requests(const Service& service) {
  for (auto& [ticket, request] : requests_) {
    if (request.life == service.life) request.life = 0;
  }
}

void World::start(Service& service) {
  take_back_requests(service);
  service.end();
  auto post = [&service](std::function<void()> closure) { service.posted.push_back(std::move(closure)); };
  engine::Controller::Options options;
  options.claim.holder = service.holder;
  service.controller = std::make_unique<engine::Controller>(
      options, engine::Controller::Ties{*service.cloud, service.store, service.clock, service.effects, service.looks,
                                        post, core::decide});
  auto started = service.controller->start();
  CHECK(started);
  service.life = ++lives_;
  note_presence();
  service.controller->loop().for_each([&](const engine::SharedView& view) { checker_.restarted(*view); });
  for (const auto& [ticket, request] : requests_) send(ticket);
}

// It ends at once, whatever it was doing.
void World::fell(Service& service) {
  ++crashes_;
  digest("killed");
  take_back_requests(service);
  service.end();
  note_presence();
}

void World::kill(Service& service) {
  fell(service);
  uint64_t which = random_.below(10);
  Duration down = which < 6   ? Duration(random_.below(5000))
                  : which < 9 ? 10s + Duration(random_.below(600'000))
                              : 1h + Duration(random_.below(7'200'000));
  if (options_.traced) {
    note(*options_.traced, fmt::format("{} dies, and is back in {}", service.holder, to_words(down)));
  }
  time_.post(down, [this, &service] {
    if (!service.runs()) start(service);
  });
}

// Nobody of its name comes back; another takes its place on the store.
void World::die_for_good(Service& service) {
  if (options_.traced) note(*options_.traced, fmt::format("{} dies for good", service.holder));
  fell(service);
  commits_before_ += static_cast<uint64_t>(service.store.commits);
  auto place = std::find_if(services_.begin(), services_.end(), [&](const auto& one) { return one.get() == &service; });
  ended_.push_back(std::exchange(*place, make_service()));
  time_.post(1min + Duration(random_.below(7'200'000)), [this, next = place->get()] { start(*next); });
}

void World::put_to_sleep(Service& service, Duration nap) {
  digest("asleep");
  if (options_.traced) note(*options_.traced, fmt::format("{} falls asleep for {}", service.holder, to_words(nap)));
  service.fall_asleep(time_.now() + nap);
  note_presence();
  time_.post(nap, [this, &service, life = service.life] {
    if (service.life == life && service.asleep_until) wake_up(service);
  });
}

void World::wake_up(Service& service) {
  if (options_.traced) note(*options_.traced, fmt::format("{} wakes up", service.holder));
  service.wake_up();
  note_presence();
  for (const auto& [ticket, request] : requests_) send(ticket);
}

void World::turn(Service& service) {
  try {
    auto outcome = service.controller->turn();
    for (const engine::Answer& answered : outcome.answers) answer(answered);
    // What it believes of one that is another's by now is neither stored nor acted on.
    for (const engine::SharedView& changed : outcome.changed) {
      if (service.controller->loop().holds(changed->id, ledger_.number(changed->id))) checker_.shown(*changed);
    }
  } catch (const Killed&) {
    return kill(service);
  }
  service.clock.go_on();
  if (std::exchange(service.store.sleep_due, false)) put_to_sleep(service, 30s + Duration(random_.below(15 * 60'000)));
}

bool World::turn_of(Service& service) {
  if (service.kill_due) {
    kill(service);
    return true;
  }
  if (!service.posted.empty()) {
    const Posted posted = std::exchange(service.posted, {});
    for (const auto& closure : posted) closure();
    turn(service);
    return true;
  }
  service.clock.go_on();  // it was awake before anything came to it
  const std::optional<Time> next = service.controller->next_turn();
  if (!next || service.clock.in_the_world(*next) > time_.now()) return false;
  turn(service);
  return true;
}

void World::a_call_was_done() {
  for (auto& service : services_) {
    if (service->kill_after_effect && VirtualWorkers::current() == &service->effects) service->kill_due = true;
  }
}

// ---- requests

void World::request(const ManagedInstanceId& id, model::Event event, std::optional<engine::Revision> revision) {
  bool busy = std::any_of(requests_.begin(), requests_.end(), [&](const auto& entry) { return entry.second.id == id; });
  if (busy) return;
  auto known = view(id);
  std::optional<model::Goal> before = known ? std::optional(known->state.goal) : std::nullopt;
  checker_.asks(id, event);
  if (revision && std::holds_alternative<model::SpecChanged>(event)) checker_.asks_to_change(id, revision->spec);
  note(id, fmt::format("a user asks: {}", model::name_of(event)));
  uint64_t ticket = ++last_ticket_;
  requests_.emplace(ticket, Request{id, std::move(event), std::move(revision), before});
  send(ticket);
}

void World::send(uint64_t ticket) {
  auto found = requests_.find(ticket);
  const std::vector<Service*> there = acting();
  if (found == requests_.end() || found->second.life != 0 || there.empty()) return;
  Request& request = found->second;
  Service& service = *there[request.tries++ % there.size()];
  request.life = service.life;
  checker_.delivered(request.id, request.event, service.clock.now());
  service.controller->put({request.id, request.event, ticket, request.revision});
}

void World::answer(const engine::Answer& answered) {
  auto found = requests_.find(answered.ticket);
  if (found == requests_.end()) return;
  if (!answered.result && answered.result.error().kind == ErrorKind::unavailable) {
    found->second.life = 0;
    time_.post(5s, [this, ticket = answered.ticket] { send(ticket); });
    return;
  }
  Request request = std::move(found->second);
  requests_.erase(found);
  note(request.id,
       fmt::format("the user is answered: {}", answered.result ? "done" : describe(answered.result.error())));
  if (request.revision) return;
  if (answered.result) {
    checker_.answered(request.id, request.event);
  } else if (request.goal_before) {
    // Refused: it stays as it was.
    model::Event as_before = *request.goal_before == model::Goal::running  ? model::Event(model::ResumeAsked{})
                             : *request.goal_before == model::Goal::paused ? model::Event(model::PauseAsked{})
                                                                           : model::Event(model::DeleteAsked{});
    if (Checker::sets_goal(request.event)) checker_.answered(request.id, as_before);
    checker_.refused_to_user(request.id, request.event);
  }
}

}  // namespace holdfast::sim
