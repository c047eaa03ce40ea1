#include "daemon/aws_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "aws/check.h"
#include "aws/policy.h"
#include "cli/json_view.h"
#include "cli/table.h"
#include "daemon/logging.h"
#include "model/observed.h"

namespace holdfast::daemon {
namespace {

namespace json = boost::json;

static_assert(std::string_view(aws::kOwnerTag) == model::kTagManagedInstance);

// What a command was given; lives as long as its callback.
struct Asked {
  std::vector<std::string> features;
  std::string region, account, queue, endpoint_url, profile;
  std::vector<std::string> subnets, images;
  std::string format = "table";
};

int refuse(cli::Run& run, const Error& error, int status) {
  run.terminal.err << "holdfast: " << describe(error) << "\n";
  return status;
}

Result<std::set<aws::Feature>> features_of(const Asked& asked) {
  std::set<aws::Feature> features;
  for (const std::string& name : asked.features) {
    HF_TRY(const aws::Feature feature, aws::read_feature(name));
    features.insert(feature);
  }
  return features;
}

void add_features(CLI::App& command, Asked& asked) {
  command
      .add_option(
          "--features", asked.features,
          "what is used beyond new managed instances: import (running instances; reaches what is not ours yet), "
          "first-spot (an account that never had a spot instance), elastic-ip (compute.elasticIp), "
          "instance-profile (launchSpecification.iamRole)")
      ->delimiter(',')
      ->type_name("NAME,…");
}

// ---- policy

int print_policy(const Asked& asked, cli::Run& run) {
  auto features = features_of(asked);
  if (!features) return refuse(run, features.error(), cli::kUsage);
  aws::PolicyOptions options;
  options.features = *features;
  if (!asked.region.empty()) options.region = asked.region;
  if (!asked.account.empty()) options.account = asked.account;
  options.queue = asked.queue;
  auto text = aws::policy(options);
  if (!text) return refuse(run, text.error(), cli::kUsage);
  run.terminal.out << *text;
  if (size_t size = aws::policy_size(*text); size > aws::kMostOfAManagedPolicy) {
    run.terminal.err << "holdfast: this policy has " << size << " characters, more than the "
                     << aws::kMostOfAManagedPolicy << " of a managed policy: attach it as a role's inline policy (aws "
                     << "iam put-role-policy), or leave out features that are not used" << std::endl;
  }
  return cli::kOk;
}

void add_policy(CLI::App& app, cli::Run& run) {
  auto* command = app.add_subcommand("policy", "Print the least IAM policy that the service needs");
  auto asked = std::make_shared<Asked>();  // shared with the callback, which CLI11 copies
  add_features(*command, *asked);
  command->add_option("--region", asked->region, "only this region (any)")->type_name("REGION");
  command->add_option("--account", asked->account, "only this account (any)")->type_name("ID");
  command->add_option("--queue", asked->queue, "the SQS queue with EC2's events: name, URL or ARN (none)")
      ->type_name("QUEUE");
  command->footer(
      "What is made must carry the service's tag, what is changed or deleted must have it already, wherever EC2 lets "
      "a\n"
      "policy say so. With --features import the rights reach further, as an import tags and changes instances that "
      "are\n"
      "not the service's yet: leave it out once everything is imported.\n\n"
      "Example:\n"
      "  holdfast aws policy --region eu-central-1 --account 123456789012 --queue holdfast-events > holdfast.json\n"
      "  aws iam create-policy --policy-name holdfast --policy-document file://holdfast.json");
  command->callback([asked, &run] { run.exit_status = print_policy(*asked, run); });
}

// ---- check

json::object json_of(const aws::Examination& seen) {
  json::array findings;
  int64_t missing = 0;
  for (const aws::Finding& one : seen.findings) {
    missing += one.verdict == aws::Verdict::missing ? 1 : 0;
    json::object finding{{"what", one.about}, {"state", std::string(to_string(one.verdict))}, {"detail", one.detail}};
    if (!one.remedy.empty()) finding["remedy"] = one.remedy;
    findings.push_back(std::move(finding));
  }
  return {{"region", seen.region}, {"endpoint", seen.endpoint}, {"account", seen.account},
          {"identity", seen.who},  {"missing", missing},        {"findings", findings}};
}

void print_tables(const aws::Examination& seen, cli::Run& run) {
  cli::Table all({"STATE", "WHAT", "FOUND"});
  cli::Table missing({"MISSING", "REMEDY"});
  for (const aws::Finding& one : seen.findings) {
    all.add({std::string(to_string(one.verdict)), one.about, cli::printable(one.detail)});
    if (one.verdict == aws::Verdict::missing) missing.add({one.about, one.remedy});
  }
  auto& terminal = run.terminal;
  terminal.out << fmt::format("Region {}{}{}\n\n", seen.region, seen.endpoint.empty() ? "" : " at ", seen.endpoint)
               << all.text(terminal.width, terminal.colour) << "\n";
  if (missing.empty()) {
    terminal.out << "Nothing is missing, as far as it can be seen from here.\n";
  } else {
    terminal.out << missing.text(0, terminal.colour);
  }
}

Result<aws::Examination> examine(const Asked& asked) {
  aws::SessionOptions session_options;
  session_options.region = asked.region;
  session_options.endpoint_url = asked.endpoint_url;
  session_options.retry.max_attempts = 2;  // a person waits
  if (!asked.profile.empty()) session_options.environment.variables["AWS_PROFILE"] = asked.profile;
  aws::CheckOptions options;
  HF_TRY(options.features, features_of(asked));
  options.queue = asked.queue;
  for (const std::string& id : asked.subnets) options.subnets.emplace_back(id);
  for (const std::string& id : asked.images) options.images.emplace_back(id);
  HF_TRY(auto session, aws::Session::open(std::move(session_options)));
  return aws::examine(*session, options);
}

int check(const Asked& asked, cli::Run& run) {
  begin_log("warn", "text");
  auto seen = examine(asked);
  if (!seen) return refuse(run, seen.error(), cli::kUsage);
  if (asked.format == "json") {
    run.terminal.out << cli::pretty_json(json_of(*seen));
  } else {
    print_tables(*seen, run);
  }
  if (!seen->reached) return cli::kUnreachable;
  return seen->complete() ? cli::kOk : cli::kFailed;
}

void add_check(CLI::App& app, cli::Run& run) {
  auto* command = app.add_subcommand("check", "Look at an account: who we are, what we may, what is missing");
  auto asked = std::make_shared<Asked>();
  add_features(*command, *asked);
  command->add_option("--region", asked->region, "as AWS's own tools choose it")->type_name("REGION");
  command
      ->add_option("--endpoint-url", asked->endpoint_url, "where AWS's services are, in place of their usual addresses")
      ->type_name("URL");
  command->add_option("--profile", asked->profile, "of ~/.aws/config, for keys and region")->type_name("NAME");
  command->add_option("--queue", asked->queue, "the SQS queue with EC2's events: name or URL")->type_name("QUEUE");
  command->add_option("--subnet", asked->subnets, "a subnet that documents will name; may be repeated")
      ->type_name("ID");
  command->add_option("--image", asked->images, "an image that documents will name; may be repeated")->type_name("ID");
  command->add_option("-o,--output", asked->format, "table or json (table)")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT");
  command->footer(
      "Changes nothing: rights are tried by EC2's dry runs. \"unsure\" is what cannot be seen from here, such as "
      "rights\n"
      "over what the service has made as long as it has made nothing. Exit status: 0 nothing is missing, 1 something "
      "is,\n"
      "5 nobody answers at the endpoint.\n\n"
      "Example:\n  holdfast aws check --region eu-central-1 --queue holdfast-events --subnet subnet-0abc");
  command->callback([asked, &run] { run.exit_status = check(*asked, run); });
}

}  // namespace

void add_aws_commands(CLI::App& app, cli::Run& run) {
  auto* aws = app.add_subcommand("aws", "What the service needs of an AWS account");
  aws->require_subcommand(1);
  add_policy(*aws, run);
  add_check(*aws, run);
}

}  // namespace holdfast::daemon
