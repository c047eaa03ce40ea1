#include "core/holdings.h"

#include <boost/json.hpp>
#include <map>

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

using Holdings = std::map<std::string, Held>;

void hold(Holdings& all, Held::What what, const std::string& id, int64_t gib) {
  if (id.empty()) return;
  Held held;
  held.what = what;
  held.id = id;
  held.gib = gib;
  all.try_emplace(id, std::move(held));
}

void hold_volume(Holdings& all, const Volume& volume) {
  if (volume.state != VolumeState::deleted) hold(all, Held::What::volume, volume.id.str(), volume.size_gib);
}

// Billed from when it runs until it begins to go.
void hold_instance(Holdings& all, const Instance& instance) {
  if (instance.state != InstanceState::running) return;
  hold(all, Held::What::instance, instance.id.str(), 0);
  Held& held = all[instance.id.str()];
  held.instance_type = instance.market.instance_type;
  held.zone = instance.market.zone;
  held.life_cycle = instance.market.life_cycle;
  hold(all, Held::What::address, instance.public_ip, 0);
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
  return all;
}

json::object written(const Held& held) {
  json::object object{{"what", word_of(held.what)}, {"id", held.id}};
  if (held.gib > 0) object["gib"] = held.gib;
  if (held.what != Held::What::instance) return object;
  object["type"] = held.instance_type;
  object["zone"] = held.zone;
  object["life_cycle"] = to_string(held.life_cycle);
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
  for (const auto& [id, held] : is) {
    auto known = was.find(id);
    if (known == was.end() || (held.gib > 0 && held.gib != known->second.gib)) began.push_back(written(held));
  }
  for (const auto& [id, held] : was) {
    if (!is.contains(id)) ended.emplace_back(id);
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
