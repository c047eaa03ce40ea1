#include "engine/translate.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

std::string reason_seen(const std::string& code, const std::string& message) {
  ec2::Instance instance;
  instance.instance_id = InstanceId("i-0123456789abcdef0");
  instance.state = "terminated";
  instance.state_reason = ec2::StateReason{code, message};
  return observed(instance).state_reason;
}

TEST(Translate, SaysTheCodeOfAnEndOnce) {
  EXPECT_EQ(reason_seen("Server.InternalError", "Server.InternalError: Internal error on launch"),
            "Server.InternalError: Internal error on launch");
  EXPECT_EQ(reason_seen("pending", "the machine is being made"), "pending: the machine is being made");
}

}  // namespace
}  // namespace holdfast::engine
