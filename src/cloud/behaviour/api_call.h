// A request as EC2's token buckets count it. Pure.
#pragma once

#include "ec2/ec2.h"
#include "ec2/generated/further.h"
#include "ec2/token_bucket.h"

namespace holdfast::cloud {

ec2::ApiCall api_call_of(const ec2::Request& request);
ec2::ApiCall api_call_of(const ec2::FurtherRequest& request);

}  // namespace holdfast::cloud
