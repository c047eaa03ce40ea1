// Everything that calls to AWS, or to the local cloud in its place, need: the HTTP client, the credentials, the region,
// the endpoints. Opened once by the daemon or a command; the clients made from it must not outlive it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/config_file.h"
#include "aws/credentials.h"
#include "aws/credentials_chain.h"
#include "aws/endpoint.h"
#include "aws/environment.h"
#include "aws/http_client.h"
#include "aws/query_client.h"

namespace holdfast::aws {

struct SessionOptions {
  Environment environment = Environment::of_process();
  std::string region;                      // empty: chosen as AWS's tools choose it
  std::string endpoint_url;                // for all services; empty: chosen
  Proxy proxy = Proxy::by_environment;     // none: the endpoint is on this machine
  std::optional<Credentials> credentials;  // absent: the chain's
  RetryOptions retry;
};

class Session {
 public:
  // Reads the shared files and the region, and nothing more: no keys are fetched yet. Errors name the setting or the
  // file and line at fault.
  static Result<std::unique_ptr<Session>> open(SessionOptions options, Now now = system_now);

  HttpClient& http() { return *http_; }
  CredentialsProvider& credentials() { return *credentials_; }
  const std::string& region() const { return region_; }
  const Now& now() const { return now_; }

  // "ec2", "sqs" or "sts".
  Result<ServiceOptions> service(const std::string& name) const;
  Result<std::unique_ptr<QueryClient>> ec2();

 private:
  Session(SessionOptions options, Now now) : options_(std::move(options)), now_(std::move(now)) {}
  Result<void> set_up();

  SessionOptions options_;
  Now now_;
  SharedConfig shared_;
  Profile profile_;
  std::string region_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<CredentialsProvider> credentials_;
};

}  // namespace holdfast::aws
