#include "core/holdings.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <string_view>
#include <vector>

#include "model/names.h"

namespace holdfast::core {
namespace json = boost::json;
using namespace model;
namespace {

constexpr std::pair<Held::What, std::string_view> kWords[] = {{Held::What::instance, "instance"},
                                                              {Held::What::volume, "volume"},
                                                              {Held::What::snapshot, "snapshot"},
                                                              {Held::What::address, "address"}};

std::string_view word_of(Held::What what) {
  for (const auto& [value, word] : kWords) {
    if (value == what) return word;
  }
  return {};
}

// One thing that is held, as the state has it: made at every step, so without a copy of any text.
struct Holding {
  Held::What what = Held::What::volume;
  std::string_view id;
  int64_t gib = 0;
  const Instance* instance = nullptr;  // what: instance
};
using Holdings = std::vector<Holding>;  // ordered by id, each once

void hold(Holdings& all, Held::What what, std::string_view id, int64_t gib, const Instance* instance = nullptr) {
  if (!id.empty()) all.push_back({what, id, gib, instance});
}

void hold_volume(Holdings& all, const Volume& volume) {
  if (volume.state != VolumeState::deleted) hold(all, Held::What::volume, volume.id.str(), volume.size_gib);
}

// Billed from when it runs until it begins to go.
void hold_instance(Holdings& all, const Instance& instance) {
  if (instance.state != InstanceState::running) return;
  hold(all, Held::What::instance, instance.id.str(), 0, &instance);
  hold(all, Held::What::address, instance.public_ip, 0);
}

bool by_id(const Holding& a, const Holding& b) {
  return a.id < b.id;
}

const Holding* find(const Holdings& all, const Holding& like) {
  auto found = std::lower_bound(all.begin(), all.end(), like, by_id);
  return found != all.end() && found->id == like.id ? &*found : nullptr;
}

Holdings holdings_of(const State& state) {
  Holdings all;
  if (state.instance) hold_instance(all, *state.instance);
  if (state.root) hold_volume(all, *state.root);
  for (const auto& [device, volume] : state.data) hold_volume(all, volume);
  for (const Volume& volume : state.superseded) hold_volume(all, volume);
  for (const Volume& volume : state.left_by_launch) hold_volume(all, volume);
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.state != SnapshotState::error) hold(all, Held::What::snapshot, snapshot.id.str(), snapshot.size_gib);
  }
  for (const Retired& entry : state.retired) {  // kept for now; how large it is was told when it began
    if (entry.what == Retired::What::volume) hold(all, Held::What::volume, entry.id, 0);
    if (entry.what == Retired::What::snapshot) hold(all, Held::What::snapshot, entry.id, 0);
  }
  // The first of an id counts, which is the one that knows its size.
  std::stable_sort(all.begin(), all.end(), by_id);
  all.erase(std::unique(all.begin(), all.end(), [](const Holding& a, const Holding& b) { return a.id == b.id; }),
            all.end());
  return all;
}

json::object written(const Holding& held) {
  json::object object{{"what", word_of(held.what)}, {"id", held.id}};
  if (held.gib > 0) object["gib"] = held.gib;
  if (held.instance == nullptr) return object;
  object["type"] = held.instance->market.instance_type;
  object["zone"] = held.instance->market.zone;
  object["life_cycle"] = to_string(held.instance->market.life_cycle);
  return object;
}

std::string text_of(const json::object& from, std::string_view name) {
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<Held> read(const json::value& value) {
  if (!value.is_object()) return std::nullopt;
  const json::object& from = value.get_object();
  for (const auto& [what, word] : kWords) {
    if (text_of(from, "what") != word) continue;
    Held held;
    held.what = what;
    held.id = text_of(from, "id");
    if (const json::value* gib = from.if_contains("gib"); gib != nullptr && gib->is_int64())
      held.gib = gib->get_int64();
    held.instance_type = text_of(from, "type");
    held.zone = text_of(from, "zone");
    held.life_cycle = value_named<LifeCycle>(text_of(from, "life_cycle")).value_or(LifeCycle::spot);
    return held;
  }
  return std::nullopt;
}

// What is held at one moment of the story that the records tell.
class Story {
 public:
  void begin(Held held, Time at) {
    auto open = open_.find(held.id);
    if (open == open_.end()) {
      held.from = at;
      open_.emplace(held.id, std::move(held));
    } else if (open->second.gib == 0) {
      open->second.gib = held.gib;  // it was as large all the time; that was seen later
    } else if (held.gib != open->second.gib) {
      end(held.id, at);
      begin(std::move(held), at);
    }
  }
  void end(const std::string& id, Time at) {
    auto open = open_.find(id);
    if (open == open_.end()) return;
    open->second.to = at;
    told_.push_back(std::move(open->second));
    open_.erase(open);
  }
  std::vector<Held> finish(Time now) {
    for (auto& [id, held] : open_) {
      held.to = std::max(now, held.from);
      held.goes_on = true;
      told_.push_back(std::move(held));
    }
    return std::move(told_);
  }

 private:
  std::map<std::string, Held> open_;
  std::vector<Held> told_;
};

}  // namespace

std::optional<Record> change_of_holdings(const State& before, const State& after, Time at) {
  const Holdings was = holdings_of(before), is = holdings_of(after);
  json::array began, ended;
  for (const Holding& held : is) {
    const Holding* known = find(was, held);
    if (known == nullptr || (held.gib > 0 && held.gib != known->gib)) began.push_back(written(held));
  }
  for (const Holding& held : was) {
    if (find(is, held) == nullptr) ended.emplace_back(held.id);
  }
  if (began.empty() && ended.empty()) return std::nullopt;
  return Record{at, kHoldings, "what is held and billed has changed",
                json::serialize(json::object{{"began", std::move(began)}, {"ended", std::move(ended)}})};
}

std::vector<Held> held_of(const std::vector<Record>& records, Time now) {
  Story story;
  for (const Record& record : records) {
    json::error_code bad;
    const json::value data = json::parse(record.data, bad);
    if (record.kind != kHoldings || bad || !data.is_object()) continue;
    auto each = [&](std::string_view name, auto&& visit) {
      const json::value* list = data.get_object().if_contains(name);
      if (list == nullptr || !list->is_array()) return;
      for (const json::value& entry : list->get_array()) visit(entry);
    };
    each("began", [&](const json::value& entry) {
      if (auto held = read(entry)) story.begin(std::move(*held), record.at);
    });
    each("ended", [&](const json::value& entry) {
      if (entry.is_string()) story.end(std::string(entry.get_string()), record.at);
    });
  }
  return story.finish(now);
}

}  // namespace holdfast::core
