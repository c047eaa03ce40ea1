// Access keys and who brings them. The chain that finds them is in credentials_chain; here is what everybody asks.
//
// What holds always: keys are never logged and never part of an error. One caller renews keys that will expire while
// the others go on with those at hand; only when none can be used do they wait for it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "ec2/sigv4.h"

namespace holdfast::aws {

// The wall clock, as an argument: tests bring their own.
using Now = std::function<Time()>;
Time system_now();

struct Credentials {
  ec2::sigv4::Key key;
  std::optional<Time> expires;  // nothing: long-lived
  std::string source;           // "environment", "profile 'build'": for people
};

// From any thread.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  virtual Result<Credentials> get(std::stop_token stop) = 0;
  // AWS says that these are expired. The next `get` brings others, if there are others.
  virtual void refused(const Credentials& credentials) = 0;
};

class FixedCredentials : public CredentialsProvider {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> get(std::stop_token) override { return credentials_; }
  void refused(const Credentials&) override {}

 private:
  Credentials credentials_;
};

class RefreshingCredentials : public CredentialsProvider {
 public:
  using Fetch = std::function<Result<Credentials>(std::stop_token)>;  // blocks; one call at a time
  RefreshingCredentials(Fetch fetch, Now now) : fetch_(std::move(fetch)), now_(std::move(now)) {}

  Result<Credentials> get(std::stop_token stop) override;
  void refused(const Credentials& credentials) override;

  // Instance metadata has the next ones this long before the end of the old ones.
  static constexpr Duration kRenewBefore = std::chrono::minutes(5);
  // Nearer to their end than this they are not used: a request takes its time.
  static constexpr Duration kUnusableBefore = std::chrono::seconds(30);
  // After a renewal that failed or brought nothing newer.
  static constexpr Duration kBetweenTries = std::chrono::seconds(10);

 private:
  bool is_usable(Time now) const;
  bool should_renew(Time now) const;
  Result<Credentials> renew(std::unique_lock<std::mutex>& lock, std::stop_token stop);

  const Fetch fetch_;
  const Now now_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Credentials> current_;
  bool is_refused_ = false;  // current_, by AWS
  bool is_renewing_ = false;
  Time next_try_ = Time::min();
  std::optional<Error> last_error_;
};

}  // namespace holdfast::aws
