// What every request passes but the two about the service's health: who asks, whether they may, whether they ask too
// often, and the audit log of what they change. One for everything behind one service: the API and the local cloud's
// controls. Made by the daemon; called by api.cpp and whoever answers beside it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "access/audit_log.h"
#include "access/limits.h"
#include "access/tokens.h"
#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

struct GateOptions {
  std::string account_id;       // of the one account that is served; empty: it is not known
  int requests_per_second = 0;  // of each token; 0: no limit
  int request_burst = 0;
};

// A managed instance, or a group, as the audit log tells of it.
struct Documented {
  std::string document;
  Time created_at{};
};

// Thread: any.
class Gate {
 public:
  // All are used for as long as this lives.
  Gate(access::Store& store, access::Tokens& tokens, access::AuditLog& audit, GateOptions options);

  using Next = std::function<http::Response(const access::Caller&)>;
  using DocumentOf = std::function<std::optional<Documented>(const std::string& id)>;
  // The answer of `next`, or why it was not asked: 401, 403, 429, or 503 where the audit log cannot be written. A
  // stream ends when its token does.
  http::Response pass(const http::Request& request, const Asked& asked, const Next& next,
                      const DocumentOf& document_of = {});

  // Not ready: the audit log cannot be written, so nothing can be changed.
  engine::Readiness readiness(Time now);

  access::Store& store() { return store_; }
  access::Tokens& tokens() { return tokens_; }

 private:
  struct Passage;
  http::Response audited(const Passage& passage);
  std::optional<http::Response> deny(const Passage& passage, const std::optional<access::Caller>& caller, int status,
                                     const Error& error);
  std::optional<http::Response> refuse(const Passage& passage, access::Role needed);

  access::Store& store_;
  access::Tokens& tokens_;
  access::AuditLog& audit_;
  const GateOptions options_;
  access::RateLimit rate_;
  access::Denials denials_;
};

}  // namespace holdfast::api
