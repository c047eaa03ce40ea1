#include "aws/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/endpoint.h"
#include "base/text.h"

namespace holdfast::aws {
namespace {

using Texts = std::vector<std::string>;

struct Condition {
  std::string how;  // "StringLike"
  std::string key;
  Texts values;
};

struct Statement {
  std::string id;
  Texts actions;
  Texts resources;
  std::vector<Condition> conditions;
};

Condition made_as_ours() {
  return {"StringLike", std::string("aws:RequestTag/") + kOwnerTag, {kOwnerValues}};
}
Condition ours_already() {
  return {"StringLike", std::string("aws:ResourceTag/") + kOwnerTag, {kOwnerValues}};
}

// ARNs of one account and region. Images and snapshots belong to nobody in theirs.
struct Arns {
  std::string partition, region, account;

  std::string ec2(std::string_view kind) const {
    const bool unowned = kind == "image" || kind == "snapshot";
    return fmt::format("arn:{}:ec2:{}:{}:{}/*", partition, region, unowned ? "" : account, kind);
  }
  Texts ec2(std::initializer_list<std::string_view> kinds) const {
    Texts all;
    for (std::string_view kind : kinds) all.push_back(ec2(kind));
    return all;
  }
};

// Describes know no resources: EC2 takes "*" only.
Statement look() {
  return {
      "Look",
      {"ec2:DescribeAccountAttributes", "ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes",
       "ec2:DescribeInstances", "ec2:DescribeKeyPairs", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
       "ec2:DescribeSnapshots", "ec2:DescribeSpotPriceHistory", "ec2:DescribeSubnets", "ec2:DescribeVolumes"},
      {"*"},
      {}};
}

void add_launches(const Arns& arns, std::vector<Statement>& to) {
  to.push_back(
      {"Launch", {"ec2:RunInstances"}, arns.ec2({"instance", "volume", "network-interface"}), {made_as_ours()}});
  to.push_back({"LaunchWithOurInterface", {"ec2:RunInstances"}, arns.ec2({"network-interface"}), {ours_already()}});
  to.push_back({"LaunchFrom",
                {"ec2:RunInstances"},
                arns.ec2({"image", "key-pair", "security-group", "snapshot", "subnet"}),
                {}});
}

void add_things_made(const Arns& arns, const PolicyOptions& options, std::vector<Statement>& to) {
  to.push_back({"Make",
                {"ec2:CreateNetworkInterface", "ec2:CreateVolume"},
                arns.ec2({"network-interface", "volume"}),
                {made_as_ours()}});
  to.push_back({"MakeFrom",
                {"ec2:CreateNetworkInterface", "ec2:CreateVolume"},
                arns.ec2({"security-group", "snapshot", "subnet"}),
                {}});
  to.push_back({"Snapshot", {"ec2:CreateSnapshot"}, arns.ec2({"snapshot"}), {made_as_ours()}});
  to.push_back({"SnapshotOurs", {"ec2:CreateSnapshot"}, arns.ec2({"volume"}), {ours_already()}});
  // An image is tagged after it was registered; what it is made of is ours before.
  to.push_back({"Register", {"ec2:RegisterImage"}, arns.ec2({"image"}), {}});
  to.push_back({"RegisterOurs", {"ec2:RegisterImage"}, arns.ec2({"snapshot"}), {ours_already()}});
  Texts creations = {"CreateNetworkInterface", "CreateSnapshot", "CreateVolume", "RunInstances"};
  if (options.features.contains(Feature::import)) creations.push_back("CreateSnapshots");
  to.push_back({"TagWhatIsMade",
                {"ec2:CreateTags"},
                arns.ec2({"instance", "network-interface", "snapshot", "volume"}),
                {{"StringEquals", "ec2:CreateAction", creations}, made_as_ours()}});
  // Images, see above; and volumes that a person attached to a managed instance by hand.
  to.push_back({"TagAsOurs", {"ec2:CreateTags"}, arns.ec2({"image", "volume"}), {made_as_ours()}});
  // Tags of a document that has changed.
  to.push_back({"TagOurs",
                {"ec2:CreateTags", "ec2:DeleteTags"},
                arns.ec2({"instance", "network-interface", "volume"}),
                {ours_already()}});
}

void add_changes(const Arns& arns, std::vector<Statement>& to) {
  to.push_back({"ChangeOurs",
                {"ec2:AttachVolume", "ec2:ModifyInstanceAttribute", "ec2:ModifyNetworkInterfaceAttribute",
                 "ec2:TerminateInstances"},
                arns.ec2({"instance", "network-interface", "volume"}),
                {ours_already()}});
  // Of an instance of ours, see above: a volume attached by hand is to outlive it before it carries our tag.
  to.push_back({"KeepWhatIsAttached", {"ec2:ModifyInstanceAttribute"}, arns.ec2({"volume"}), {}});
  to.push_back({"DeleteOurs",
                {"ec2:DeleteNetworkInterface", "ec2:DeleteSnapshot", "ec2:DeleteVolume", "ec2:DeregisterImage"},
                arns.ec2({"image", "network-interface", "snapshot", "volume"}),
                {ours_already()}});
}

// Of instances that are not ours: the one feature whose rights reach beyond our tag, so only with the feature.
void add_import(const Arns& arns, std::vector<Statement>& to) {
  to.push_back({"ImportLook", {"ec2:DescribeInstanceAttribute", "ec2:DescribeSpotInstanceRequests"}, {"*"}, {}});
  const Texts theirs = arns.ec2({"instance", "network-interface", "volume"});
  to.push_back({"ImportTag", {"ec2:CreateTags"}, theirs, {made_as_ours()}});
  to.push_back({"ImportLetGo",
                {"ec2:DeleteTags"},
                theirs,
                {ours_already(), {"ForAllValues:StringLike", "aws:TagKeys", {"holdfast:*"}}}});
  to.push_back({"ImportKeep", {"ec2:ModifyInstanceAttribute", "ec2:ModifyNetworkInterfaceAttribute"}, theirs, {}});
  to.push_back({"ImportCopy", {"ec2:CreateSnapshots"}, arns.ec2({"snapshot"}), {made_as_ours()}});
  to.push_back({"ImportCopyOf", {"ec2:CreateSnapshot", "ec2:CreateSnapshots"}, arns.ec2({"instance", "volume"}), {}});
}

// An address cannot be told by a tag of ours; what it is put on can.
void add_addresses(const Arns& arns, std::vector<Statement>& to) {
  const Texts actions = {"ec2:AssociateAddress", "ec2:DisassociateAddress"};
  to.push_back({"AddressLook", {"ec2:DescribeAddresses"}, {"*"}, {}});
  to.push_back({"Address", actions, arns.ec2({"elastic-ip"}), {}});
  to.push_back({"AddressOnOurs", actions, arns.ec2({"instance", "network-interface"}), {ours_already()}});
}

Statement pass_role(const Arns& arns) {
  return {"PassRole",
          {"iam:PassRole"},
          {fmt::format("arn:{}:iam::{}:role/*", arns.partition, arns.account)},
          {{"StringEquals", "iam:PassedToService", {"ec2.amazonaws.com"}}}};
}

Statement read_events(const std::string& queue_arn) {
  return {"ReadEvents",
          {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"},
          {queue_arn},
          {}};
}

Statement make_spot_role(const Arns& arns) {
  return {"MakeSpotRole",
          {"iam:CreateServiceLinkedRole"},
          {fmt::format("arn:{}:iam::{}:role/aws-service-role/spot.amazonaws.com/*", arns.partition, arns.account)},
          {{"StringEquals", "iam:AWSServiceName", {"spot.amazonaws.com"}}}};
}

std::vector<Statement> statements(const PolicyOptions& options, const Arns& arns, const std::string& queue_arn) {
  std::vector<Statement> all = {look()};
  add_launches(arns, all);
  add_things_made(arns, options, all);
  add_changes(arns, all);
  if (!queue_arn.empty()) all.push_back(read_events(queue_arn));
  if (options.features.contains(Feature::import)) add_import(arns, all);
  if (options.features.contains(Feature::first_spot)) all.push_back(make_spot_role(arns));
  if (options.features.contains(Feature::elastic_ip)) add_addresses(arns, all);
  if (options.features.contains(Feature::instance_profile)) all.push_back(pass_role(arns));
  return all;
}

// ---- what was asked for

std::string partition_of(const std::string& region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

bool only_has(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kRegionLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kQueueLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

Result<void> check_scope(const PolicyOptions& options) {
  if (options.region != "*" && !only_has(options.region, kRegionLetters))
    return fail(ErrorKind::invalid, "InvalidRegion",
                fmt::format("'{}' is not a region's name: write it as eu-central-1", quoted(options.region)),
                "--region");
  if (options.account != "*" && (options.account.size() != 12 || !only_has(options.account, kDigits)))
    return fail(ErrorKind::invalid, "InvalidAccount",
                fmt::format("'{}' is not an account: it has twelve digits", quoted(options.account)), "--account");
  return {};
}

Failure bad_queue(const std::string& queue) {
  return fail(
      ErrorKind::invalid, "InvalidQueue",
      fmt::format("'{}' is not a queue: give its name, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, or its ARN",
                  quoted(queue)),
      "--queue");
}

// By URL or ARN the queue says itself whose and where it is.
Result<std::string> arn_of_queue(const PolicyOptions& options) {
  const std::string& queue = options.queue;
  if (queue.empty()) return std::string();
  const auto arn = [](const std::string& region, const std::string& account, const std::string& name) {
    return fmt::format("arn:{}:sqs:{}:{}:{}", partition_of(region), region, account, name);
  };
  constexpr size_t kLongestName = 80;
  const auto is_name = [](const std::string& name) {
    return name.size() <= kLongestName && only_has(name, kQueueLetters);
  };
  const auto parts = split(queue, ':');
  if (queue.starts_with("arn:") && parts.size() == 6 && parts[2] == "sqs" && only_has(parts[3], kRegionLetters) &&
      only_has(parts[4], kDigits) && is_name(parts[5]))
    return arn(parts[3], parts[4], parts[5]);
  const auto url = split(queue, '/');  // "https:", "", host, account, name
  const auto host = url.size() == 5 ? split(url[2], '.') : Texts();
  if (host.size() >= 4 && url[0] == "https:" && host[0] == "sqs" && only_has(host[1], kRegionLetters) &&
      only_has(url[3], kDigits) && is_name(url[4]))
    return arn(host[1], url[3], url[4]);
  if (is_name(queue)) return arn(options.region, options.account, queue);
  return bad_queue(queue);
}

// ---- JSON

// No value of ours needs an escape: check_scope and arn_of_queue let none in that would.
std::string list_of(const Texts& texts, std::string_view indent) {
  if (texts.size() == 1) return fmt::format("\"{}\"", texts[0]);
  return fmt::format("[\n{0}  \"{1}\"\n{0}]", indent, join(texts, fmt::format("\",\n{}  \"", indent)));
}

// IAM takes each operator once, so the conditions of one are together.
std::string conditions_of(const std::vector<Condition>& conditions) {
  std::vector<std::string> operators;
  for (const Condition& one : conditions) {
    if (std::find(operators.begin(), operators.end(), one.how) == operators.end()) operators.push_back(one.how);
  }
  Texts written;
  for (const std::string& how : operators) {
    Texts keys;
    for (const Condition& one : conditions) {
      if (one.how == how)
        keys.push_back(fmt::format("          \"{}\": {}", one.key, list_of(one.values, "          ")));
    }
    written.push_back(fmt::format("        \"{}\": {{\n{}\n        }}", how, join(keys, ",\n")));
  }
  return fmt::format(",\n      \"Condition\": {{\n{}\n      }}", join(written, ",\n"));
}

std::string json_of(const Statement& statement) {
  return fmt::format(
      "    {{\n      \"Sid\": \"{}\",\n      \"Effect\": \"Allow\",\n      \"Action\": {},\n      \"Resource\": {}{}\n "
      "   }}",
      statement.id, list_of(statement.actions, "      "), list_of(statement.resources, "      "),
      statement.conditions.empty() ? "" : conditions_of(statement.conditions));
}

}  // namespace

Result<Feature> read_feature(std::string_view name) {
  if (name == "import") return Feature::import;
  if (name == "first-spot") return Feature::first_spot;
  if (name == "elastic-ip") return Feature::elastic_ip;
  if (name == "instance-profile") return Feature::instance_profile;
  return fail(ErrorKind::invalid, "UnknownFeature",
              fmt::format("'{}' is not a feature; known: {}", quoted(name), join(feature_names(), ", ")), "--features");
}

const std::vector<std::string>& feature_names() {
  static const std::vector<std::string> names = {"import", "first-spot", "elastic-ip", "instance-profile"};
  return names;
}

Result<std::string> policy(const PolicyOptions& options) {
  HF_TRY_VOID(check_scope(options));
  HF_TRY(const std::string queue, arn_of_queue(options));
  Texts written;
  for (const Statement& one :
       statements(options, {partition_of(options.region), options.region, options.account}, queue))
    written.push_back(json_of(one));
  return fmt::format("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n{}\n  ]\n}}\n", join(written, ",\n"));
}

size_t policy_size(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c != ' ' && c != '\n'; }));
}

std::vector<std::string> policy_actions(const PolicyOptions& options) {
  std::set<std::string> all;
  for (const Statement& one : statements(options, {"aws", "*", "*"}, options.queue))
    all.insert(one.actions.begin(), one.actions.end());
  return {all.begin(), all.end()};
}

std::string_view reason_beyond_the_service(std::string_view action) {
  struct Reason {
    std::string_view action, reason;
  };
  static constexpr std::array kReasons = {
      Reason{"ec2:DescribeAccountAttributes", "`holdfast aws check` reads the account's limits"},
      Reason{"sqs:GetQueueAttributes", "`holdfast aws check` looks whether the queue is read at all"},
      Reason{"sqs:GetQueueUrl", "a queue given by its name is found by it; events come beside EC2's own calls"},
      Reason{"sqs:ReceiveMessage", "takes the events out of the queue"},
      Reason{"sqs:DeleteMessage", "takes the events out of the queue"},
      Reason{"iam:CreateServiceLinkedRole", "EC2 asks for it in the caller's name, at an account's first spot request"},
      Reason{"iam:PassRole", "EC2 asks for it in the caller's name, at a launch with an instance profile"},
  };
  for (const Reason& one : kReasons) {
    if (one.action == action) return one.reason;
  }
  return {};
}

}  // namespace holdfast::aws
