#include "aws/instance_metadata.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <strings.h>

#include "aws/credentials_json.h"
#include "aws/endpoint.h"
#include "base/text.h"

namespace holdfast::aws {
namespace {

constexpr std::string_view kRoleFolder = "meta-data/iam/security-credentials/";
constexpr const char* kTokenSeconds = "21600";

std::optional<std::string> setting(const Environment& environment, const Profile& profile, const std::string& variable,
                                   const std::string& key) {
  auto value = environment.get(variable);
  return value ? value : profile.get(key);
}

Result<int> small_number(const std::string& name, const std::string& text) {
  constexpr int kMost = 60;
  const auto number = parse_int(text);
  if (!number || *number < 1 || *number > kMost)
    return fail(ErrorKind::invalid, "InvalidSetting", fmt::format("{} must be a number from 1 to {}", name, kMost),
                name);
  return static_cast<int>(*number);
}

// A role's or profile's name as IAM allows it: it becomes part of a path.
bool is_role_name(std::string_view name) {
  constexpr size_t kLongest = 128;
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@-_") ==
             std::string_view::npos;
}

}  // namespace

Result<InstanceMetadata> InstanceMetadata::open(HttpClient& http, const Environment& environment,
                                                const Profile& profile) {
  InstanceMetadata metadata(http);
  metadata.is_disabled_ = environment.is_true("AWS_EC2_METADATA_DISABLED");
  auto mode =
      setting(environment, profile, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
  if (mode && strcasecmp(mode->c_str(), "ipv6") == 0) metadata.endpoint_ = "http://[fd00:ec2::254]";
  const char* const kEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  if (auto url = setting(environment, profile, kEndpoint, "ec2_metadata_service_endpoint")) {
    HF_TRY(const Endpoint endpoint, parse_endpoint(*url, "", kEndpoint));
    metadata.endpoint_ = endpoint.url;
    while (metadata.endpoint_.ends_with('/')) metadata.endpoint_.pop_back();
  }
  if (auto text = setting(environment, profile, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")) {
    HF_TRY(const int seconds, small_number("AWS_METADATA_SERVICE_TIMEOUT", *text));
    metadata.nearby_.timeout = std::chrono::seconds(seconds);
  }
  if (auto text = setting(environment, profile, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")) {
    HF_TRY(metadata.nearby_.attempts, small_number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", *text));
  }
  return metadata;
}

Result<void> InstanceMetadata::take_token(std::stop_token stop) {
  HttpRequest request;
  request.method = "PUT";
  request.url = endpoint_ + "/latest/api/token";
  request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", kTokenSeconds}};
  HF_TRY(auto response, ask_nearby(*http_, request, nearby_, stop));
  if (response.status != 200)
    return fail(
        ErrorKind::unavailable, "MetadataRefused",
        fmt::format("the instance metadata service gives no token (status {}); in a container the hop limit must be 2",
                    response.status));
  token_ = trim(response.body);
  return {};
}

Result<std::string> InstanceMetadata::get(const std::string& path, std::stop_token stop) {
  const bool is_fresh = token_.empty();
  if (is_fresh) HF_TRY_VOID(take_token(stop));
  HttpRequest request;
  request.method = "GET";
  request.url = endpoint_ + "/latest/" + path;
  request.headers = {{"X-aws-ec2-metadata-token", token_}};
  HF_TRY(auto response, ask_nearby(*http_, request, nearby_, stop));
  if (response.status == 401) token_.clear();  // expired
  if (response.status == 401 && !is_fresh) return get(path, stop);
  if (response.status == 404) return fail(ErrorKind::not_found, "NoMetadata", "the instance metadata has no " + path);
  if (response.status != 200)
    return fail(ErrorKind::unavailable, "MetadataRefused", fmt::format("status {} for {}", response.status, path));
  return std::move(response.body);
}

Result<std::optional<Credentials>> InstanceMetadata::credentials(const Now& now, std::stop_token stop) {
  constexpr Duration kLonger = std::chrono::minutes(10);
  if (is_disabled_) return std::optional<Credentials>();
  auto roles = get(std::string(kRoleFolder), stop);
  if (!roles && (roles.error().kind == ErrorKind::not_found || roles.error().code == "NotSent"))
    return std::optional<Credentials>();
  if (!roles) return Failure(roles.error());
  const std::string role(trim(split(*roles, '\n').front()));
  if (!is_role_name(role))
    return fail(ErrorKind::unavailable, "MetadataRefused", "the instance metadata names no role");
  HF_TRY(const auto text, get(std::string(kRoleFolder) + role, stop));
  HF_TRY(auto found, read_credentials_json(text, CredentialsForm::endpoint, "instance metadata, role " + role));
  if (found.expires && *found.expires <= now()) {
    spdlog::warn("the instance metadata service has only expired keys: they are used for another {}",
                 to_words(kLonger));
    found.expires = now() + kLonger;
  }
  return std::optional<Credentials>(std::move(found));
}

std::optional<std::string> InstanceMetadata::region(std::stop_token stop) {
  if (is_disabled_) return std::nullopt;
  auto region = get("meta-data/placement/region", stop);
  if (!region) return std::nullopt;
  return std::string(trim(*region));
}

}  // namespace holdfast::aws
