#include "api/bulk.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <set>

#include "api/body_reader.h"
#include "api/dry_run.h"
#include "api/requests.h"
#include "base/text.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr char kList[] = "managedInstances";
constexpr char kKind[] = "aws:ec2:managedInstance:state";

struct Wish {
  ManagedInstanceId id;
  std::string word;
  model::Event event;
};

const std::vector<std::pair<std::string, model::Event>>& words() {
  static const std::vector<std::pair<std::string, model::Event>> kWords = {
      {"PAUSE", model::PauseAsked{}}, {"RESUME", model::ResumeAsked{}}, {"RECYCLE", model::RecycleAsked{}}};
  return kWords;
}

void read_word(BodyReader& reader, const json::object& from, Wish& into) {
  const bool given = reader.given(from, "state") != nullptr;
  reader.text(from, "state", into.word);
  for (const auto& [word, event] : words()) {
    if (word != into.word) continue;
    into.event = event;
    return;
  }
  if (!given) return reader.fault("state", "is missing: say PAUSE, RESUME or RECYCLE.");
  if (into.word.empty()) return;  // no text: told already
  std::string upper = into.word;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  auto near = nearest(upper, {"PAUSE", "RESUME", "RECYCLE"});
  reader.fault("state", fmt::format("must be PAUSE, RESUME or RECYCLE{}.",
                                    near ? fmt::format("; did you mean '{}'?", *near) : std::string()));
}

void read_wish(BodyReader& reader, const json::value& value, const engine::Engine& engine, Wish& into) {
  const json::object* from = reader.object(value, {"id", "state"});
  if (from == nullptr) return;
  std::string id;
  reader.text(*from, "id", id);
  if (reader.given(*from, "id") == nullptr) {
    reader.fault("id", "is missing: name the managed instance that is meant.");
  } else if (!id.empty() && engine.find(ManagedInstanceId(id)) == nullptr) {
    reader.fault("id", fmt::format("there is no managed instance '{}'.", quoted(id)));
  }
  into.id = ManagedInstanceId(id);
  read_word(reader, *from, into);
}

model::Checked<std::vector<Wish>> wishes_in(std::string_view body, const engine::Engine& engine) {
  auto list = list_in(body, kList, kMostAtOnce);
  if (!list) return tl::unexpected(std::move(list).error());
  model::Faults faults;
  std::vector<Wish> wishes;
  std::set<ManagedInstanceId> named;
  for (size_t i = 0; i < list->size(); ++i) {
    BodyReader reader(fmt::format("{}[{}]", kList, i), faults);
    Wish& wish = wishes.emplace_back();
    read_wish(reader, (*list)[i], engine, wish);
    // Two wishes of one would be carried out in an order that nobody can see.
    if (!wish.id.empty() && !named.insert(wish.id).second) {
      reader.fault("id", "is given twice: leave one of the two out.");
    }
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return wishes;
}

json::object item_of(const Wish& wish, const Result<engine::SharedView>& done) {
  json::object item{{"id", wish.id.str()}, {"state", wish.word}, {"accepted", done.has_value()}};
  if (done) {
    item["status"] = to_string((*done)->state.status);
    item["error"] = nullptr;
  } else {
    item["status"] = nullptr;
    item["error"] = {{"code", done.error().code}, {"message", done.error().message}};
  }
  return item;
}

// What each would do by itself; what one would be refused with is told with it.
http::Response foretell_each(engine::Engine& engine, const Asked& asked, const std::vector<Wish>& wishes) {
  json::array items;
  for (const Wish& wish : wishes) {
    auto view = engine.find(wish.id);
    if (view == nullptr) continue;  // forgotten since the body was checked
    std::string call = wish.word;
    std::transform(call.begin(), call.end(), call.begin(), [](unsigned char c) { return std::tolower(c); });
    auto item = foretell(engine, view.get(), {call, wish.event}, asked.at);
    if (item) {
      (*item)["error"] = nullptr;
      items.push_back(std::move(*item));
    } else {
      json::value error = {{"code", item.error().code}, {"message", item.error().message}};
      items.push_back({{"id", wish.id.str()}, {"call", call}, {"steps", json::array()}, {"error", std::move(error)}});
    }
  }
  return answer_items(asked, kPlanItem, std::move(items));
}

}  // namespace

http::Response answer_bulk_state(engine::Engine& engine, const Asked& asked, const http::Request& request) {
  if (auto checked = check_query(request, {"dryRun"}); !checked) {
    return answer_errors(asked, 400, checked.error().errors);
  }
  auto dry = dry_run_in(request);
  if (!dry) return answer_error(asked, dry.error());
  auto wishes = wishes_in(request.body, engine);
  if (!wishes) return answer_errors(asked, 400, wishes.error().errors);
  if (*dry) return foretell_each(engine, asked, *wishes);
  json::array items;
  std::vector<Error> refusals;
  for (size_t i = 0; i < wishes->size(); ++i) {
    const Wish& wish = (*wishes)[i];
    auto done = engine.ask(wish.id, wish.event);
    items.push_back(item_of(wish, done));
    if (done) continue;
    refusals.push_back(done.error());
    refusals.back().field = fmt::format("{}[{}]", kList, i);
  }
  if (refusals.size() == items.size()) return answer_errors(asked, status_of(refusals.front().kind), refusals);
  return answer_items(asked, kKind, std::move(items));
}

}  // namespace holdfast::api
