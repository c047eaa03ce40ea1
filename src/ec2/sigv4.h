// AWS Signature Version 4, both ways: the client signs with it, the server verifies with it, over the same canonical
// request, so that the two cannot drift apart. Pure: time is an argument.
//
// What holds always: every header of the message is signed but those that proxies and libraries change on the way
// (User-Agent, Expect, …); the body is signed; secrets never appear in an error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "ec2/uri.h"

namespace holdfast::ec2::sigv4 {

struct Key {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: a long-lived key
};

struct Scope {
  std::string region;
  std::string service;
};

struct Message {
  std::string method;
  std::string path;  // as on the wire: encoded, without the query
  Pairs query;       // decoded; a server reads `+` as a space
  Pairs headers;     // with Host; names in any case
  std::string_view body;
};

// The headers to add to the message: X-Amz-Date, X-Amz-Security-Token if the key has one, Authorization. They replace
// headers of these names that the message carries already (a request signed anew).
Pairs sign(const Message& message, const Key& key, const Scope& scope, Time now);

// Host header of a URL's authority: lower case, without the scheme's own port.
std::string host_header(std::string_view scheme, std::string_view host, std::optional<int> port);

// The key of this name, nothing if there is none.
using KeyLookup = std::function<std::optional<Key>(std::string_view access_key)>;

struct Expected {
  std::string service;
  std::string region;                           // empty: any
  Duration max_skew = std::chrono::minutes(5);  // as AWS: five minutes either way
};

struct Verified {
  std::string access_key;
  Scope scope;
  Duration skew{};  // the client's clock minus ours
};

// Refusals are `denied` and carry the codes that AWS uses in general; EC2 itself says AuthFailure for the third and
// fourth:
//   MissingAuthenticationToken  no Authorization header
//   IncompleteSignature         a part is missing or malformed, or the Host header was not signed
//   InvalidClientTokenId        no such key, or a session token that is not this key's
//   SignatureDoesNotMatch       wrong secret, changed message, or another scope
//   RequestExpired              the clocks are further apart than allowed; the message says how far
Result<Verified> verify(const Message& message, const KeyLookup& lookup, const Expected& expected, Time now);

// How far the signer's clock is ahead of `now`, if the message carries a readable date.
std::optional<Duration> skew_of(const Message& message, Time now);

}  // namespace holdfast::ec2::sigv4
