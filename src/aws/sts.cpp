#include "aws/sts.h"

#include <fmt/core.h>

#include "ec2/query.h"
#include "ec2/xml.h"

namespace holdfast::aws {
namespace {

constexpr std::string_view kVersionOfSts = "2011-06-15";

ec2::Pairs form_of(const RoleToAssume& role) {
  const bool is_web = !role.web_identity_token.empty();
  ec2::Pairs form = {{"Action", is_web ? "AssumeRoleWithWebIdentity" : "AssumeRole"},
                     {"Version", std::string(kVersionOfSts)},
                     {"RoleArn", role.role_arn},
                     {"RoleSessionName", role.session_name}};
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (is_web) form.emplace_back("WebIdentityToken", role.web_identity_token);
  if (role.duration_seconds > 0) form.emplace_back("DurationSeconds", std::to_string(role.duration_seconds));
  return form;
}

Result<void> malformed(std::string what) {
  return fail(ErrorKind::unknown_outcome, "MalformedAnswer", "the answer of STS has no " + what);
}

Result<void> read_credentials(const std::string& action, const std::string& body, Credentials& into) {
  auto document = ec2::XmlDocument::parse(body);
  if (!document) return fail(ErrorKind::unknown_outcome, "MalformedAnswer", document.error().message);
  const ec2::XmlElement element = document->root().child(action + "Result").child("Credentials");
  into.key.access_key = element.text("AccessKeyId").value_or("");
  into.key.secret_key = element.text("SecretAccessKey").value_or("");
  into.key.session_token = element.text("SessionToken").value_or("");
  if (into.key.access_key.empty() || into.key.secret_key.empty()) return malformed("keys");
  if (into.key.session_token.empty()) return malformed("session token");
  auto expires = element.time("Expiration");
  if (!expires || !*expires) return malformed("expiration");
  into.expires = **expires;
  return {};
}

}  // namespace

Result<Credentials> assume_role(QueryService& sts, const RoleToAssume& role, std::stop_token stop) {
  Credentials credentials;
  const ec2::Pairs form = form_of(role);
  ServiceCall call;
  call.action = form[0].second;
  call.body = ec2::encode_pairs(form);
  call.read = [&](const std::string& body) { return read_credentials(form[0].second, body, credentials); };
  HF_TRY_VOID(sts.call(call, stop));
  credentials.source = "role " + role.role_arn;
  return credentials;
}

Result<Caller> caller_identity(QueryService& sts, std::stop_token stop) {
  Caller caller;
  ServiceCall call;
  call.action = "GetCallerIdentity";
  call.body = ec2::encode_pairs({{"Action", "GetCallerIdentity"}, {"Version", std::string(kVersionOfSts)}});
  call.read = [&](const std::string& body) -> Result<void> {
    auto document = ec2::XmlDocument::parse(body);
    if (!document) return fail(ErrorKind::unknown_outcome, "MalformedAnswer", document.error().message);
    const ec2::XmlElement element = document->root().child("GetCallerIdentityResult");
    caller.account = element.text("Account").value_or("");
    caller.arn = element.text("Arn").value_or("");
    if (caller.account.empty()) return malformed("account");
    return {};
  };
  HF_TRY_VOID(sts.call(call, stop));
  return caller;
}

}  // namespace holdfast::aws
