// HTTP to the outside: AWS's endpoints, container and instance metadata. libcurl's multi interface on a thread of its
// own; connections are kept and used again; TLS is always verified. Called by query_client, sqs and the credentials.
//
// What holds always: a failure says whether the request may have been carried out. `unavailable`: the other side cannot
// have acted. `unknown_outcome`: it may have. No request with a body is ever sent twice behind the
// caller's back, no redirect is followed, and every wait has an end.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "ec2/uri.h"

namespace holdfast::aws {

enum class Proxy {
  by_environment,  // HTTPS_PROXY, http_proxy, NO_PROXY, … as libcurl reads them
  none,            // credentials of this machine are fetched from this machine: never through somebody else
};

struct HttpRequest {
  std::string method = "POST";  // GET, POST or PUT
  std::string url;
  ec2::Pairs headers;
  std::string body;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration total_timeout = std::chrono::seconds(60);
  size_t max_answer = 32 << 20;
  Proxy proxy = Proxy::by_environment;
};

struct HttpResponse {
  int status = 0;
  ec2::Pairs headers;  // names in lower case
  std::string body;
  // Nullptr if there is none; of several the first.
  const std::string* header(std::string_view lower_case_name) const;
};

struct HttpClientOptions {
  std::string ca_bundle;    // file; empty: the system's
  int max_in_flight = 128;  // more wait for their turn, within their own time limit
  int max_idle = 64;        // connections kept for later
};

class HttpClient {
 public:
  static Result<std::unique_ptr<HttpClient>> start(HttpClientOptions options);
  ~HttpClient();  // requests under way end with an error that says what is known of them

  // Blocks until answered, whatever the answer's status, or until the time is over or `stop` is asked for. From any
  // thread.
  Result<HttpResponse> perform(const HttpRequest& request, std::stop_token stop = {});
  // Connections opened so far: for tests and metrics.
  uint64_t connections_opened() const;

 private:
  struct Impl;
  struct Visit;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::aws
