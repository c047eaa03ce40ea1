// The instance metadata service, version 2 only: the session token first, then what is asked. Brings the keys of the
// instance's role, and the region. Called by the credentials chain and by session.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "aws/config_file.h"
#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/nearby.h"

namespace holdfast::aws {

class InstanceMetadata {
 public:
  // AWS_EC2_METADATA_SERVICE_ENDPOINT, …_ENDPOINT_MODE, AWS_METADATA_SERVICE_TIMEOUT and …_NUM_ATTEMPTS, or the
  // profile's keys for these. Error: one of them is not understood.
  static Result<InstanceMetadata> open(HttpClient& http, const Environment& environment, const Profile& profile);

  // AWS_EC2_METADATA_DISABLED.
  bool is_disabled() const { return is_disabled_; }
  // Below "/latest/". Errors: not_found; unavailable: nobody there, or it refuses.
  Result<std::string> get(const std::string& path, std::stop_token stop);
  // Of the instance's role; nothing where there is no metadata service or no role. When the service has only expired
  // ones (it is in trouble itself) these are used a while longer: AWS accepts them then.
  Result<std::optional<Credentials>> credentials(const Now& now, std::stop_token stop);
  std::optional<std::string> region(std::stop_token stop);

 private:
  InstanceMetadata(HttpClient& http) : http_(&http) {}
  Result<void> take_token(std::stop_token stop);

  HttpClient* http_;
  bool is_disabled_ = false;
  std::string endpoint_ = "http://169.254.169.254";
  NearbyOptions nearby_;
  std::string token_;
};

}  // namespace holdfast::aws
