// The bearer tokens: one that is the service's own (the file `token` of the data directory, always an admin), and named
// ones that are made and revoked while it runs. All are in memory; each change is stored before it counts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/store.h"
#include "base/error.h"
#include "base/time.h"

namespace holdfast::access {

inline constexpr char kBootstrap[] = "bootstrap";  // the name of the service's own; no other is named so

inline constexpr std::chrono::seconds kLongestLifetime = std::chrono::hours(24 * 3650);  // ten years

struct WantedToken {
  std::string name;
  Role role = Role::viewer;
  std::optional<Duration> lifetime;  // none: until it is revoked
};

struct MadeToken {
  Token token;
  std::string secret;  // told once, kept nowhere
};

// Thread: any.
class Tokens {
 public:
  using Clock = std::function<Time()>;
  // `bootstrap` is the secret of the service's own token; not empty. The store outlives this.
  static Result<std::unique_ptr<Tokens>> open(Store& store, const std::string& bootstrap, Clock now);

  // Whose secret it is; nobody's, if it is unknown, revoked or expired. Takes no longer for a secret that is nearly
  // right: what is compared is a hash, which nobody can bring near.
  std::optional<Caller> who(std::string_view secret);
  // Whether what `who` answered for this secret still holds; is no use of it.
  bool still(std::string_view secret);

  // invalid: a name that is none, a lifetime that is none. conflict: the name is taken, or there are too many.
  Result<MadeToken> create(const WantedToken& wanted, const std::string& by);
  Result<void> revoke(const std::string& name);  // not_found
  std::vector<Token> all() const;                // in order of names; expired ones too
  Time now() const { return now_(); }

 private:
  struct Kept {
    Token token;
    Time use_stored{};
  };
  Tokens(Store& store, std::string bootstrap_hash, Clock now);
  Kept* find(const std::string& hash);  // under the mutex

  Store& store_;
  const std::string bootstrap_hash_;
  const Clock now_;
  std::mutex changes_;  // one change at a time; before mutex_
  mutable std::mutex mutex_;
  std::map<std::string, Kept> by_hash_;
};

}  // namespace holdfast::access
