// Where keys come from, in the order of AWS's own tools (botocore's):
//
//   1 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
//   2 the profile's role_arn, asked for with source_profile or credential_source
//   3 a web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or the profile's keys for these
//   4 the profile's keys in the credentials file, its credential_process, its keys in the config file
//   5 the container's endpoint: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI
//   6 the role of the instance, by instance metadata
//
// What holds always: the first that is set up counts. If it fails that is the answer; no other is tried in its place,
// since it would be somebody else. SSO is left out, and says so.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aws/config_file.h"
#include "aws/credentials.h"
#include "aws/http_client.h"
#include "aws/retry.h"
#include "aws/sts.h"

namespace holdfast::aws {

class CredentialsChain {
 public:
  struct Options {
    Environment environment;
    RetryOptions retry;  // of STS
    std::string container_host = "http://169.254.170.2";
  };
  CredentialsChain(Options options, HttpClient& http, Now now);

  // Walks it, reading the files anew. Blocks. Errors: denied "NoCredentials" (there are none; the message says where
  // they may come from), or what is wrong with those that are set up.
  Result<Credentials> find(std::stop_token stop);

 private:
  using Found = Result<std::optional<Credentials>>;
  struct Visit;
  Found from_environment() const;
  Found from_profile(Visit& visit, const std::string& name, bool is_top);
  Found from_role(Visit& visit, const std::string& name, const Profile& profile);
  Result<Credentials> role_source(Visit& visit, const std::string& name, const Profile& profile);
  Result<Credentials> from_credential_source(Visit& visit, const std::string& name, const std::string& source);
  Found from_web_identity(Visit& visit, const std::string& name, const Profile& profile, bool is_top);
  Found from_process(Visit& visit, const std::string& name, const Profile& profile);
  Found from_container(Visit& visit);
  Found from_instance(Visit& visit);
  Result<Credentials> ask_sts(Visit& visit, CredentialsProvider* source, const RoleToAssume& role);
  Result<Credentials> checked(Credentials credentials) const;

  const Options options_;
  HttpClient& http_;
  const Now now_;
};

}  // namespace holdfast::aws
