// Says what our chain and our choice of endpoints make of this process's environment, for chain_check.py to compare
// with botocore. `chain_check credentials`: "ACCESS_KEY SECRET_KEY TOKEN" or "error". `chain_check endpoints`: reads
// "SERVICE REGION" lines and writes a URL for each.
#include <iostream>

#include "aws/credentials_chain.h"
#include "aws/endpoint.h"

namespace {

using namespace holdfast;
using namespace holdfast::aws;

int credentials() {
  auto http = HttpClient::start({}).value();
  CredentialsChain::Options options;
  options.environment = Environment::of_process();
  auto found = CredentialsChain(std::move(options), *http, system_now).find({});
  if (found)
    std::cout << found->key.access_key << " " << found->key.secret_key << " " << found->key.session_token << "\n";
  else
    std::cout << "error " << describe(found.error()) << "\n";
  return 0;
}

int endpoints() {
  const Environment environment;
  const SharedConfig config;
  const Profile profile;
  for (std::string service, region; std::cin >> service >> region;) {
    auto endpoint = choose_endpoint({environment, config, profile}, service, region);
    std::cout << (endpoint ? endpoint->url : describe(endpoint.error())) << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "credentials") return credentials();
  if (what == "endpoints") return endpoints();
  std::cerr << "chain_check credentials|endpoints\n";
  return 2;
}
