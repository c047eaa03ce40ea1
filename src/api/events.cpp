#include "api/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "api/items.h"
#include "api/requests.h"
#include "base/text.h"
#include "core/holdings.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr int64_t kMaxPage = 1000;
constexpr int64_t kUsualPage = 100;
constexpr size_t kMaxKinds = 32;
constexpr size_t kMaxKind = 64;
constexpr Duration kWait = std::chrono::milliseconds(900);  // a piece may block for up to a second (server.h)
constexpr auto kSignOfLife = std::chrono::seconds(15);      // so that proxies keep a silent stream open

// One client's place in the history. Repeats nothing, leaves nothing out: what is sent follows the sequence numbers.
class Follower {
 public:
  Follower(engine::Engine& engine, engine::RecordQuery query)
      : engine_(engine), query_(std::move(query)), passed_(query_.after) {}

  std::optional<std::string> next() {
    if (query_.id && !engine_.find(*query_.id)) return std::nullopt;  // forgotten: nothing will ever come
    int64_t newest = passed_;
    if (caught_up_) {
      newest = engine_.wait_for_records(passed_, kWait);
      if (newest <= passed_) return text_of({});
    }
    // Others' records wake this one too, and must not wake it again: pass them first. What is read afterwards holds
    // at least what was passed.
    auto others = engine_.records({std::nullopt, passed_, static_cast<int>(kMaxPage)});
    auto records = engine_.records(query_);
    if (!others || !records) return std::nullopt;  // the client asks again, from where it was
    if (!others->empty()) passed_ = others->back().sequence;
    // Those up to it that are not there any more were forgotten.
    if (static_cast<int64_t>(others->size()) < kMaxPage) passed_ = std::max(passed_, newest);
    caught_up_ = static_cast<int>(records->size()) < query_.limit && static_cast<int64_t>(others->size()) < kMaxPage;
    return text_of(*records);
  }

 private:
  std::string text_of(const std::vector<engine::StoredRecord>& records) {
    std::string text;
    for (const auto& record : records) {
      text += fmt::format("id: {}\ndata: {}\n\n", record.sequence, json::serialize(event_item_of(record)));
      query_.after = record.sequence;
    }
    const auto now = std::chrono::steady_clock::now();
    if (text.empty() && now - last_sign_ >= kSignOfLife) text = ":\n\n";
    if (!text.empty()) last_sign_ = now;
    return text;
  }

  engine::Engine& engine_;
  engine::RecordQuery query_;
  int64_t passed_;
  bool caught_up_ = false;
  std::chrono::steady_clock::time_point last_sign_ = std::chrono::steady_clock::now();
};

// "interrupted,replaced": small words between commas; nothing where the parameter is absent.
Result<std::vector<std::string>> kinds_in(const http::Request& request) {
  auto text = request.query_value("kind");
  if (!text) return std::vector<std::string>();
  std::vector<std::string> kinds = split(*text, ',');
  for (const std::string& kind : kinds) {
    bool word = !kind.empty() && kind.size() <= kMaxKind &&
                std::all_of(kind.begin(), kind.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (!word || kinds.size() > kMaxKinds) {
      return Failure(
          {ErrorKind::invalid, "InvalidField",
           fmt::format("must be at most {} kinds of events between commas, e.g. launched,replaced.", kMaxKinds),
           "kind"});
    }
  }
  return kinds;
}

bool wants_stream(const http::Request& request) {
  return request.header("accept").value_or("").find("text/event-stream") != std::string::npos;
}

http::Response stream_of(engine::Engine& engine, engine::RecordQuery query) {
  http::Response response;
  response.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}};
  response.body = ":\n\n";  // the client sees at once that it is connected
  // Shared, because std::function must be copyable.
  auto follower = std::make_shared<Follower>(engine, std::move(query));
  response.stream = [follower] { return follower->next(); };
  return response;
}

}  // namespace

http::Response answer_events(engine::Engine& engine, const Asked& asked, const http::Request& request,
                             const std::optional<ManagedInstanceId>& id) {
  if (auto checked = check_query(request, {"after", "limit", "kind"}); !checked) {
    return answer_errors(asked, 400, checked.error().errors);
  }
  auto after = number_in(request, "after", 0, INT64_MAX, 0);
  auto limit = number_in(request, "limit", 1, kMaxPage, kUsualPage);
  auto kinds = kinds_in(request);
  std::vector<Error> faults;
  if (!kinds) faults.push_back(kinds.error());
  if (!after) faults.push_back(after.error());
  if (!limit) faults.push_back(limit.error());
  if (!faults.empty()) return answer_errors(asked, 400, faults);

  engine::RecordQuery query{id, *after, static_cast<int>(*limit)};
  query.kinds = *std::move(kinds);
  query.without = {core::kHoldings};
  if (wants_stream(request)) {
    // A browser that connects again says what it saw last.
    if (auto last = parse_int(request.header("last-event-id").value_or("")); last && *last > query.after) {
      query.after = *last;
    }
    return stream_of(engine, std::move(query));
  }
  auto records = engine.records(query);
  if (!records) return answer_error(asked, records.error());
  json::array items;
  for (const auto& record : *records) items.push_back(event_item_of(record));
  return answer_items(asked, "aws:ec2:managedInstance:event", std::move(items));
}

}  // namespace holdfast::api
