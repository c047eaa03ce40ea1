#include "aws/container_endpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "aws/credentials_json.h"
#include "aws/endpoint.h"
#include "aws/nearby.h"
#include "aws/words.h"
#include "base/text.h"

namespace holdfast::aws {
namespace {

constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr const char* kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr size_t kLargestToken = 64 << 10;

std::string without_port(const std::string& host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// 127.0.0.0/8 by number, not by the beginning of a name.
bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(), [](const std::string& part) { return parse_int(part).has_value(); });
}

bool is_agent(const std::string& host) {
  constexpr std::array<std::string_view, 3> kAgents = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  return std::find(kAgents.begin(), kAgents.end(), host) != kAgents.end();
}

Result<std::string> url_of(const std::string& url, const char* variable) {
  // The query may carry an id: the path is checked without it.
  HF_TRY(const Endpoint endpoint, parse_endpoint(url.substr(0, url.find('?')), "", variable));
  const std::string host = without_port(endpoint.host);
  if (!url.starts_with("https://") && !is_loopback(host) && !is_agent(host))
    return fail(
        ErrorKind::invalid, "InvalidEndpoint",
        fmt::format("{}: plain http only to this machine or the agent's own address, not to {}", variable, host),
        variable);
  return url;
}

Result<std::string> authorization(const Environment& environment) {
  std::string token = environment.get(kToken).value_or("");
  if (auto file = environment.get(kTokenFile)) {
    HF_TRY(const auto text, read_small_file(*file, kLargestToken));
    if (!text)
      return fail(ErrorKind::unavailable, "NoContainerToken", fmt::format("{}: {} is not there", kTokenFile, *file),
                  kTokenFile);
    token = trim(*text);
  }
  const bool bad = std::any_of(token.begin(), token.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (bad)
    return fail(ErrorKind::invalid, "InvalidContainerToken",
                "the container's authorization token has a line break in it", kToken);
  return token;
}

}  // namespace

Result<std::optional<Credentials>> container_credentials(HttpClient& http, const Environment& environment,
                                                         const std::string& relative_host, std::stop_token stop) {
  const auto relative = environment.get(kRelative), full = environment.get(kFull);
  if (!relative && !full) return std::optional<Credentials>();
  if (relative && !relative->starts_with('/'))
    return fail(ErrorKind::invalid, "InvalidEndpoint", fmt::format("{} must begin with /", kRelative), kRelative);
  HttpRequest request;
  request.method = "GET";
  request.headers = {{"Accept", "application/json"}};
  if (relative) {
    request.url = relative_host + *relative;
  } else {
    HF_TRY(request.url, url_of(*full, kFull));
  }
  HF_TRY(const std::string token, authorization(environment));
  if (!token.empty()) request.headers.emplace_back("Authorization", token);
  NearbyOptions nearby;
  nearby.timeout = std::chrono::seconds(2);
  nearby.must_be_there = true;
  HF_TRY(const auto response, ask_nearby(http, request, nearby, stop));
  if (response.status != 200)
    return fail(ErrorKind::denied, "ContainerRefused",
                fmt::format("the container's credentials endpoint answers with status {}", response.status));
  HF_TRY(auto credentials, read_credentials_json(response.body, CredentialsForm::endpoint, "container"));
  return std::optional<Credentials>(std::move(credentials));
}

}  // namespace holdfast::aws
