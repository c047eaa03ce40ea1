#include "access/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "access/secret.h"
#include "base/check.h"
#include "base/text.h"

namespace holdfast::access {
namespace {

constexpr size_t kMostTokens = 1000;
constexpr size_t kLongestName = 64;
constexpr Duration kStoreUseEvery = std::chrono::minutes(5);  // a use is for people to see, not worth a write each

bool is_name(const std::string& name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > kLongestName || !letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '-' || c == '_' || c == '.'; });
}

Result<void> check(const WantedToken& wanted) {
  if (!is_name(wanted.name) || wanted.name == kBootstrap) {
    return fail(ErrorKind::invalid, "InvalidField",
                fmt::format("must be 1 to {} letters, digits, '-', '_' and '.', begin with a letter or digit, and not "
                            "be '{}'.",
                            kLongestName, kBootstrap),
                "token.name");
  }
  if (wanted.lifetime && (*wanted.lifetime < std::chrono::seconds(1) || *wanted.lifetime > kLongestLifetime)) {
    return fail(ErrorKind::invalid, "InvalidField",
                fmt::format("must be 1 to {} (ten years); leave it out for no end.", kLongestLifetime.count()),
                "token.expiresInSeconds");
  }
  return {};
}

bool lives(const Token& token, Time now) {
  return !token.expires_at || now < *token.expires_at;
}

}  // namespace

Tokens::Tokens(Store& store, std::string bootstrap_hash, Clock now)
    : store_(store), bootstrap_hash_(std::move(bootstrap_hash)), now_(std::move(now)) {}

Result<std::unique_ptr<Tokens>> Tokens::open(Store& store, const std::string& bootstrap, Clock now) {
  CHECK(!bootstrap.empty() && now);
  std::unique_ptr<Tokens> opened(new Tokens(store, sha256_hex(bootstrap), std::move(now)));
  HF_TRY(auto tokens, store.tokens());
  for (Token& token : tokens) {
    const Time used = token.last_used_at.value_or(Time{});
    std::string hash = token.hash;
    opened->by_hash_.emplace(std::move(hash), Kept{std::move(token), used});
  }
  return opened;
}

Tokens::Kept* Tokens::find(const std::string& hash) {
  auto found = by_hash_.find(hash);
  return found != by_hash_.end() && lives(found->second.token, now_()) ? &found->second : nullptr;
}

std::optional<Caller> Tokens::who(std::string_view secret) {
  if (secret.empty()) return std::nullopt;
  const std::string hash = sha256_hex(secret);
  if (hash == bootstrap_hash_) return Caller{kBootstrap, Role::admin};
  std::optional<Caller> caller;
  Time now{};
  bool store_use = false;
  {
    std::lock_guard lock(mutex_);
    Kept* kept = find(hash);
    if (!kept) return std::nullopt;
    now = now_();
    kept->token.last_used_at = now;
    store_use = now - kept->use_stored >= kStoreUseEvery;
    if (store_use) kept->use_stored = now;  // also if it fails: a full disk is not asked at every request
    caller = Caller{kept->token.name, kept->token.role};
  }
  if (store_use) (void)store_.note_use(caller->token, now);
  return caller;
}

bool Tokens::still(std::string_view secret) {
  const std::string hash = sha256_hex(secret);
  if (hash == bootstrap_hash_) return true;
  std::lock_guard lock(mutex_);
  return find(hash) != nullptr;
}

Result<MadeToken> Tokens::create(const WantedToken& wanted, const std::string& by) {
  HF_TRY_VOID(check(wanted));
  HF_TRY(std::string secret, fresh_secret());
  std::lock_guard changing(changes_);
  Token token{wanted.name, wanted.role, sha256_hex(secret), now_(), by, std::nullopt, std::nullopt};
  if (wanted.lifetime) token.expires_at = token.created_at + *wanted.lifetime;
  {
    std::lock_guard lock(mutex_);
    if (by_hash_.size() >= kMostTokens) {
      return fail(ErrorKind::conflict, "TooManyTokens",
                  fmt::format("There are {} tokens already: revoke one that is not in use any more.", kMostTokens));
    }
    for (const auto& [hash, kept] : by_hash_) {
      if (kept.token.name != token.name) continue;
      return fail(ErrorKind::conflict, "TokenExists",
                  fmt::format("There is a token named '{}': revoke it first, or choose another name.", token.name),
                  "token.name");
    }
  }
  HF_TRY_VOID(store_.add_token(token));
  std::lock_guard lock(mutex_);
  by_hash_.emplace(token.hash, Kept{token, {}});
  return MadeToken{std::move(token), std::move(secret)};
}

// Refused from before it is stored on: a revocation that was answered with an error leaves it as it was.
Result<void> Tokens::revoke(const std::string& name) {
  std::lock_guard changing(changes_);
  std::map<std::string, Kept>::node_type taken;
  {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(by_hash_.begin(), by_hash_.end(),
                              [&](const auto& entry) { return entry.second.token.name == name; });
    if (found == by_hash_.end()) {
      return fail(ErrorKind::not_found, "TokenNotFound", fmt::format("There is no token '{}'.", quoted(name)));
    }
    taken = by_hash_.extract(found);
  }
  auto removed = store_.remove_token(name);
  if (removed) return {};
  std::lock_guard lock(mutex_);
  by_hash_.insert(std::move(taken));
  return removed;
}

std::vector<Token> Tokens::all() const {
  std::vector<Token> tokens;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [hash, kept] : by_hash_) tokens.push_back(kept.token);
  }
  std::sort(tokens.begin(), tokens.end(), [](const Token& a, const Token& b) { return a.name < b.name; });
  return tokens;
}

}  // namespace holdfast::access
