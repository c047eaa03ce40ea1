#include "aws/session.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "aws/instance_metadata.h"

namespace holdfast::aws {
namespace {

Result<std::string> ca_bundle(const Environment& environment, const Profile& profile) {
  const auto named = environment.get("AWS_CA_BUNDLE");
  const auto file = named ? named : profile.get("ca_bundle");
  if (!file) return std::string();
  const std::string path = environment.expand_home(*file);
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0)
    return fail(ErrorKind::invalid, "NoCaBundle",
                fmt::format("the certificates' file {} (AWS_CA_BUNDLE) is not there", path), "AWS_CA_BUNDLE");
  return path;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(SessionOptions options, Now now) {
  std::unique_ptr<Session> session(new Session(std::move(options), std::move(now)));
  HF_TRY_VOID(session->set_up());
  return session;
}

Result<void> Session::set_up() {
  const Environment& environment = options_.environment;
  HF_TRY(shared_, SharedConfig::load(environment));
  HF_TRY(profile_, shared_.chosen(environment));
  HttpClientOptions http;
  HF_TRY(http.ca_bundle, ca_bundle(environment, profile_));
  HF_TRY(http_, HttpClient::start(std::move(http)));
  if (options_.region.empty()) {
    HF_TRY(auto metadata, InstanceMetadata::open(*http_, environment, profile_));
    HF_TRY(region_, choose_region(environment, profile_, [&] { return metadata.region({}); }));
  } else {
    Environment said;
    said.variables["AWS_REGION"] = options_.region;
    HF_TRY(region_, choose_region(said, Profile(), {}));
  }
  if (options_.credentials) {
    credentials_ = std::make_unique<FixedCredentials>(*options_.credentials);
    return {};
  }
  CredentialsChain::Options chain_options;
  chain_options.environment = environment;
  chain_options.retry = options_.retry;
  // Shared: the fetch is a std::function, which is copied.
  auto chain = std::make_shared<CredentialsChain>(std::move(chain_options), *http_, now_);
  credentials_ =
      std::make_unique<RefreshingCredentials>([chain](std::stop_token stop) { return chain->find(stop); }, now_);
  return {};
}

Result<ServiceOptions> Session::service(const std::string& name) const {
  ServiceOptions options;
  options.service = name;
  options.proxy = options_.proxy;
  options.retry = options_.retry;
  if (options_.endpoint_url.empty()) {
    HF_TRY(options.endpoint, choose_endpoint({options_.environment, shared_, profile_}, name, region_));
  } else {
    HF_TRY(options.endpoint, parse_endpoint(options_.endpoint_url, region_, "endpoint_url"));
  }
  return options;
}

Result<std::unique_ptr<QueryClient>> Session::ec2() {
  HF_TRY(auto options, service("ec2"));
  return std::make_unique<QueryClient>(std::move(options), *http_, *credentials_, now_);
}

}  // namespace holdfast::aws
