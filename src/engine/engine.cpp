// The engine's threads around the controller: one that owns every state, workers for effects, workers for looks. What
// comes from outside goes into the inbox as closures; answers to who waits go out through promises, views through a map
// behind a lock.

#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <spdlog/spdlog.h>

#include "base/check.h"
#include "base/random.h"
#include "engine/changes.h"
#include "engine/controller.h"
#include "engine/group_book.h"
#include "engine/inspect.h"
#include "engine/price_history.h"
#include "engine/tag_changes.h"
#include "engine/threads.h"

namespace holdfast::engine {

namespace {

constexpr int kLookThreads = 12;  // twice as many as there are kinds: looks overlap
constexpr int kIdDraws = 100;     // of an id that nobody has
constexpr int kMergeTries = 8;    // of an update while others update the same
constexpr Duration kLongestSleep = std::chrono::hours(1);

tl::unexpected<model::Faults> one_fault(Error error) {
  return tl::unexpected(model::Faults{{std::move(error)}});
}

Error precondition_failed(const ManagedInstanceId& id) {
  return {ErrorKind::conflict,
          kPreconditionFailed,
          "managed instance " + id.str() + " was changed since the version of If-Match: read it again, and merge anew",
          {}};
}

// An update against the cloud and against what is held, with every fault of both: the latter's first, since what has no
// effect needs not exist.
model::Checked<model::Surroundings> judge(ec2::Ec2& ec2, const SpecChange& change, const model::State& state) {
  auto surroundings = inspect(ec2, change.after, own_of(change, state));
  model::Faults faults = futile_changes(change, state);
  if (faults.errors.empty()) return surroundings;
  if (surroundings) return tl::unexpected(std::move(faults));
  const std::vector<Error> futile = faults.errors;
  for (Error& error : surroundings.error().errors) {
    if (error.field.empty()) return surroundings;  // the cloud could not be asked: ask again
    bool told =
        std::any_of(futile.begin(), futile.end(), [&](const Error& known) { return known.field == error.field; });
    if (!told) faults.errors.push_back(std::move(error));
  }
  return tl::unexpected(std::move(faults));
}

Error stopping() {
  return {ErrorKind::unavailable, "Stopping", "the service is stopping; ask again when it runs", {}};
}

}  // namespace

struct Engine::Impl {
  Impl(EngineOptions given, ec2::Ec2& cloud, Store& storage, Clock& time);
  ~Impl();

  Result<void> start();
  void post(std::function<void()> closure);
  void work();
  void publish(const Controller::Outcome& outcome);
  void drop_everything();
  // Answers those who wait until all that was queued is stored.
  void settle();
  // Puts a request to the engine and waits until it is stored or refused.
  Result<void> request(Input input);
  // Done on the engine's thread; waits for it.
  Result<void> on_engine(std::function<Result<void>()> work);
  ManagedInstanceId draw_id();
  GroupId draw_group_id();
  std::vector<SharedView> all() const;
  SharedView find(const ManagedInstanceId& id) const;
  // What was just stored; it may be another service's by now, if this one slept meanwhile.
  model::Checked<SharedView> made(const ManagedInstanceId& id) const {
    if (SharedView view = find(id)) return view;
    return one_fault(not_here(id));
  }
  // Why a change of what `find` does not know is refused.
  Error not_here(const ManagedInstanceId& id) const { return controller->loop().elsewhere().refusal(id); }
  SharedView imported_from(const InstanceId& original) const;
  // What the key has made already, or a conflict; nothing if it has made nothing.
  std::optional<model::Checked<SharedView>> made_with(const std::string& key, std::string_view document) const;

  EngineOptions options;
  ec2::Ec2& ec2;
  Store& store;
  Clock& clock;

  std::mutex inbox_mutex;
  std::condition_variable inbox_wake;
  std::vector<std::function<void()>> inbox;
  bool stopped = false;  // under inbox_mutex: nothing is taken in any more

  mutable std::shared_mutex views_mutex;
  std::map<ManagedInstanceId, SharedView> views;
  Readiness readiness{false, "the service is starting"};
  Counters counters;
  Tally tally;

  std::mutex records_mutex;
  std::condition_variable records_wake;
  int64_t last_sequence = 0;
  bool ended = false;

  // Held over a whole import: two of one instance would be two that write.
  std::mutex imports_mutex;
  // Held from the look whether a key has made something until what it makes is stored and seen.
  std::mutex keys_mutex;

  std::mutex random_mutex;
  Random random;

  GroupBook groups;

  // Of the engine's thread.
  std::map<uint64_t, std::promise<Result<void>>> waiting;
  std::vector<std::promise<Result<void>>> settling;
  uint64_t last_ticket = 0;

  // In this order: the workers are stopped before what their jobs refer to goes.
  std::unique_ptr<Controller> controller;
  std::unique_ptr<ThreadWorkers> effects;
  std::unique_ptr<ThreadWorkers> looks;
  std::thread thread;
};

Engine::Impl::Impl(EngineOptions given, ec2::Ec2& cloud, Store& storage, Clock& time)
    : options(std::move(given)),
      ec2(cloud),
      store(storage),
      clock(time),
      random(options.seed != 0 ? options.seed : Random::fresh_seed()),
      groups({cloud, storage, time, [this](std::function<Result<void>()> work) { return on_engine(std::move(work)); },
              [this] { return all(); },
              [this](const ManagedInstanceId& id, model::Event event) {
                return request({id, std::move(event), 0, std::nullopt});
              },
              [this] { return draw_group_id(); }}) {}

Engine::Impl::~Impl() {
  {
    std::lock_guard lock(inbox_mutex);
    stopped = true;
  }
  inbox_wake.notify_all();
  if (thread.joinable()) thread.join();
  // Effects under way are waited for, each as long as one call's time limit; nothing new begins. Their outcomes are not
  // stored any more: at the next start they are unknown, and settled by looking.
  effects.reset();
  looks.reset();
  if (controller != nullptr) controller->leave();
  drop_everything();
}

void Engine::Impl::drop_everything() {
  for (auto& [ticket, promise] : waiting) promise.set_value(Failure(stopping()));
  waiting.clear();
  for (auto& promise : settling) promise.set_value(Failure(stopping()));
  settling.clear();
  inbox.clear();
  std::lock_guard lock(records_mutex);
  ended = true;
  records_wake.notify_all();
}

Result<void> Engine::Impl::start() {
  CHECK(controller == nullptr);
  effects = std::make_unique<ThreadWorkers>(options.workers);
  looks = std::make_unique<ThreadWorkers>(kLookThreads);
  controller = std::make_unique<Controller>(
      Controller::Options{options.workers, options.sweep_interval, options.snapshots_at_once, options.claim},
      Controller::Ties{ec2, store, clock, *effects, *looks,
                       [this](std::function<void()> closure) { post(std::move(closure)); }, core::decide,
                       options.budget_wait});
  HF_TRY_VOID(controller->start());
  HF_TRY_VOID(groups.load());
  RecordQuery newest;
  newest.limit = 1;
  newest.newest_first = true;
  HF_TRY(std::vector<StoredRecord> last, store.records(newest));
  if (!last.empty()) last_sequence = last.front().sequence;
  {
    std::unique_lock lock(views_mutex);
    controller->loop().for_each([&](const SharedView& view) { views[view->id] = view; });
  }
  thread = std::thread([this] { work(); });
  groups.settle();
  return {};
}

void Engine::Impl::post(std::function<void()> closure) {
  {
    std::lock_guard lock(inbox_mutex);
    if (stopped) return;
    inbox.push_back(std::move(closure));
  }
  inbox_wake.notify_one();
}

void Engine::Impl::work() {
  std::vector<std::function<void()>> taken;
  for (;;) {
    {
      std::unique_lock lock(inbox_mutex);
      auto called = [this] { return stopped || !inbox.empty(); };
      std::optional<Time> next = controller->next_turn();
      if (!called() && next) {
        Duration pause = std::min<Duration>(*next - std::min(clock.now(), *next), kLongestSleep);
        if (pause > Duration::zero()) inbox_wake.wait_for(lock, pause, called);
      } else {
        inbox_wake.wait(lock, called);
      }
      if (stopped) return;
      taken.swap(inbox);
    }
    for (auto& closure : taken) closure();
    taken.clear();
    publish(controller->turn());
  }
}

// Views before answers: who was answered finds what it asked for.
void Engine::Impl::publish(const Controller::Outcome& outcome) {
  {
    std::unique_lock lock(views_mutex);
    for (const SharedView& view : outcome.changed) views[view->id] = view;
    for (const ManagedInstanceId& id : outcome.forgotten) views.erase(id);
    const std::string& trouble = controller->loop().trouble();
    readiness = trouble.empty() ? Readiness{true, {}} : Readiness{false, "the store cannot be written: " + trouble};
    counters = controller->counters();
    for (const model::Record& record : outcome.records) tally.note(record);
  }
  if (outcome.last_sequence > 0) {
    std::lock_guard lock(records_mutex);
    last_sequence = outcome.last_sequence;
    records_wake.notify_all();
  }
  for (const Answer& answer : outcome.answers) {
    auto found = waiting.find(answer.ticket);
    if (found == waiting.end()) continue;
    found->second.set_value(answer.result);
    waiting.erase(found);
  }
  settle();
}

void Engine::Impl::settle() {
  const std::string& trouble = controller->loop().trouble();
  if (trouble.empty() && controller->counters().events_queued > 0) return;  // the next turn may store the rest
  Result<void> outcome;
  if (!trouble.empty()) outcome = fail(ErrorKind::unavailable, "NotStored", "the store cannot be written: " + trouble);
  for (auto& promise : settling) promise.set_value(outcome);
  settling.clear();
}

Result<void> Engine::Impl::request(Input input) {
  // Shared with the closure: a closure must be copyable, a promise is not.
  auto promise = std::make_shared<std::promise<Result<void>>>();
  std::future<Result<void>> answer = promise->get_future();
  auto held = std::make_shared<Input>(std::move(input));
  {
    std::lock_guard lock(inbox_mutex);
    if (stopped || !thread.joinable()) return Failure(stopping());
    inbox.push_back([this, promise, held] {
      held->ticket = ++last_ticket;
      waiting.emplace(held->ticket, std::move(*promise));
      controller->put(std::move(*held));
    });
  }
  promise.reset();
  inbox_wake.notify_one();
  try {
    return answer.get();
  } catch (const std::future_error&) {  // the closure was dropped unrun: the engine has stopped
    return Failure(stopping());
  }
}

Result<void> Engine::Impl::on_engine(std::function<Result<void>()> work) {
  auto promise = std::make_shared<std::promise<Result<void>>>();  // shared with the closure, which must be copyable
  std::future<Result<void>> answer = promise->get_future();
  {
    std::lock_guard lock(inbox_mutex);
    if (stopped || !thread.joinable()) return Failure(stopping());
    inbox.push_back([promise, work = std::move(work)] { promise->set_value(work()); });
  }
  promise.reset();
  inbox_wake.notify_one();
  try {
    return answer.get();
  } catch (const std::future_error&) {  // dropped undone: the engine has stopped
    return Failure(stopping());
  }
}

std::vector<SharedView> Engine::Impl::all() const {
  std::shared_lock lock(views_mutex);
  std::vector<SharedView> all;
  all.reserve(views.size());
  for (const auto& [id, view] : views) all.push_back(view);
  return all;
}

GroupId Engine::Impl::draw_group_id() {
  std::lock_guard lock(random_mutex);
  return GroupId("smg-" + random.hex(8));
}

SharedView Engine::Impl::find(const ManagedInstanceId& id) const {
  std::shared_lock lock(views_mutex);
  auto found = views.find(id);
  return found == views.end() ? nullptr : found->second;
}

// One that was deleted, or given up, is none any more.
SharedView Engine::Impl::imported_from(const InstanceId& original) const {
  std::shared_lock lock(views_mutex);
  for (const auto& [id, view] : views) {
    const std::optional<model::Import>& import = view->state.import;
    bool same = import && import->original.instance == original && !import->given_up;
    if (same && view->state.goal != model::Goal::deleted) return view;
  }
  return nullptr;
}

std::optional<model::Checked<SharedView>> Engine::Impl::made_with(const std::string& key,
                                                                  std::string_view document) const {
  if (key.empty()) return std::nullopt;
  std::shared_lock lock(views_mutex);
  for (const auto& [id, view] : views) {
    if (view->state.creation_key != key || view->state.goal == model::Goal::deleted) continue;
    if (view->document == document) return view;
    return one_fault({ErrorKind::conflict,
                      kKeyUsed,
                      "the idempotency key has made " + id.str() + " (" + view->spec.name +
                          ") already, whose document is another: change that one, or use another key",
                      {}});
  }
  return std::nullopt;
}

ManagedInstanceId Engine::Impl::draw_id() {
  std::lock_guard lock(random_mutex);
  for (int draw = 0; draw < kIdDraws; ++draw) {
    ManagedInstanceId id("smi-" + random.hex(8));
    if (find(id) == nullptr) return id;
  }
  return ManagedInstanceId("smi-" + random.hex(8));  // if taken after all, the loop refuses it
}

Engine::Engine(EngineOptions options, ec2::Ec2& ec2, Store& store, Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), ec2, store, clock)) {}

Engine::~Engine() = default;

Result<void> Engine::start() {
  return impl_->start();
}

model::Checked<SharedView> Engine::create(std::string_view document, const std::string& key) {
  auto spec = model::read_spec(document);
  if (!spec) return tl::unexpected(std::move(spec).error());
  if (auto made = impl_->made_with(key, document)) return *std::move(made);
  auto surroundings = inspect(impl_->ec2, *spec, {});
  std::unique_lock lock(impl_->keys_mutex, std::defer_lock);
  if (!key.empty()) lock.lock();
  // Another may have made it while the cloud was asked. What it made may stand in its own way: a taken address.
  if (auto made = impl_->made_with(key, document)) return *std::move(made);
  if (!surroundings) return tl::unexpected(std::move(surroundings).error());
  auto seat = impl_->groups.seat_new(*spec, *surroundings);  // held until it is stored
  if (!seat) return tl::unexpected(std::move(seat).error());
  Input input{impl_->draw_id(), model::Created{}, 0,
              Revision{std::string(document), std::move(*spec), std::move(*surroundings), {}, key, seat->address}};
  ManagedInstanceId id = input.id;
  if (auto stored = impl_->request(std::move(input)); !stored) return one_fault(std::move(stored).error());
  return impl_->made(id);
}

model::Checked<SharedView> Engine::import(const ImportRequest& request) {
  std::lock_guard lock(impl_->imports_mutex);
  if (SharedView known = impl_->imported_from(request.original)) return known;
  auto plan = plan_import(impl_->ec2, request);
  if (!plan) return tl::unexpected(std::move(plan).error());
  ManagedInstanceId id = impl_->draw_id();
  Input input{id, model::Created{std::move(plan->import)}, 0,
              Revision{std::move(plan->document), std::move(plan->spec), std::move(plan->surroundings), {}}};
  if (auto stored = impl_->request(std::move(input)); !stored) return one_fault(std::move(stored).error());
  return impl_->made(id);
}

model::Checked<ImportPlan> Engine::plan_of_import(const ImportRequest& request) {
  SharedView known = impl_->imported_from(request.original);
  if (known == nullptr) return plan_import(impl_->ec2, request);
  std::string note = request.original.str() + " is imported already, as " + known->id.str() + " (" + known->spec.name +
                     "): nothing is to be done";
  return ImportPlan{known->document, known->spec, known->state.surroundings, *known->state.import, {}, {note}};
}

model::Checked<GroupView> Engine::create_group(std::string_view document) {
  return impl_->groups.create(document);
}

model::Checked<GroupView> Engine::update_group(const GroupId& id, std::string_view update) {
  return impl_->groups.update(id, update);
}

Result<void> Engine::remove_group(const GroupId& id) {
  return impl_->groups.remove(id);
}

model::Checked<GroupPlan> Engine::plan_of_group(const std::optional<GroupId>& id, std::string_view document) const {
  return impl_->groups.plan(id, document);
}

Result<void> Engine::may_remove_group(const GroupId& id) const {
  return impl_->groups.may_remove(id);
}

std::optional<GroupView> Engine::find_group(const GroupId& id) const {
  return impl_->groups.find(id);
}

std::vector<GroupView> Engine::groups() const {
  return impl_->groups.all();
}

namespace {

// A creation's seat is given back at once, where it is only planned.
Prospect with_seat(Prospect prospect, const GroupBook::Seat& seat) {
  prospect.pool_address = seat.address;
  return prospect;
}

// Merged into this version, read and judged; its seat in a group is another matter.
model::Checked<Prospect> merged_into(const SharedView& view, std::string_view update, ec2::Ec2& ec2) {
  auto merged = model::merge_document(view->document, update);
  if (!merged) return one_fault(std::move(merged).error());
  auto spec = model::read_spec(*merged);
  if (!spec) return tl::unexpected(std::move(spec).error());
  auto surroundings = judge(ec2, {view->spec, *spec}, view->state);
  if (!surroundings) return tl::unexpected(std::move(surroundings).error());
  return Prospect{std::move(*spec), std::move(*surroundings), std::move(*merged), {}, view};
}

}  // namespace

model::Checked<Prospect> Engine::plan_of_create(std::string_view document, const std::string& key) {
  auto spec = model::read_spec(document);
  if (!spec) return tl::unexpected(std::move(spec).error());
  if (auto made = impl_->made_with(key, document)) {
    if (!*made) return tl::unexpected(std::move(made->error()));
    return Prospect{std::move(*spec), (**made)->state.surroundings, std::string(document), {}, **made};
  }
  auto surroundings = inspect(impl_->ec2, *spec, {});
  if (!surroundings) return tl::unexpected(std::move(surroundings).error());
  auto seat = impl_->groups.seat_new(*spec, *surroundings);
  if (!seat) return tl::unexpected(std::move(seat).error());
  return with_seat({std::move(*spec), std::move(*surroundings), std::string(document), {}, nullptr}, *seat);
}

model::Checked<Prospect> Engine::plan_of_update(const ManagedInstanceId& id, std::string_view update,
                                                const Precondition& holds) {
  SharedView view = impl_->find(id);
  if (view == nullptr) return one_fault(impl_->not_here(id));
  if (holds && !holds(*view)) return one_fault(precondition_failed(id));
  auto plan = merged_into(view, update, impl_->ec2);
  if (!plan) return plan;
  auto seat = impl_->groups.seat_changed(*view, plan->spec, plan->surroundings);
  if (!seat) return tl::unexpected(std::move(seat).error());
  return with_seat(std::move(*plan), *seat);
}

model::Checked<SharedView> Engine::update(const ManagedInstanceId& id, std::string_view update,
                                          const Precondition& holds, bool apply_tags) {
  Error last;
  for (int tries = 0; tries < kMergeTries; ++tries) {
    SharedView view = impl_->find(id);
    if (view == nullptr) return one_fault(impl_->not_here(id));
    // What is stored below is merged into this very version, or refused as changed meanwhile and looked at again here.
    if (holds && !holds(*view)) return one_fault(precondition_failed(id));
    auto plan = merged_into(view, update, impl_->ec2);
    if (!plan) return tl::unexpected(std::move(plan).error());
    auto seat = impl_->groups.seat_changed(*view, plan->spec, plan->surroundings);  // held until it is stored
    if (!seat) return tl::unexpected(std::move(seat).error());
    model::SpecChanged change{plan->surroundings};
    if (apply_tags) change.tagging = tag_changes(view->spec, plan->spec);
    Revision revision{
        std::move(plan->document), std::move(plan->spec), plan->surroundings, view->document, {}, seat->address,
        view->state.pool_address};
    auto stored = impl_->request({id, std::move(change), 0, std::move(revision)});
    if (stored) {
      if (SharedView now = impl_->find(id)) return now;
      return one_fault(impl_->not_here(id));
    }
    last = std::move(stored).error();
    if (last.code != kChangedMeanwhile) break;
  }
  return one_fault(std::move(last));
}

model::Event Engine::as_asked(const View& view, model::Event request) const {
  const Duration retention = view.spec.persistence.retention.value_or(impl_->options.deallocation_retention);
  if (auto* deletion = std::get_if<model::DeleteAsked>(&request)) deletion->deallocation.retention = retention;
  if (auto* restore = std::get_if<model::RestoreAsked>(&request)) restore->retention = retention;
  if (auto* dropped = std::get_if<model::VolumeDropped>(&request)) dropped->retention = retention;
  return request;
}

Result<SharedView> Engine::ask(const ManagedInstanceId& id, model::Event request) {
  SharedView before = impl_->find(id);
  if (before == nullptr) return Failure(impl_->not_here(id));
  HF_TRY_VOID(impl_->request({id, as_asked(*before, std::move(request)), 0, std::nullopt}));
  SharedView after = impl_->find(id);
  return after != nullptr ? after : before;  // a delete may have forgotten it within the turn
}

SharedView Engine::find(const ManagedInstanceId& id) const {
  SharedView view = impl_->find(id);
  return view != nullptr || impl_->controller == nullptr ? view : impl_->controller->loop().elsewhere().find(id);
}

std::vector<SharedView> Engine::all() const {
  std::vector<SharedView> own = impl_->all();
  if (impl_->controller == nullptr) return own;
  const std::vector<SharedView> others = impl_->controller->loop().elsewhere().all();
  if (others.empty()) return own;
  std::vector<SharedView> all;
  // What has come from there meanwhile is taken as it is here.
  std::set_union(own.begin(), own.end(), others.begin(), others.end(), std::back_inserter(all),
                 [](const SharedView& a, const SharedView& b) { return a->id < b->id; });
  return all;
}

Result<std::vector<StoredRecord>> Engine::records(const RecordQuery& query) {
  return impl_->store.records(query);
}

// No look into the store: a thousand who wait for nothing must cost nothing.
int64_t Engine::wait_for_records(int64_t after, Duration limit) {
  std::unique_lock lock(impl_->records_mutex);
  impl_->records_wake.wait_for(lock, limit, [&] { return impl_->ended || impl_->last_sequence > after; });
  return impl_->last_sequence;
}

Result<void> Engine::take_in(const std::vector<ec2::CloudEvent>& events, Duration limit) {
  auto promise = std::make_shared<std::promise<Result<void>>>();  // shared: a closure must be copyable
  std::future<Result<void>> answer = promise->get_future();
  impl_->post([this, promise, events] {
    for (const ec2::CloudEvent& event : events) impl_->controller->notify(event);
    impl_->settling.push_back(std::move(*promise));
  });
  promise.reset();
  if (answer.wait_for(limit) != std::future_status::ready) {
    return fail(ErrorKind::unavailable, "NotStored", "what the cloud told was not stored in time");
  }
  try {
    return answer.get();
  } catch (const std::future_error&) {  // the closure was dropped unrun: the engine has stopped
    return Failure(stopping());
  }
}

void Engine::notify(const ec2::CloudEvent& event) {
  impl_->post([this, event] { impl_->controller->notify(event); });
}

Result<std::vector<core::PricePoint>> Engine::spot_prices(const core::SpotMarket& market, const core::Period& period) {
  return engine::spot_prices(impl_->ec2, market, period);
}

Readiness Engine::ready() const {
  std::shared_lock lock(impl_->views_mutex);
  return impl_->readiness;
}

Counters Engine::counters() const {
  std::shared_lock lock(impl_->views_mutex);
  return impl_->counters;
}

Tally Engine::tally() const {
  std::shared_lock lock(impl_->views_mutex);
  return impl_->tally;
}

}  // namespace holdfast::engine
