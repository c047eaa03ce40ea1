#include "model/read_launch_options.h"

#include <regex>

#include "model/field_tables.h"

namespace holdfast::model {
namespace {

constexpr int kMaxHops = 64;  // EC2's
constexpr int kMostInterfaces = 15;

template <auto Member>
void flag(FieldReader& reader, const json::value& value, Compute& into) {
  boolean<Member>(reader, value, into.options);
}

// One of these words.
void word(FieldReader& reader, const json::value& value, const std::vector<std::string>& words, std::string& into) {
  if (is_honoured(reader, value, words, {})) into = std::string(value.get_string());
}

void cpu_credits(FieldReader& reader, const json::value& value, LaunchOptions& into) {
  word(reader, value, {"standard", "unlimited"}, into.cpu_credits);
}

constexpr Field<LaunchOptions> kCreditSpecification[] = {{"cpuCredits", cpu_credits}};

void profile_arn(FieldReader& reader, const json::value& value, LaunchOptions& into) {
  static const std::regex kForm("arn:aws[a-z-]*:iam::[0-9]{12}:instance-profile/[\\w+=,.@/-]+");
  std::optional<std::string> arn = reader.text(value, 2048);
  if (!arn) return;
  if (std::regex_match(*arn, kForm)) {
    into.profile_arn = *arn;
  } else {
    reader.fault("InvalidValue",
                 fmt::format("'{}' is no instance profile: write arn:aws:iam::ACCOUNT:instance-profile/NAME", *arn));
  }
}

constexpr Field<LaunchOptions> kIamRole[] = {{"name", text<&LaunchOptions::profile_name, 128, false>},
                                             {"arn", profile_arn}};

void http_tokens(FieldReader& reader, const json::value& value, Compute& into) {
  word(reader, value, {"optional", "required"}, into.http_tokens);
}
void hop_limit(FieldReader& reader, const json::value& value, Compute& into) {
  whole<&LaunchOptions::hop_limit, 1, kMaxHops>(reader, value, into.options);
}
void metadata_tags(FieldReader& reader, const json::value& value, Compute& into) {
  word(reader, value, {"enabled", "disabled"}, into.options.metadata_tags);
}

constexpr Field<Compute> kMetadataOptions[] = {
    {"httpTokens", http_tokens}, {"httpPutResponseHopLimit", hop_limit}, {"instanceMetadataTags", metadata_tags}};

// ---- network interfaces: of the primary one, whether it has a public address; all else is refused

struct NetworkInterface {
  std::optional<bool> public_ip;
};

void interface_id(FieldReader& reader, const json::value&, NetworkInterface&) {
  reader.fault("Impossible",
               "an interface that exists is not taken over: leave it out; persistence.persistPrivateIp keeps one, and "
               "an import keeps the one of an instance that exists");
}

void device_index(FieldReader& reader, const json::value& value, NetworkInterface&) {
  std::optional<int> index = reader.whole(value, 0, kMostInterfaces);
  if (!index || *index == 0) return;
  reader.fault("Impossible", "only the primary interface (0) is kept over replacements: attach others from within");
}

void public_ip(FieldReader& reader, const json::value& value, NetworkInterface& into) {
  into.public_ip = reader.boolean(value);
}

void ipv6(FieldReader& reader, const json::value& value, NetworkInterface&) {
  std::optional<bool> wanted = reader.boolean(value);
  if (wanted.value_or(false)) {
    reader.fault("NotHonouredYet", "IPv6 addresses are not kept yet: leave it out, or set it to false");
  }
}

constexpr Field<NetworkInterface> kNetworkInterface[] = {{"networkInterfaceId", interface_id},
                                                         {"deviceIndex", device_index},
                                                         {"associatePublicIpAddress", public_ip},
                                                         {"associateIpv6Address", ipv6}};

}  // namespace

void read_key_pair(FieldReader& r, const json::value& v, Compute& into) {
  text<&LaunchOptions::key_pair, 255, false>(r, v, into.options);
}
void read_ebs_optimized(FieldReader& r, const json::value& v, Compute& into) {
  flag<&LaunchOptions::ebs_optimized>(r, v, into);
}
void read_monitoring(FieldReader& r, const json::value& v, Compute& into) {
  flag<&LaunchOptions::monitoring>(r, v, into);
}
void read_tenancy(FieldReader& r, const json::value& v, Compute& into) {
  word(r, v, {"default", "dedicated"}, into.options.tenancy);
}
void read_credit_specification(FieldReader& r, const json::value& v, Compute& into) {
  read_object(r, v, kCreditSpecification, into.options);
}

void read_iam_role(FieldReader& reader, const json::value& value, Compute& into) {
  read_object(reader, value, kIamRole, into.options);
  if (into.options.profile_name.empty() || into.options.profile_arn.empty()) return;
  reader.fault("Impossible", "names a profile by name and by arn: EC2 takes one of the two; leave one out");
}

void read_metadata_options(FieldReader& r, const json::value& v, Compute& into) {
  read_object(r, v, kMetadataOptions, into);
}

void read_network_interfaces(FieldReader& reader, const json::value& value, Compute& into) {
  const json::array* list = reader.list(value, kMostInterfaces);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    NetworkInterface interface;
    read_object(reader, (*list)[i], kNetworkInterface, interface);
    if (i == 0) into.options.public_ip = interface.public_ip;
    if (i > 0) reader.fault("Impossible", "only one interface is kept over replacements: leave the others out");
  }
}

}  // namespace holdfast::model
