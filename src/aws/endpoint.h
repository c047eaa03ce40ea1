// Which region to ask and where its services listen: the environment, the shared files, AWS's partitions. Pure but for
// what it is given; called once at the start, by session.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/config_file.h"
#include "aws/environment.h"
#include "base/error.h"

namespace holdfast::aws {

struct Endpoint {
  std::string url;   // "https://ec2.eu-central-1.amazonaws.com" and the path, "/" at least
  std::string host;  // as the Host header has it
  std::string path;  // as on the wire
  std::string signing_region;
};

// http or https, a host, perhaps a port and a path; nothing else. `field` is named in the error (invalid,
// "InvalidEndpoint").
Result<Endpoint> parse_endpoint(std::string_view url, std::string signing_region, std::string field = {});

// AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`, then `ask_metadata` (the instance's own, if it is on one).
// Error: invalid, "NoRegion".
Result<std::string> choose_region(const Environment& environment, const Profile& profile,
                                  const std::function<std::optional<std::string>()>& ask_metadata);

// What an endpoint is chosen from.
struct EndpointSources {
  const Environment& environment;
  const SharedConfig& config;
  const Profile& profile;
};

// For "ec2", "sqs" or "sts", first match: AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, the profile's [services …] section,
// the profile's endpoint_url, AWS's own of the region. STS without a region (empty): the global one.
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS leaves the first four out. Errors: an endpoint that is no URL, a region that AWS
// cannot have, FIPS or dual-stack endpoints asked for (not chosen here: name the endpoint).
Result<Endpoint> choose_endpoint(const EndpointSources& sources, const std::string& service, const std::string& region);

}  // namespace holdfast::aws
