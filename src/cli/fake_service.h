// A service with canned answers for tests of the commands: a real HTTP server on loopback, a few managed instances in
// memory, and a record of every request. Included by tests only.
#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "http/server.h"

namespace holdfast::cli {

inline constexpr char kToken[] = "secret";

struct Seen {
  std::string method;
  std::string path;
  boost::json::value body;
  std::string key = {};       // Idempotency-Key
  std::string if_match = {};  // If-Match
  bool dry = false;           // ?dryRun=true
};

class FakeService {
 public:
  FakeService();
  ~FakeService();

  std::string url() const;
  // A managed instance that the service has, by its id.
  void have(const std::string& id, const std::string& name, const std::string& status, int generation = 1);
  void set(const std::string& id, const std::string& member, boost::json::value value);
  void keep(const std::string& id, boost::json::object document);  // in place of the one that it has
  void forget(const std::string& id);
  void happen(const std::string& id, const std::string& kind, const std::string& message);
  // The next requests "METHOD path" are answered with this status and errors or items.
  void answer(const std::string& call, int status, boost::json::array content);
  // Streams and connections end, and it is there again at the same address.
  void restart();
  // Until the event of this number was sent into a stream; false if it was not within 20 s.
  bool wait_sent(int64_t sequence);
  // Called with the lock released before anything is answered: "GET …/status".
  std::function<void(const std::string& call)> before;
  // Called with the lock released when an action comes in: "PUT …/pause".
  std::function<void(const std::string& call)> on_action;

  // The next update by If-Match is refused: another was quicker.
  void change_meanwhile() { changed_meanwhile_ = true; }

  std::vector<Seen> seen() const;
  std::vector<Seen> seen(const std::string& method) const;  // dry runs left out

 private:
  http::Response handle(const http::Request& request);
  void listen(uint16_t port);
  http::Response create(const http::Request& request);
  http::Response foretold(const http::Request& request, const std::vector<std::string>& parts);
  http::Response managed(const http::Request& request, const std::vector<std::string>& parts);
  http::Response events(const http::Request& request, const std::string& id);
  boost::json::array events_after(const std::string& id, int64_t after);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool changed_meanwhile_ = false;
  std::map<std::string, boost::json::object> statuses_;
  std::map<std::string, boost::json::object> documents_;
  std::map<std::string, std::pair<int, boost::json::array>> canned_;
  std::map<std::string, std::string> made_;  // by idempotency key
  boost::json::array events_;
  int64_t sent_ = 0;  // the newest event in a stream
  std::vector<Seen> seen_;
  std::unique_ptr<http::Server> server_;
};

// One run of the program, as a user would type it: "get db -o json". Words in '…' stay together.
struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};
struct Typed {
  std::string line;
  std::string input = {};
  bool input_is_tty = true;
  int width = 0;
};
Outcome run_line(const FakeService* service, const Typed& typed);

}  // namespace holdfast::cli
