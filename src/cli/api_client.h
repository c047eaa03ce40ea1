// The REST API from the client's side: one call, one answer, or the stream of events. Faults say what to do next.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::cli {

inline constexpr char kManagedInstances[] = "/aws/ec2/managedInstance";
// Codes of errors that are the client's own.
inline constexpr char kCannotReach[] = "CannotReach";
inline constexpr char kWaitOver[] = "TimedOut";
// The service's: a creation's key has made another managed instance, or one that was changed since.
inline constexpr char kKeyUsed[] = "IdempotencyKeyUsed";
// The service's: another has changed it since the version of if_match.
inline constexpr char kPreconditionFailed[] = "PreconditionFailed";

struct Endpoint {
  std::string url;  // without a slash at its end
  std::string token;
  std::string ca_file = {};  // PEM with those whose signature counts; empty: the system's
};

struct Call {
  std::string method = "GET";
  std::string path;
  std::string body;  // JSON; empty: none
  Duration limit = std::chrono::seconds(60);
  std::string idempotency_key = {};  // of a creation; printable ASCII
  std::string if_match = {};         // of an update: an ETag; only that version is changed
};

class ApiClient {
 public:
  explicit ApiClient(Endpoint endpoint);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;

  // The answer's items. One that asks too often (429) waits and asks again, a few times. Several faults of one answer
  // become one message with a line each. A call that may have been done although no answer came is an unknown_outcome.
  Result<boost::json::array> call(const Call& call);
  // The version of what the last answer showed; empty if it said none.
  const std::string& etag() const;

  // Events of one managed instance after a sequence number, as they happen. `happened` for each, `tick` at least once a
  // second: false from either ends it. An error where the stream broke by itself.
  struct Follow {
    std::string id;
    int64_t after = 0;
    std::string kinds = {};  // between commas; empty: all
    std::function<bool(const boost::json::value& event)> happened;
    std::function<bool()> tick;
  };
  Result<void> follow(const Follow& follow);

  const std::string& url() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Safe inside a path.
std::string escaped(const std::string& text);

}  // namespace holdfast::cli
