#include "engine/loop.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/check.h"
#include "core/interfaces.h"
#include "core/mutation.h"
#include "core/probe.h"
#include "engine/changes.h"

namespace holdfast::engine {

namespace {

// Events that only say "look again": lost, the next look or sweep makes up for them.
bool is_wake_up(const model::Event& event) {
  return std::holds_alternative<model::CloudStirred>(event) || std::holds_alternative<model::Observed>(event) ||
         std::holds_alternative<model::TimerRang>(event) || std::holds_alternative<model::PricesSeen>(event);
}

Error unavailable(const std::string& why) {
  return {ErrorKind::unavailable,
          "StoreUnavailable",
          "the service cannot write its store, so nothing was changed; ask again when it can (" + why + ")",
          {}};
}

}  // namespace

Loop::Loop(Store& store, Clock& clock, Decide decide, Counters& counters, Claim claim)
    : store_(store),
      clock_(clock),
      decide_(std::move(decide)),
      counters_(counters),
      claim_(std::move(claim)),
      elsewhere_(store),
      tenure_(std::make_shared<Tenure>(Time::max())) {}

void Loop::put(Input input) {
  if (input.ticket == 0 && queue_.size() >= kMostQueued && is_wake_up(input.event)) {
    ++counters_.events_dropped;
    return;
  }
  if (input.ticket != 0) ++asking_;
  queue_.push_back(std::move(input));
  counters_.events_queued = queue_.size();
}

std::optional<Time> Loop::next_turn() const {
  // In trouble, only who waits for an answer is served before the pause is over.
  if (replaced_) return asking_ > 0 ? std::optional(Time{}) : std::nullopt;
  if (stalled()) return asking_ > 0 ? Time{} : paused_until_;
  if (!queue_.empty() || touch_) return Time{};
  Time next = renew_at_;
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first.first);
  return next == Time::max() ? std::nullopt : std::optional(next);
}

void Loop::answer_all_unavailable(Turn& turn) {
  for (const Input& input : queue_) {
    if (input.ticket != 0) turn.answers.push_back({input.ticket, Failure(unavailable(trouble_))});
  }
  std::erase_if(queue_, [](const Input& input) { return input.ticket != 0; });
  asking_ = 0;
}

Turn Loop::turn() {
  Turn turn;
  ++counters_.turns;
  const Time now = clock_.now();
  if (replaced_ || (stalled() && now < paused_until_)) {
    answer_all_unavailable(turn);
    if (replaced_) queue_.clear();
    return turn;
  }
  // Before anything is decided: what another has taken meanwhile is not ours to decide about.
  const bool renews = leases_ && (touch_ || now >= renew_at_);
  if (renews && renew(now, turn) == Renewal::failed) return turn;
  if (!stalled()) fire_timers(now, turn);

  Drafts drafts;
  std::vector<Input> batch = take_batch();
  std::vector<Answer> answers;
  for (const Input& input : batch) {
    ++counters_.events;
    auto folded = fold(input, now, drafts);
    if (!folded && input.ticket == 0) {
      spdlog::error("{}: {} was refused: {}", input.id.str(), model::name_of(input.event), describe(folded.error()));
      ++counters_.decisions_refused;
    }
    if (input.ticket != 0) answers.push_back({input.ticket, std::move(folded)});
  }
  const std::vector<Change> changes = changes_of(drafts);
  if (!changes.empty() || touch_ || stalled()) {
    auto sequences = store_.commit(changes, now);
    if (!sequences) {
      if (core::mutated(core::Mutation::let_out_before_it_is_stored)) {
        for (auto& [id, draft] : drafts) release(draft, turn);
      }
      commit_failed(std::move(batch), sequences.error(), now, turn);
      return turn;
    }
    ++counters_.commits;
    counters_.changes_written += changes.size();
    trouble_is_over();
    touch_ = false;
    if (!sequences->empty()) turn.last_sequence = sequences->back();
  }
  install(drafts, turn);
  turn.answers = std::move(answers);
  counters_.events_queued = queue_.size();
  return turn;
}

std::vector<Change> Loop::changes_of(const Drafts& drafts) const {
  std::vector<Change> changes;
  for (const auto& [id, draft] : drafts) {
    if (!draft.must_write) continue;
    const View& view = draft.view;
    changes.push_back(
        {{id, view.document, view.state, view.created_at, view.updated_at}, draft.records, draft.forget, draft.lease});
  }
  return changes;
}

std::vector<Input> Loop::take_batch() {
  size_t count = std::min(queue_.size(), kBatch);
  std::vector<Input> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.begin() + count));
  queue_.erase(queue_.begin(), queue_.begin() + count);
  asking_ -= std::count_if(batch.begin(), batch.end(), [](const Input& input) { return input.ticket != 0; });
  return batch;
}

// A look needs no commit: it changes nothing. A timer's ring is an event like any other.
void Loop::fire_timers(Time now, Turn& turn) {
  while (!timers_.empty() && timers_.begin()->first.first <= now && queue_.size() < kBatch) {
    ManagedInstanceId id = timers_.begin()->second;
    Row& row = rows_.at(id);
    clear_timer(row);
    model::Kinds kinds = 0;
    for (size_t kind = 0; kind < kKinds; ++kind) {
      if (!row.look_at[kind] || *row.look_at[kind] > now) continue;
      row.look_at[kind].reset();
      kinds |= static_cast<model::Kinds>(1u << kind);
    }
    if (kinds != 0) turn.looks.push_back({id, kinds});
    if (row.wake_at && *row.wake_at <= now) {
      row.wake_at.reset();
      put({id, model::TimerRang{}, 0, std::nullopt});
    }
    set_timer(id, row);
  }
}

// The draft that an event works on: the row as it is, or the first state of a new managed instance.
Result<Loop::Draft*> Loop::draft_for(const Input& input, Time now, Drafts& drafts) {
  auto found = drafts.find(input.id);
  bool creates = std::holds_alternative<model::Created>(input.event) && input.revision.has_value();
  auto row = rows_.find(input.id);
  bool exists = found != drafts.end() ? !found->second.forget : row != rows_.end();
  if (creates && exists) return fail(ErrorKind::conflict, kIdInUse, "this id is taken");
  if (!creates && !exists) return Failure(elsewhere_.refusal(input.id));
  if (found != drafts.end() && !creates) return &found->second;
  Draft draft;
  draft.existed = row != rows_.end();
  draft.lease = draft.existed ? row->second.lease : 0;
  if (creates) {
    draft.view = {input.id,
                  input.revision->document,
                  input.revision->spec,
                  core::initial_state(input.id, input.revision->surroundings, now),
                  now,
                  now};
    draft.view.state.creation_key = input.revision->creation_key;
    draft.view.state.pool_address = input.revision->pool_address.value_or("");
    draft.must_write = true;
  } else {
    draft.view = *row->second.view;
    draft.wake_at = row->second.wake_at;
  }
  return &drafts.insert_or_assign(input.id, std::move(draft)).first->second;
}

namespace {

// One that runs, or may by now, keeps the address it has.
bool may_take(const Revision& revision, const model::State& state) {
  if (!revision.pool_address || *revision.pool_address == state.pool_address) return true;
  return core::may_change_address(state) || (state.interface && state.interface->ip == *revision.pool_address);
}

}  // namespace

// Two that take one address from each other would never come to rest. Judged here, where no other can come between.
std::optional<ManagedInstanceId> Loop::holder_of_address(const ManagedInstanceId& self, const model::Spec& spec,
                                                         const Drafts& drafts) const {
  if (spec.compute.elastic_ip.empty()) return std::nullopt;
  auto holds = [&](const View& view) {
    return view.id != self && view.state.goal != model::Goal::deleted &&
           view.spec.compute.elastic_ip == spec.compute.elastic_ip;
  };
  for (const auto& [id, draft] : drafts) {
    if (!draft.forget && holds(draft.view)) return id;
  }
  for (const auto& [id, row] : rows_) {
    if (!drafts.contains(id) && holds(*row.view)) return id;
  }
  for (const SharedView& view : elsewhere_.all()) {
    if (holds(*view)) return view->id;
  }
  return std::nullopt;
}

Result<void> Loop::fold(const Input& input, Time now, Drafts& drafts) {
  bool known = drafts.contains(input.id) || rows_.contains(input.id) || input.revision.has_value();
  if (!known && input.ticket == 0) {
    ++counters_.events_dropped;  // late news of a managed instance that is gone
    return {};
  }
  bool fresh = !drafts.contains(input.id);
  HF_TRY(Draft * draft, draft_for(input, now, drafts));
  auto give_up = [&](Error error) -> Result<void> {
    if (fresh) drafts.erase(input.id);
    return Failure(std::move(error));
  };
  bool changes_spec = std::holds_alternative<model::SpecChanged>(input.event) && input.revision.has_value();
  if (changes_spec && draft->view.document != input.revision->merged_into) {
    return give_up({ErrorKind::conflict, kChangedMeanwhile, "another update came between; ask again", {}});
  }
  bool futile =
      changes_spec && !futile_changes({draft->view.spec, input.revision->spec}, draft->view.state).errors.empty();
  if (futile) {
    return give_up({ErrorKind::conflict, kChangedMeanwhile, "a replacement went on meanwhile; ask again", {}});
  }
  const auto& judged = changes_spec ? input.revision->judged_address : std::nullopt;
  if (judged && *judged != draft->view.state.pool_address) {
    return give_up({ErrorKind::conflict, kChangedMeanwhile, "its group gave it another address; ask again", {}});
  }
  if (changes_spec && !may_take(*input.revision, draft->view.state)) {
    return give_up({ErrorKind::conflict, kChangedMeanwhile, "it got its address meanwhile; ask again", {}});
  }
  const model::Spec& spec = changes_spec ? input.revision->spec : draft->view.spec;
  bool claims = input.revision || std::holds_alternative<model::UndeleteAsked>(input.event);
  if (auto holder = claims ? holder_of_address(input.id, spec, drafts) : std::nullopt) {
    return give_up({ErrorKind::conflict, kAddressInUse,
                    fmt::format("{} is the elastic address of managed instance {}; name another, or take it from that "
                                "one first",
                                spec.compute.elastic_ip, holder->str()),
                    "compute.elasticIp"});
  }
  model::State state = draft->view.state;
  if (changes_spec && input.revision->pool_address) state.pool_address = *input.revision->pool_address;
  auto step = decide_(spec, state, input.event, now);
  if (!step) return give_up(std::move(step).error());

  for (const model::Effect& effect : step->effects) CHECK(step->state.asked.contains(effect.key));
  if (changes_spec) {
    draft->view.document = input.revision->document;
    draft->view.spec = input.revision->spec;
    draft->view.updated_at = now;
    draft->must_write = true;
  }
  // Who asks is told that it is so only by one that holds it: the store is asked also where nothing changes.
  const bool asked = input.ticket != 0;
  if (asked || !(step->state == draft->view.state) || !step->records.empty() || step->forget) draft->must_write = true;
  draft->view.state = std::move(step->state);
  draft->forget = draft->forget || step->forget;
  std::move(step->records.begin(), step->records.end(), std::back_inserter(draft->records));
  std::move(step->effects.begin(), step->effects.end(), std::back_inserter(draft->effects));
  if (step->look) draft->looks.push_back(*step->look);
  draft->wake_at = step->wake_at;
  draft->decided = true;
  return {};
}

void Loop::note_trouble(const Error& error, Time now, Turn& turn) {
  ++counters_.commits_failed;
  core::reached(core::Probe::commit_failed);
  if (!stalled()) spdlog::error("the store cannot be written, nothing is let out until it can: {}", describe(error));
  trouble_ = describe(error);
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  paused_until_ = now + pause_;
  if (leases_ && error.code == kHolderReplaced) end_replaced(turn);
}

void Loop::trouble_is_over() {
  if (stalled()) spdlog::info("the store can be written again");
  trouble_.clear();
  pause_ = Duration::zero();
}

void Loop::put_back(std::vector<Input> batch) {
  asking_ += std::count_if(batch.begin(), batch.end(), [](const Input& input) { return input.ticket != 0; });
  queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
  counters_.events_queued = queue_.size();
}

// By the store's contract a commit that failed has written nothing, so the batch can be tried again as it was: without
// what was another's by then, or whose new id is, or once the store can be written.
void Loop::commit_failed(std::vector<Input> batch, const Error& error, Time now, Turn& turn) {
  if (leases_ && error.code == kLeaseLost) {
    put_back(std::move(batch));
    if (renew(now, turn, true) == Renewal::kept) note_trouble(error, now, turn);
    return;
  }
  if (error.code == kIdInUse) return refuse_creations(std::move(batch), error, turn);
  note_trouble(error, now, turn);
  std::vector<Input> events;
  for (Input& input : batch) {
    if (input.ticket == 0) {
      events.push_back(std::move(input));
    } else {
      bool forgets = core::mutated(core::Mutation::answer_before_it_is_stored);
      turn.answers.push_back({input.ticket, forgets ? Result<void>() : Result<void>(Failure(unavailable(trouble_)))});
    }
  }
  if (!replaced_) put_back(std::move(events));
}

// One of them has an id that is another service's managed instance already. Who asks again gets another id.
void Loop::refuse_creations(std::vector<Input> batch, const Error& error, Turn& turn) {
  std::vector<Input> rest;
  for (Input& input : batch) {
    if (!std::holds_alternative<model::Created>(input.event)) {
      rest.push_back(std::move(input));
    } else if (input.ticket != 0) {
      turn.answers.push_back({input.ticket, Failure(error)});
    }
  }
  put_back(std::move(rest));
}

void Loop::install(Drafts& drafts, Turn& turn) {
  // What was taken over in this turn is shown once, as it is by now.
  std::erase_if(turn.changed, [&](const SharedView& view) {
    auto draft = drafts.find(view->id);
    return draft != drafts.end() && (draft->second.decided || draft->second.forget);
  });
  for (auto& [id, draft] : drafts) {
    std::move(draft.records.begin(), draft.records.end(), std::back_inserter(turn.records));
    if (draft.forget) {
      if (auto row = rows_.find(id); row != rows_.end()) {
        clear_timer(row->second);
        rows_.erase(row);
      }
      turn.forgotten.push_back(id);
      continue;
    }
    if (!draft.decided) continue;
    release(draft, turn);
    Row& row = rows_[id];
    for (const core::Look& look : draft.looks) {
      for (size_t kind = 0; kind < kKinds; ++kind) {
        if ((look.kinds & (1u << kind)) == 0) continue;
        row.look_at[kind] = row.look_at[kind] ? std::min(*row.look_at[kind], look.at) : look.at;
      }
    }
    if (!draft.existed) row.lease = session_;
    row.wake_at = draft.wake_at;
    row.view = std::make_shared<const View>(std::move(draft.view));
    turn.changed.push_back(row.view);
    set_timer(id, row);
  }
}

// Only what the state that was stored still asks for, and each once: an effect that a later event of the same batch has
// withdrawn was never sent, and needs not be.
void Loop::release(Draft& draft, Turn& turn) {
  const auto& asked = draft.view.state.asked;
  std::map<std::string, const model::Effect*> last;
  for (const model::Effect& effect : draft.effects) last[effect.key] = &effect;
  for (const model::Effect& effect : draft.effects) {
    auto found = asked.find(effect.key);
    if (found == asked.end() || last[effect.key] != &effect) continue;
    turn.effects.push_back({draft.view.id, effect, found->second.tries > 1, draft.existed ? draft.lease : session_});
    ++counters_.effects_released;
  }
}

void Loop::set_timer(const ManagedInstanceId& id, Row& row) {
  std::optional<Time> next = row.wake_at;
  for (const auto& look_at : row.look_at) {
    if (look_at && (!next || *look_at < *next)) next = look_at;
  }
  if (row.timer && next && row.timer->first == *next) return;
  clear_timer(row);
  if (!next) return;
  row.timer = {*next, ++timer_sequence_};
  timers_.emplace(*row.timer, id);
}

void Loop::clear_timer(Row& row) {
  if (row.timer) timers_.erase(*row.timer);
  row.timer.reset();
}

SharedView Loop::find(const ManagedInstanceId& id) const {
  auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second.view;
}

}  // namespace holdfast::engine
