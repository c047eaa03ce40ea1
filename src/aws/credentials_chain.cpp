#include "aws/credentials_chain.h"

#include <fmt/core.h>

#include <algorithm>

#include "aws/command.h"
#include "aws/container_endpoint.h"
#include "aws/credentials_json.h"
#include "aws/endpoint.h"
#include "aws/instance_metadata.h"
#include "aws/words.h"
#include "base/text.h"

namespace holdfast::aws {
namespace {

constexpr size_t kLargestToken = 64 << 10;

Failure bad_profile(const std::string& name, std::string what) {
  return fail(ErrorKind::invalid, "InvalidProfile", fmt::format("profile '{}': {}", name, what));
}

// Nothing without an access key, as botocore has it: a secret alone is passed by.
Result<std::optional<Credentials>> static_keys(const ConfigValues& values, std::string source) {
  const auto get = [&](const char* key) {
    auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  Credentials credentials;
  credentials.key = {get("aws_access_key_id"), get("aws_secret_access_key"), get("aws_session_token")};
  if (credentials.key.session_token.empty()) credentials.key.session_token = get("aws_security_token");
  if (credentials.key.access_key.empty()) return std::optional<Credentials>();
  if (credentials.key.secret_key.empty())
    return fail(ErrorKind::invalid, "PartialCredentials",
                fmt::format("{}: aws_access_key_id is there but aws_secret_access_key is missing", source));
  credentials.source = std::move(source);
  return std::optional<Credentials>(std::move(credentials));
}

bool is_role(const Profile& profile) {
  return profile.get("role_arn") && !profile.get("web_identity_token_file");
}

Result<void> refuse_sso(const std::string& name, const Profile& profile) {
  for (const char* key : {"sso_session", "sso_start_url", "sso_account_id", "sso_role_name"}) {
    if (!profile.get(key)) continue;
    return bad_profile(name,
                       fmt::format("it gets its keys by SSO ({}), which is left out here: a service has nobody who "
                                   "signs in. Give it a role (role_arn, an instance's or a container's role), or let "
                                   "another profile call the AWS CLI: credential_process = aws configure "
                                   "export-credentials --profile {}",
                                   key, name));
  }
  return {};
}

std::string session_name(const std::optional<std::string>& chosen, Time now) {
  return chosen ? *chosen : fmt::format("holdfast-{}", to_millis(now));
}

}  // namespace

// One walk through the chain.
struct CredentialsChain::Visit {
  SharedConfig shared;
  Profile chosen;
  std::vector<std::string> profiles;  // on the way of source_profile
  std::stop_token stop;
};

CredentialsChain::CredentialsChain(Options options, HttpClient& http, Now now)
    : options_(std::move(options)), http_(http), now_(std::move(now)) {}

Result<Credentials> CredentialsChain::find(std::stop_token stop) {
  HF_TRY(auto from_here, from_environment());
  if (from_here) return checked(std::move(*from_here));
  Visit visit;
  visit.stop = stop;
  HF_TRY(visit.shared, SharedConfig::load(options_.environment));
  HF_TRY(visit.chosen, visit.shared.chosen(options_.environment));
  const std::string name = SharedConfig::chosen_profile(options_.environment);
  HF_TRY(auto found, from_profile(visit, name, true));
  if (!found) {
    HF_TRY(found, from_container(visit));
  }
  if (!found) {
    HF_TRY(found, from_instance(visit));
  }
  if (found) return checked(std::move(*found));
  return fail(
      ErrorKind::denied, "NoCredentials",
      fmt::format(
          "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a profile '{}' into {}, "
          "or run on an instance or in a container with a role",
          name, visit.shared.credentials_path()));
}

// Keys go into headers and are compared by AWS: what cannot be one is said here, not by a refused signature. Keys that
// have expired already would be fetched again for each call.
Result<Credentials> CredentialsChain::checked(Credentials credentials) const {
  for (const std::string* part :
       {&credentials.key.access_key, &credentials.key.secret_key, &credentials.key.session_token}) {
    const bool bad = std::any_of(part->begin(), part->end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f; });
    if (bad)
      return fail(ErrorKind::invalid, "InvalidCredentials",
                  fmt::format("{}: a key or token has a space or another character that none has", credentials.source));
  }
  if (credentials.expires && *credentials.expires <= now_())
    return fail(ErrorKind::unavailable, "ExpiredCredentials",
                fmt::format("{}: the keys expired at {}", credentials.source, to_iso(*credentials.expires)));
  return credentials;
}

CredentialsChain::Found CredentialsChain::from_environment() const {
  const Environment& environment = options_.environment;
  const auto access = environment.get("AWS_ACCESS_KEY_ID"), secret = environment.get("AWS_SECRET_ACCESS_KEY");
  if (!access) return std::optional<Credentials>();
  if (!secret)
    return fail(ErrorKind::invalid, "PartialCredentials", "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not",
                "AWS_SECRET_ACCESS_KEY");
  Credentials credentials;
  credentials.key = {*access, *secret, environment.get("AWS_SESSION_TOKEN").value_or("")};
  if (credentials.key.session_token.empty())
    credentials.key.session_token = environment.get("AWS_SECURITY_TOKEN").value_or("");
  credentials.source = "environment";
  if (auto text = environment.get("AWS_CREDENTIAL_EXPIRATION")) {
    credentials.expires = read_expiration(*text);
    if (!credentials.expires)
      return fail(ErrorKind::invalid, "InvalidSetting",
                  "AWS_CREDENTIAL_EXPIRATION is not a time as 2026-01-31T12:00:00Z", "AWS_CREDENTIAL_EXPIRATION");
  }
  return std::optional<Credentials>(std::move(credentials));
}

// `is_top`: the chosen one; else one that another names as its source. A source with keys of its own brings these, as
// botocore has it, and the environment does not speak for it.
CredentialsChain::Found CredentialsChain::from_profile(Visit& visit, const std::string& name, bool is_top) {
  const Profile* profile = visit.shared.find(name);
  if (profile == nullptr && !is_top)
    return bad_profile(name, "another one's source_profile, but it is in neither file");
  if (profile == nullptr) profile = &visit.chosen;
  if (is_role(*profile) && (is_top || !profile->has_static_keys())) return from_role(visit, name, *profile);
  HF_TRY(auto found, from_web_identity(visit, name, *profile, is_top));
  if (found) return found;
  HF_TRY_VOID(refuse_sso(name, *profile));
  HF_TRY(found,
         static_keys(profile->credentials, fmt::format("profile '{}' of {}", name, visit.shared.credentials_path())));
  if (found) return found;
  HF_TRY(found, from_process(visit, name, *profile));
  if (found) return found;
  return static_keys(profile->config, fmt::format("profile '{}' of {}", name, visit.shared.config_path()));
}

CredentialsChain::Found CredentialsChain::from_role(Visit& visit, const std::string& name, const Profile& profile) {
  if (profile.get("mfa_serial"))
    return bad_profile(name,
                       "mfa_serial asks for a person's code, and a service has nobody to ask: use a role without it");
  RoleToAssume role;
  role.role_arn = *profile.get("role_arn");
  role.session_name = session_name(profile.get("role_session_name"), now_());
  role.external_id = profile.get("external_id").value_or("");
  if (auto text = profile.get("duration_seconds")) {
    const auto seconds = parse_int(*text);
    constexpr int kLeast = 900, kMost = 43200;
    if (!seconds || *seconds < kLeast || *seconds > kMost)
      return bad_profile(name, fmt::format("duration_seconds must be a number from {} to {}", kLeast, kMost));
    role.duration_seconds = static_cast<int>(*seconds);
  }
  visit.profiles.push_back(name);
  HF_TRY(const auto source, role_source(visit, name, profile));
  FixedCredentials asking(source);
  HF_TRY(auto credentials, ask_sts(visit, &asking, role));
  return std::optional<Credentials>(std::move(credentials));
}

Result<Credentials> CredentialsChain::role_source(Visit& visit, const std::string& name, const Profile& profile) {
  const auto source = profile.get("source_profile"), kind = profile.get("credential_source");
  if (source && kind) return bad_profile(name, "source_profile and credential_source exclude each other: keep one");
  if (!source && !kind)
    return bad_profile(name, "role_arn needs source_profile or credential_source: whose keys ask for the role?");
  if (kind) return from_credential_source(visit, name, *kind);
  const bool was_here = std::find(visit.profiles.begin(), visit.profiles.end(), *source) != visit.profiles.end();
  // A profile may name itself when it has keys: then these ask for the role.
  if (was_here && !(*source == name && profile.has_static_keys()))
    return bad_profile(
        name, fmt::format("source_profile leads in a circle: {} -> {}", join(visit.profiles, " -> "), *source));
  HF_TRY(auto found, from_profile(visit, *source, false));
  if (!found) return bad_profile(*source, fmt::format("it is the source_profile of '{}' but has no credentials", name));
  return *found;
}

Result<Credentials> CredentialsChain::from_credential_source(Visit& visit, const std::string& name,
                                                             const std::string& source) {
  Found found;
  if (source == "Environment")
    found = from_environment();
  else if (source == "EcsContainer")
    found = from_container(visit);
  else if (source == "Ec2InstanceMetadata")
    found = from_instance(visit);
  else
    return bad_profile(
        name,
        fmt::format("credential_source '{}' is none of Environment, EcsContainer and Ec2InstanceMetadata", source));
  if (!found) return tl::unexpected(found.error());
  if (!*found) return bad_profile(name, fmt::format("credential_source {} has no credentials", source));
  return **found;
}

CredentialsChain::Found CredentialsChain::from_web_identity(Visit& visit, const std::string& name,
                                                            const Profile& profile, bool is_top) {
  const auto get = [&](const char* variable, const char* key) {
    auto value = is_top ? options_.environment.get(variable) : std::nullopt;
    return value ? value : profile.get(key);
  };
  const auto file = get("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (!file) return std::optional<Credentials>();
  const auto arn = get("AWS_ROLE_ARN", "role_arn");
  if (!arn) return bad_profile(name, "a web identity token file is named, but no role: set AWS_ROLE_ARN or role_arn");
  HF_TRY(const auto token, read_small_file(*file, kLargestToken));
  if (!token || trim(*token).empty())
    return fail(ErrorKind::unavailable, "NoWebIdentityToken",
                fmt::format("the web identity token file {} is not there or empty", *file));
  RoleToAssume role;
  role.role_arn = *arn;
  role.session_name = session_name(get("AWS_ROLE_SESSION_NAME", "role_session_name"), now_());
  role.web_identity_token = trim(*token);
  HF_TRY(auto credentials, ask_sts(visit, nullptr, role));
  return std::optional<Credentials>(std::move(credentials));
}

CredentialsChain::Found CredentialsChain::from_process(Visit& visit, const std::string& name, const Profile& profile) {
  const auto line = profile.get("credential_process");
  if (!line) return std::optional<Credentials>();
  auto words = split_words(*line);
  if (!words || words->empty()) return bad_profile(name, "credential_process has an open quote or no program");
  Command command;
  command.words = std::move(*words);
  HF_TRY(const auto output, run_command(command, options_.environment, visit.stop));
  HF_TRY(auto credentials, read_credentials_json(output, CredentialsForm::process,
                                                 fmt::format("credential_process of profile '{}'", name)));
  return std::optional<Credentials>(std::move(credentials));
}

CredentialsChain::Found CredentialsChain::from_container(Visit& visit) {
  return container_credentials(http_, options_.environment, options_.container_host, visit.stop);
}

CredentialsChain::Found CredentialsChain::from_instance(Visit& visit) {
  HF_TRY(auto metadata, InstanceMetadata::open(http_, options_.environment, visit.chosen));
  return metadata.credentials(now_, visit.stop);
}

Result<Credentials> CredentialsChain::ask_sts(Visit& visit, CredentialsProvider* source, const RoleToAssume& role) {
  const auto region = choose_region(options_.environment, visit.chosen, {});
  if (!region && region.error().code != "NoRegion") return Failure(region.error());
  ServiceOptions options;
  options.service = "sts";
  HF_TRY(options.endpoint,
         choose_endpoint({options_.environment, visit.shared, visit.chosen}, "sts", region ? *region : ""));
  if (options.endpoint.signing_region.empty()) options.endpoint.signing_region = "us-east-1";
  options.retry = options_.retry;
  options.attempt_timeout = std::chrono::seconds(10);
  options.total_timeout = std::chrono::seconds(40);
  QueryService sts(std::move(options), http_, source, now_);
  return assume_role(sts, role, visit.stop);
}

}  // namespace holdfast::aws
