// One connection under one lock; every change is a statement or a transaction of its own. WAL with synchronous=NORMAL:
// a killed process loses nothing, and sending costs no sync.
#include "cloud/endpoint/queues.h"

#include <sqlite3.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/random.h"
#include "base/text.h"

namespace holdfast::cloud::endpoint {
namespace {

constexpr char kSchema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, visibility INTEGER NOT NULL, wait INTEGER NOT NULL,"
    " delay INTEGER NOT NULL, retention INTEGER NOT NULL, maximum_size INTEGER NOT NULL, created INTEGER NOT NULL) "
    "STRICT;"
    "CREATE TABLE IF NOT EXISTS messages (place INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL,"
    " body TEXT NOT NULL, sent INTEGER NOT NULL, visible INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 0,"
    " first INTEGER NOT NULL DEFAULT 0, receipt TEXT NOT NULL DEFAULT '') STRICT;"
    "CREATE INDEX IF NOT EXISTS by_queue ON messages (queue, visible);"
    "CREATE INDEX IF NOT EXISTS by_receipt ON messages (receipt);";

// Where a long receive looks again although nothing was sent: a message comes back when its time of hiding is over.
constexpr Duration kLookAgain = std::chrono::milliseconds(200);

Failure no_queue() {
  return fail(ErrorKind::not_found, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.",
              "QueueUrl");
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

}  // namespace

struct Queues::Files {
  explicit Files(std::function<Time()> clock) : now(std::move(clock)), random(Random::fresh_seed()) {}

  const std::function<Time()> now;
  mutable std::mutex mutex;  // of all that follows
  std::condition_variable sent;
  bool closed = false;
  Random random;
  std::unique_ptr<sqlite3, CloseDatabase> database;

  Failure broken() const {
    return fail(ErrorKind::unavailable, "ServiceUnavailable",
                std::string("The queues' store cannot be used: ") + sqlite3_errmsg(database.get()));
  }

  // A statement with its values; `each` sees every row.
  using Row = std::function<void(sqlite3_stmt*)>;
  template <class... Values>
  Result<void> run(const char* sql, const Row& each, const Values&... values) const {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(database.get(), sql, -1, &made, nullptr) != SQLITE_OK) return broken();
    std::unique_ptr<sqlite3_stmt, Finalize> statement(made);
    int place = 0;
    (bind(made, ++place, values), ...);
    int status = SQLITE_ROW;
    while ((status = sqlite3_step(made)) == SQLITE_ROW) {
      if (each) each(made);
    }
    if (status != SQLITE_DONE) return broken();
    return {};
  }
  static void bind(sqlite3_stmt* to, int place, const std::string& text) {
    sqlite3_bind_text(to, place, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  static void bind(sqlite3_stmt* to, int place, int64_t number) { sqlite3_bind_int64(to, place, number); }
  static void bind(sqlite3_stmt* to, int place, Time time) { sqlite3_bind_int64(to, place, to_millis(time)); }
  static void bind(sqlite3_stmt* to, int place, Duration length) { sqlite3_bind_int64(to, place, length.count()); }

  static std::string text(sqlite3_stmt* row, int column) {
    const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return std::string(start == nullptr ? "" : start, static_cast<size_t>(sqlite3_column_bytes(row, column)));
  }

  Result<QueueFacts> need(const std::string& queue) const {
    std::optional<QueueFacts> found;
    HF_TRY_VOID(run(
        "SELECT visibility, wait, delay, retention, maximum_size, created FROM queues WHERE name = ?1",
        [&](sqlite3_stmt* row) {
          auto length = [&](int column) { return Duration(sqlite3_column_int64(row, column)); };
          found.emplace();
          found->attributes = {length(0), length(1), length(2), length(3), sqlite3_column_int64(row, 4)};
          found->created = from_millis(sqlite3_column_int64(row, 5));
        },
        queue));
    if (!found) return no_queue();
    return *found;
  }

  Result<std::string> put(const std::string& queue, const QueueAttributes& its, const std::string& body) {
    const std::string hex = random.hex(32);
    const std::string id = hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
                           hex.substr(16, 4) + "-" + hex.substr(20);
    HF_TRY_VOID(run("INSERT INTO messages (queue, id, body, sent, visible) VALUES (?1, ?2, ?3, ?4, ?5)", {}, queue, id,
                    body, now(), now() + its.delay));
    // Too old, or too many: the oldest go.
    HF_TRY_VOID(run(
        "DELETE FROM messages WHERE queue = ?1 AND (sent < ?2 OR place <= (SELECT place FROM messages WHERE queue = ?1"
        " ORDER BY place DESC LIMIT 1 OFFSET ?3))",
        {}, queue, now() - its.retention, kMaxMessages));
    sent.notify_all();
    return id;
  }

  Result<std::vector<Received>> take(const std::string& queue, int most, Duration visibility, Duration retention) {
    std::vector<std::pair<int64_t, Received>> found;
    HF_TRY_VOID(run(
        "SELECT place, id, body, sent, first, times FROM messages WHERE queue = ?1 AND visible <= ?2 AND sent >= ?3"
        " ORDER BY place LIMIT ?4",
        [&](sqlite3_stmt* row) {
          auto time = [&](int column) { return from_millis(sqlite3_column_int64(row, column)); };
          found.push_back({sqlite3_column_int64(row, 0),
                           {text(row, 1), "", text(row, 2), time(3), time(4), sqlite3_column_int64(row, 5)}});
        },
        queue, now(), now() - retention, static_cast<int64_t>(most)));
    std::vector<Received> taken;
    for (auto& [place, message] : found) {
      if (++message.times_received == 1) message.first_received = now();
      message.receipt = base64_encode(message.message_id + "/" + random.hex(24));
      HF_TRY_VOID(run("UPDATE messages SET visible = ?2, times = ?3, first = ?4, receipt = ?5 WHERE place = ?1", {},
                      place, now() + visibility, message.times_received, message.first_received, message.receipt));
      taken.push_back(std::move(message));
    }
    return taken;
  }
};

Queues::Queues(std::unique_ptr<Files> files) : files_(std::move(files)) {}
Queues::~Queues() {
  close();
}

Result<std::unique_ptr<Queues>> Queues::open(const std::filesystem::path& file, std::function<Time()> now) {
  auto files = std::make_unique<Files>(std::move(now));
  sqlite3* opened = nullptr;
  const int status = sqlite3_open(file.empty() ? ":memory:" : file.c_str(), &opened);
  files->database.reset(opened);
  if (status != SQLITE_OK || sqlite3_exec(opened, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK)
    return files->broken();
  return std::unique_ptr<Queues>(new Queues(std::move(files)));
}

Result<void> Queues::create(const std::string& queue, const QueueAttributes& its) {
  auto odd = [](char c) { return !std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_'; };
  if (queue.empty() || queue.size() > 80 || std::any_of(queue.begin(), queue.end(), odd)) {
    return fail(ErrorKind::invalid, "InvalidParameterValue",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length", "QueueName");
  }
  std::lock_guard hold(files_->mutex);
  if (auto old = files_->need(queue)) {
    if (old->attributes == its) return {};
    return fail(ErrorKind::conflict, "QueueAlreadyExists",
                "A queue already exists with the same name and a different value for an attribute", "QueueName");
  }
  int64_t count = 0;
  HF_TRY_VOID(
      files_->run("SELECT count(*) FROM queues", [&](sqlite3_stmt* row) { count = sqlite3_column_int64(row, 0); }));
  if (count >= static_cast<int64_t>(kMaxQueues)) {
    return fail(ErrorKind::invalid, "OverLimit", "There are 100 queues already; delete one first.", "QueueName");
  }
  return files_->run("INSERT INTO queues VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", {}, queue, its.visibility, its.wait,
                     its.delay, its.retention, its.maximum_size, files_->now());
}

Result<void> Queues::remove(const std::string& queue) {
  std::lock_guard hold(files_->mutex);
  HF_TRY_VOID(files_->need(queue));
  HF_TRY_VOID(files_->run("DELETE FROM messages WHERE queue = ?1", {}, queue));
  HF_TRY_VOID(files_->run("DELETE FROM queues WHERE name = ?1", {}, queue));
  files_->sent.notify_all();
  return {};
}

Result<std::vector<std::string>> Queues::names() const {
  std::lock_guard hold(files_->mutex);
  std::vector<std::string> all;
  HF_TRY_VOID(files_->run("SELECT name FROM queues ORDER BY name",
                          [&](sqlite3_stmt* row) { all.push_back(Files::text(row, 0)); }));
  return all;
}

Result<QueueFacts> Queues::facts(const std::string& queue) const {
  std::lock_guard hold(files_->mutex);
  HF_TRY(QueueFacts facts, files_->need(queue));
  HF_TRY_VOID(files_->run(
      "SELECT count(*) FILTER (WHERE visible <= ?2), count(*) FILTER (WHERE visible > ?2 AND times > 0),"
      " count(*) FILTER (WHERE visible > ?2 AND times = 0) FROM messages WHERE queue = ?1 AND sent >= ?3",
      [&](sqlite3_stmt* row) {
        facts.visible = sqlite3_column_int64(row, 0);
        facts.in_flight = sqlite3_column_int64(row, 1);
        facts.delayed = sqlite3_column_int64(row, 2);
      },
      queue, files_->now(), files_->now() - facts.attributes.retention));
  return facts;
}

Result<std::string> Queues::send(const std::string& queue, const std::string& body) {
  std::lock_guard hold(files_->mutex);
  HF_TRY(const QueueFacts facts, files_->need(queue));
  if (body.empty())
    return fail(ErrorKind::invalid, "MissingParameter", "The request must contain the parameter MessageBody.",
                "MessageBody");
  if (static_cast<int64_t>(body.size()) > facts.attributes.maximum_size) {
    return fail(ErrorKind::invalid, "InvalidParameterValue",
                "One or more parameters are invalid. Reason: Message must be shorter than " +
                    std::to_string(facts.attributes.maximum_size) + " bytes.",
                "MessageBody");
  }
  return files_->put(queue, facts.attributes, body);
}

Result<void> Queues::send_to_all(const std::string& body) {
  HF_TRY(const auto queues, names());
  for (const std::string& queue : queues) {
    std::lock_guard hold(files_->mutex);
    HF_TRY(const QueueFacts facts, files_->need(queue));
    HF_TRY_VOID(files_->put(queue, facts.attributes, body));
  }
  return {};
}

Result<std::vector<Received>> Queues::receive(const std::string& queue, const ReceiveHow& how) {
  std::unique_lock hold(files_->mutex);
  HF_TRY(const QueueFacts facts, files_->need(queue));
  const auto end = std::chrono::steady_clock::now() + how.wait.value_or(facts.attributes.wait);
  while (true) {
    HF_TRY_VOID(files_->need(queue));  // it may go while we wait
    HF_TRY(auto taken, files_->take(queue, how.most, how.visibility.value_or(facts.attributes.visibility),
                                    facts.attributes.retention));
    const auto left = end - std::chrono::steady_clock::now();
    if (!taken.empty() || files_->closed || left <= left.zero()) return taken;
    files_->sent.wait_for(hold, std::min<std::chrono::steady_clock::duration>(left, kLookAgain));
  }
}

namespace {

Result<void> check_receipt(const std::string& receipt) {
  const auto text = base64_decode(receipt);
  if (text && text->size() == 61 && (*text)[36] == '/') return {};
  return fail(ErrorKind::invalid, "ReceiptHandleIsInvalid", "The input receipt handle is invalid.", "ReceiptHandle");
}

}  // namespace

Result<void> Queues::erase(const std::string& queue, const std::string& receipt) {
  std::lock_guard hold(files_->mutex);
  HF_TRY_VOID(files_->need(queue));
  HF_TRY_VOID(check_receipt(receipt));
  return files_->run("DELETE FROM messages WHERE receipt = ?2 AND queue = ?1", {}, queue, receipt);
}

Result<void> Queues::change_visibility(const std::string& queue, const std::string& receipt, Duration from_now) {
  std::lock_guard hold(files_->mutex);
  HF_TRY_VOID(files_->need(queue));
  HF_TRY_VOID(check_receipt(receipt));
  HF_TRY_VOID(files_->run("UPDATE messages SET visible = ?3 WHERE receipt = ?2 AND queue = ?1", {}, queue, receipt,
                          files_->now() + from_now));
  files_->sent.notify_all();
  return {};
}

Result<void> Queues::purge(const std::string& queue) {
  std::lock_guard hold(files_->mutex);
  HF_TRY_VOID(files_->need(queue));
  return files_->run("DELETE FROM messages WHERE queue = ?1", {}, queue);
}

void Queues::close() {
  std::lock_guard hold(files_->mutex);
  files_->closed = true;
  files_->sent.notify_all();
}

}  // namespace holdfast::cloud::endpoint
