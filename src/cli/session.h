// What every client command shares: its options, the connection, finding a managed instance by id or name, and telling
// an error so that a person knows what to do and a script can tell by the exit status.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/json_view.h"

namespace holdfast::cli {

inline constexpr char kDefaultUrl[] = "http://127.0.0.1:7400";
inline constexpr int kDefaultTimeoutSeconds = 600;

// The options of one command, as they were given.
struct Options {
  std::string url;  // these three as they were given: client_settings.h says what they come to
  std::string token_file;
  std::string ca_file;
  std::string format = "table";
  bool wait = false;
  int timeout_seconds = kDefaultTimeoutSeconds;
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const Options& options, Run& run);

  ApiClient& api() { return *api_; }
  Terminal& terminal() { return run_.terminal; }
  Format format() const;  // wide is a table
  bool wide() const { return options_.format == "wide"; }
  const Options& options() const { return options_; }
  Duration timeout() const { return std::chrono::seconds(options_.timeout_seconds); }

  // A second connection to the same service, for calls while a stream is open on the first.
  std::unique_ptr<ApiClient> another() const;
  // The id of the managed instance that `word` is the id or the name of. Deleted ones are found by id only, unless no
  // other has the name.
  Result<std::string> find(const std::string& word);
  Result<boost::json::value> status(const std::string& id);
  // The status of all that have this name and are not being deleted.
  Result<boost::json::array> named(const std::string& name);

 private:
  Session(Options options, Endpoint endpoint, Run& run);
  Options options_;
  Endpoint endpoint_;
  Run& run_;
  std::unique_ptr<ApiClient> api_;
};

Format format_of(const Options& options);

// Of a managed instance's status: it goes, and does not come back by itself.
bool is_being_deleted(const boost::json::value& status);

// The only item of an answer.
Result<boost::json::value> only_item(Result<boost::json::array> items);

Time wall_clock();

// "holdfast: …" on err; gives the exit status.
int report(Terminal& terminal, const Error& error);

// Opens a session, runs the command in it, and leaves the exit status.
void run_in_session(const Options& options, Run& run, const std::function<Result<int>(Session&)>& command);

}  // namespace holdfast::cli
