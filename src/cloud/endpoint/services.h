// The services behind the endpoint, each a function from a verified form to an answer. Called by endpoint.cpp; from any
// thread.
#pragma once

#include <string>

#include "cloud/cloud.h"
#include "cloud/endpoint/answers.h"
#include "ec2/query.h"

namespace holdfast::cloud::endpoint {

struct Asked {
  const ec2::Form& form;
  std::string request_id;
};

// EC2, version 2016-11-15: decodes, carries out (or, for a dry run, only tries), encodes.
http::Response answer_ec2(Cloud& cloud, const Asked& asked);

// STS, version 2011-06-15: GetCallerIdentity, which tools call to see whether their credentials are any good.
http::Response answer_sts(const std::string& access_key, const Asked& asked);

}  // namespace holdfast::cloud::endpoint
