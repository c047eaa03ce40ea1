// Client tokens: the same token with the same request answers what the first call made; with another request it is
// refused. Kept durably for longer than EC2's 24 h. A call that failed keeps no token, as it has made nothing.
#pragma once

#include <string>
#include <vector>

#include "cloud/codec.h"
#include "cloud/lookup.h"
#include "cloud/rules.h"

namespace holdfast::cloud {

// Token::made of the earlier call, or null. `scope`: the zone for RunInstances, else empty.
template <class Request>
Result<const std::vector<std::string>*> find_token(const Call& call, const std::string& scope, const Request& request) {
  static const std::vector<std::string>* const kNone = nullptr;
  constexpr size_t kMaxLength = 64;
  const std::string& token = request.client_token;
  if (token.empty()) return kNone;
  bool ascii =
      token.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ") ==
      std::string::npos;
  if (token.size() > kMaxLength || !ascii)
    return bad_value("A client token is at most 64 ASCII characters.", "ClientToken");
  const Token* found = call.model.tokens.find(std::string(Request::kAction) + "/" + scope + "/" + token);
  if (found == nullptr) return kNone;
  if (found->request != encode(request)) {
    return fail(ErrorKind::invalid, "IdempotentParameterMismatch",
                "The client token was used before with other parameters; give a new request a new token.",
                "ClientToken");
  }
  return &found->made;
}

template <class Request>
void keep_token(Call& call, const std::string& scope, const Request& request, std::vector<std::string> made) {
  if (request.client_token.empty()) return;
  std::string key = std::string(Request::kAction) + "/" + scope + "/" + request.client_token;
  call.model.tokens.put(key, Token{key, encode(request), std::move(made), call.now});
}

}  // namespace holdfast::cloud
