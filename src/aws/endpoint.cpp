#include "aws/endpoint.h"

#include <fmt/core.h>
#include <strings.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "ec2/sigv4.h"

namespace holdfast::aws {
namespace {

struct Partition {
  std::string_view region_prefix;
  std::string_view suffix;
};
// The first whose prefix fits; the last fits all.
constexpr std::array kPartitions = {
    Partition{"cn-", "amazonaws.com.cn"}, Partition{"us-iso-", "c2s.ic.gov"}, Partition{"us-isob-", "sc2s.sgov.gov"},
    Partition{"", "amazonaws.com"},  // aws and aws-us-gov
};

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// "eu-central-1": words of lower-case letters, then a number.
bool is_aws_region(std::string_view region) {
  const std::vector<std::string> parts = split(region, '-');
  if (parts.size() < 3) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool is_number = i + 1 == parts.size();
    const bool good = std::all_of(parts[i].begin(), parts[i].end(),
                                  [&](char c) { return is_lower_or_digit(c) && (c <= '9') == is_number; });
    if (!good || parts[i].empty()) return false;
  }
  return true;
}

// Regions of ours, "local", are signed with as they are; they only must be able to stand in a header.
bool is_region_name(std::string_view region) {
  constexpr size_t kLongest = 64;
  return !region.empty() && region.size() <= kLongest &&
         std::all_of(region.begin(), region.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

Failure bad_endpoint(std::string_view url, std::string why, std::string field) {
  return fail(ErrorKind::invalid, "InvalidEndpoint",
              fmt::format("'{}' is not an endpoint: {}; write it as https://HOST[:PORT]", quoted(url), why),
              std::move(field));
}

// "name:8080", "[::1]:8080".
struct Authority {
  std::string host;
  std::optional<int> port;
};
std::optional<Authority> read_authority(std::string_view text) {
  size_t end = text.starts_with('[') ? text.find(']') : text.rfind(':');
  if (text.starts_with('[')) {
    if (end == std::string_view::npos) return std::nullopt;
    ++end;
  }
  Authority authority{std::string(text.substr(0, end)), std::nullopt};
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  std::string_view name = authority.host;
  if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
  const bool in_brackets = authority.host.starts_with('[');
  if (name.empty()) return std::nullopt;
  for (char c : name) {
    if (kAllowed.find(c) == std::string_view::npos && !(in_brackets && c == ':')) return std::nullopt;
  }
  if (end >= text.size()) return authority;
  if (text[end] != ':') return std::nullopt;
  const auto port = parse_int(text.substr(end + 1));
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  authority.port = static_cast<int>(*port);
  return authority;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::toupper(c); });
  return result;
}

bool is_true(const std::optional<std::string>& value) {
  return value && strcasecmp(value->c_str(), "true") == 0;
}

struct Configured {
  std::string url;
  std::string from;  // for errors
};

std::optional<Configured> configured(const EndpointSources& sources, const std::string& service) {
  const Environment& environment = sources.environment;
  if (environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ||
      is_true(sources.profile.get("ignore_configured_endpoint_urls")))
    return std::nullopt;
  for (const std::string& name : {"AWS_ENDPOINT_URL_" + upper(service), std::string("AWS_ENDPOINT_URL")}) {
    if (auto url = environment.get(name)) return Configured{*url, name};
  }
  if (auto name = sources.profile.get("services")) {
    const auto values = sources.config.service(*name, service);
    if (values && values->contains("endpoint_url")) return Configured{values->at("endpoint_url"), "services " + *name};
  }
  if (auto url = sources.profile.get("endpoint_url")) return Configured{*url, "endpoint_url"};
  return std::nullopt;
}

// Leaving such a wish unheard would send requests where they must not go.
Result<void> refuse_variants(const EndpointSources& sources, const std::string& service) {
  constexpr std::array<std::pair<const char*, const char*>, 2> kVariants = {
      {{"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"}, {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"}}};
  for (const auto& [variable, key] : kVariants) {
    const bool set_here = sources.environment.get(variable).has_value();
    if (!sources.environment.is_true(variable) && (set_here || !is_true(sources.profile.get(key)))) continue;
    return fail(
        ErrorKind::invalid, "UnsupportedEndpoint",
        fmt::format("{} is not supported: name the endpoint itself in AWS_ENDPOINT_URL_{}", variable, upper(service)),
        variable);
  }
  return {};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url, std::string signing_region, std::string field) {
  const size_t colon = url.find("://");
  const std::string scheme(url.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https"))
    return bad_endpoint(url, "it begins with neither http:// nor https://", std::move(field));
  const std::string_view rest = url.substr(colon + 3);
  // Not quoted: what stands before the @ may be a password.
  if (rest.find('@') != std::string_view::npos) return bad_endpoint("…", "it names a user", std::move(field));
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto authority = read_authority(rest.substr(0, slash));
  if (!authority) return bad_endpoint(url, "the host or the port is not one", std::move(field));
  std::string path(rest.substr(slash));
  constexpr std::string_view kPath = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%";
  if (path.find_first_not_of(kPath) != std::string::npos)
    return bad_endpoint(url, "there is a query or a strange character in it", std::move(field));
  if (path.empty()) path = "/";
  Endpoint endpoint;
  endpoint.host = ec2::sigv4::host_header(scheme, authority->host, authority->port);
  endpoint.path = std::move(path);
  endpoint.url = scheme + "://" + endpoint.host + endpoint.path;
  endpoint.signing_region = std::move(signing_region);
  return endpoint;
}

Result<std::string> choose_region(const Environment& environment, const Profile& profile,
                                  const std::function<std::optional<std::string>()>& ask_metadata) {
  auto region = environment.get("AWS_REGION");
  if (!region) region = environment.get("AWS_DEFAULT_REGION");
  if (!region) region = profile.get("region");
  if (!region && ask_metadata) region = ask_metadata();
  if (!region)
    return fail(ErrorKind::invalid, "NoRegion",
                "no region: set AWS_REGION, or `region` in the profile of ~/.aws/config", "AWS_REGION");
  if (!is_region_name(*region))
    return fail(ErrorKind::invalid, "InvalidRegion",
                fmt::format("'{}' is not a region's name: write it as eu-central-1", quoted(*region)), "AWS_REGION");
  return *region;
}

Result<Endpoint> choose_endpoint(const EndpointSources& sources, const std::string& service,
                                 const std::string& region) {
  if (auto found = configured(sources, service)) return parse_endpoint(found->url, region, found->from);
  HF_TRY_VOID(refuse_variants(sources, service));
  if (region.empty() && service == "sts") return parse_endpoint("https://sts.amazonaws.com", "us-east-1");
  if (!is_aws_region(region))
    return fail(ErrorKind::invalid, "InvalidRegion",
                fmt::format("'{}' is not a region of AWS (write it as eu-central-1); for another cloud's region "
                            "name its endpoint in AWS_ENDPOINT_URL",
                            region),
                "AWS_REGION");
  auto partition = std::find_if(kPartitions.begin(), kPartitions.end(),
                                [&](const Partition& p) { return region.starts_with(p.region_prefix); });
  return parse_endpoint(fmt::format("https://{}.{}.{}", service, region, partition->suffix), region);
}

}  // namespace holdfast::aws
