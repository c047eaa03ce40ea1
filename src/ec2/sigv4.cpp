#include "ec2/sigv4.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/check.h"
#include "base/text.h"

namespace holdfast::ec2::sigv4 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";

// Changed or added on the way, by proxies and by libraries, so never part of the signature.
constexpr std::array<std::string_view, 6> kUnsigned = {"authorization", "connection",        "expect",
                                                       "user-agent",    "transfer-encoding", "x-amzn-trace-id"};

// More headers than that are no honest client's.
constexpr size_t kMaxSignedHeaders = 100;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string hex(const Digest& digest) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned char byte : digest) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex(digest);
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest;
  unsigned int length = 0;
  auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  CHECK(done != nullptr && length == digest.size());
  return digest;
}

std::string_view bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// White space at the ends goes, runs of it inside become one space.
std::string trim_all(std::string_view value) {
  std::string out;
  bool gap = false;
  for (char c : value) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

// "." and ".." resolved and slashes joined, as AWS does for every service but S3; then encoded once more.
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool rooted = path.starts_with('/');
  const bool open_end = path.ends_with('/');
  while (!path.empty()) {
    const size_t end = path.find('/');
    std::string_view segment = path.substr(0, end);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  std::string out;
  for (std::string_view segment : kept) out += (out.empty() && !rooted ? "" : "/") + std::string(segment);
  if (out.empty()) return "/";
  if (open_end) out += '/';
  return uri_encode(out, Slash::kept);
}

std::string canonical_query(const Pairs& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(uri_encode(name), uri_encode(value));
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

// By name in lower case; a header that comes several times is joined by commas, in order.
std::map<std::string, std::string> gather(const Pairs& headers) {
  std::map<std::string, std::string> gathered;
  for (const auto& [name, value] : headers) {
    auto [place, fresh] = gathered.try_emplace(lower(trim(name)), trim_all(value));
    if (!fresh) place->second += "," + trim_all(value);
  }
  return gathered;
}

struct Canonical {
  std::string request;
  std::string signed_headers;
};

Canonical canonical_request(const Message& message, const std::map<std::string, std::string>& headers) {
  Canonical out;
  std::string block;
  for (const auto& [name, value] : headers) {
    block += name + ":" + value + "\n";
    out.signed_headers += (out.signed_headers.empty() ? "" : ";") + name;
  }
  out.request = message.method + "\n" + canonical_path(message.path) + "\n" + canonical_query(message.query) + "\n" +
                block + "\n" + out.signed_headers + "\n" + sha256_hex(message.body);
  return out;
}

struct Stamp {
  std::string basic;  // 20261124T034638Z
  std::string date() const { return basic.substr(0, 8); }
};

Stamp stamp_of(Time time) {
  std::string iso = to_iso(time);  // 2026-11-24T03:46:38.000Z
  std::string basic;
  for (char c : iso.substr(0, 19)) {
    if (c != '-' && c != ':') basic += c;
  }
  return {basic + "Z"};
}

std::string signature(const std::string& canonical, const std::string& secret, const Scope& scope, const Stamp& stamp) {
  const std::string where = fmt::format("{}/{}/{}/{}", stamp.date(), scope.region, scope.service, kTerminator);
  const std::string text = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp.basic, where, sha256_hex(canonical));
  const Digest date = hmac("AWS4" + secret, stamp.date());
  const Digest region = hmac(bytes(date), scope.region);
  const Digest service = hmac(bytes(region), scope.service);
  return hex(hmac(bytes(hmac(bytes(service), kTerminator)), text));
}

}  // namespace

Pairs sign(const Message& message, const Key& key, const Scope& scope, Time now) {
  const Stamp stamp = stamp_of(now);
  auto headers = gather(message.headers);
  CHECK(headers.count("host") == 1);
  for (std::string_view name : kUnsigned) headers.erase(std::string(name));
  headers["x-amz-date"] = stamp.basic;
  headers.erase("date");
  headers.erase("x-amz-security-token");
  Pairs added = {{"X-Amz-Date", stamp.basic}};
  if (!key.session_token.empty()) {
    headers["x-amz-security-token"] = trim_all(key.session_token);
    added.emplace_back("X-Amz-Security-Token", key.session_token);
  }
  const Canonical canonical = canonical_request(message, headers);
  added.emplace_back("Authorization",
                     fmt::format("{} Credential={}/{}/{}/{}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                 key.access_key, stamp.date(), scope.region, scope.service, kTerminator,
                                 canonical.signed_headers, signature(canonical.request, key.secret_key, scope, stamp)));
  return added;
}

std::string host_header(std::string_view scheme, std::string_view host, std::optional<int> port) {
  const bool own = !port || (scheme == "https" && *port == 443) || (scheme == "http" && *port == 80);
  return own ? lower(host) : fmt::format("{}:{}", lower(host), *port);
}

// ---- verifying

namespace {

Failure refuse(std::string code, std::string message) {
  return fail(ErrorKind::denied, std::move(code), std::move(message));
}

struct Claim {
  std::string access_key;
  std::string date;
  Scope scope;
  std::vector<std::string> signed_headers;
  std::string signature;
};

// "AWS4-HMAC-SHA256 Credential=K/D/R/S/aws4_request, SignedHeaders=a;b, Signature=hex"; commas with or without spaces.
Result<Claim> read_claim(std::string_view text) {
  if (!text.starts_with(kAlgorithm) || text.size() == kAlgorithm.size() || text[kAlgorithm.size()] != ' ')
    return refuse("IncompleteSignature", fmt::format("the Authorization header must begin with {}", kAlgorithm));
  std::map<std::string, std::string> parts;
  for (const std::string& part : split(text.substr(kAlgorithm.size()), ',')) {
    const std::string_view trimmed = trim(part);
    const size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos ||
        !parts.emplace(trimmed.substr(0, equals), trimmed.substr(equals + 1)).second)
      return refuse("IncompleteSignature", "the Authorization header has a part that is doubled or has no value");
  }
  for (const char* name : {"Credential", "SignedHeaders", "Signature"}) {
    if (parts[name].empty())
      return refuse("IncompleteSignature", fmt::format("the Authorization header requires '{}'", name));
  }
  std::vector<std::string> credential = split(parts["Credential"], '/');
  // An access key may not contain a slash, so five parts from the end are the scope.
  if (credential.size() != 5 || credential[4] != kTerminator || credential[1].size() != 8)
    return refuse("IncompleteSignature", "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  Claim claim{credential[0],
              credential[1],
              {credential[2], credential[3]},
              split(parts["SignedHeaders"], ';'),
              parts["Signature"]};
  if (claim.signed_headers.size() > kMaxSignedHeaders)
    return refuse("IncompleteSignature", fmt::format("more than {} signed headers", kMaxSignedHeaders));
  return claim;
}

// "20261124T034638Z", or nothing.
std::optional<Time> read_stamp(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  return from_iso(fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                              text.substr(9, 2), text.substr(11, 2), text.substr(13, 2)));
}

Result<std::map<std::string, std::string>> signed_subset(const Claim& claim,
                                                         const std::map<std::string, std::string>& headers) {
  std::map<std::string, std::string> subset;
  for (const std::string& name : claim.signed_headers) {
    auto found = headers.find(lower(name));
    if (found == headers.end())
      return refuse("IncompleteSignature", fmt::format("the signed header '{}' is not in the request", name));
    subset.insert(*found);
  }
  if (subset.count("host") == 0) return refuse("IncompleteSignature", "the Host header must be signed");
  return subset;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> stamp_text(const std::map<std::string, std::string>& headers) {
  auto found = headers.find("x-amz-date");
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Result<void> check_scope(const Claim& claim, const Expected& expected) {
  if (claim.scope.service != expected.service)
    return refuse("SignatureDoesNotMatch", fmt::format("credential should be scoped to service '{}', not '{}'",
                                                       expected.service, claim.scope.service));
  if (!expected.region.empty() && claim.scope.region != expected.region)
    return refuse("SignatureDoesNotMatch", fmt::format("credential should be scoped to region '{}', not '{}'",
                                                       expected.region, claim.scope.region));
  return {};
}

Result<Key> check_key(const Claim& claim, const std::map<std::string, std::string>& headers, const KeyLookup& lookup) {
  std::optional<Key> key = lookup(claim.access_key);
  if (!key) return refuse("InvalidClientTokenId", "the access key does not exist");
  auto token = headers.find("x-amz-security-token");
  const std::string given = token == headers.end() ? "" : token->second;
  if (!same(given, trim_all(key->session_token)))
    return refuse("InvalidClientTokenId", "the security token included in the request is invalid");
  return std::move(*key);
}

}  // namespace

std::optional<Duration> skew_of(const Message& message, Time now) {
  auto text = stamp_text(gather(message.headers));
  auto time = text ? read_stamp(*text) : std::nullopt;
  if (!time) return std::nullopt;
  return *time - now;
}

Result<Verified> verify(const Message& message, const KeyLookup& lookup, const Expected& expected, Time now) {
  const auto headers = gather(message.headers);
  auto authorization = headers.find("authorization");
  if (authorization == headers.end())
    return refuse("MissingAuthenticationToken", "the request must be signed: it has no Authorization header");
  HF_TRY(Claim claim, read_claim(authorization->second));
  const auto stamp = stamp_text(headers);
  const auto time = stamp ? read_stamp(*stamp) : std::nullopt;
  if (!time) return refuse("IncompleteSignature", "X-Amz-Date must be there, as YYYYMMDDTHHMMSSZ");
  if (stamp->substr(0, 8) != claim.date)
    return refuse("SignatureDoesNotMatch", "the date in Credential is not that of X-Amz-Date");
  HF_TRY(auto subset, signed_subset(claim, headers));
  HF_TRY_VOID(check_scope(claim, expected));
  HF_TRY(Key key, check_key(claim, headers, lookup));
  // A client may state the body's hash itself; ours is what counts, so a body that differs does not verify.
  const Canonical canonical = canonical_request(message, subset);
  if (!same(signature(canonical.request, key.secret_key, claim.scope, {*stamp}), claim.signature))
    return refuse("SignatureDoesNotMatch",
                  "the request signature we calculated does not match the signature you provided: check the secret "
                  "key and the signing method");
  // After the signature: an unsigned stranger learns nothing of our clock, and the skew reported is a true client's.
  const Duration skew = *time - now;
  if (skew > expected.max_skew || -skew > expected.max_skew)
    return refuse("RequestExpired",
                  fmt::format("the request is dated {} and it is {} here: the clocks are {} apart", *stamp,
                              stamp_of(now).basic, to_words(skew < Duration(0) ? -skew : skew)));
  return Verified{claim.access_key, claim.scope, skew};
}

}  // namespace holdfast::ec2::sigv4
