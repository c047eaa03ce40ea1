// A machine that somebody started by hand, with AWS's own command line, becomes a managed instance and lives on.
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fixture.h"

namespace holdfast::support {
namespace {

using namespace std::chrono_literals;

class ImportTest : public ServiceTest {
 protected:
  // Of the local cloud, as the service says it.
  std::string ec2_url() {
    const std::string log = service_->log();
    const std::string before = "answers EC2 at ";
    const size_t at = log.find(before);
    EXPECT_NE(at, std::string::npos) << log;
    const size_t begin = at + before.size();
    return log.substr(begin, log.find(',', begin) - begin);
  }
  // The words after `aws ec2`; what it printed, without the quotes of a single string.
  std::string aws(std::vector<std::string> words) {
    const std::string credentials = "AWS_SHARED_CREDENTIALS_FILE=" + service_->data_dir() + "/ec2-credentials";
    std::vector<std::string> command = {"/usr/bin/env",
                                        credentials,
                                        "AWS_CONFIG_FILE=/dev/null",
                                        "AWS_PAGER=",
                                        "PATH=/usr/bin:/bin",
                                        "AWS_DEFAULT_REGION=local-1",
                                        "/usr/bin/aws",
                                        "--endpoint-url",
                                        ec2_url(),
                                        "--output",
                                        "text",
                                        "ec2"};
    command.insert(command.end(), words.begin(), words.end());
    const Result<Ended> ended = run(command, 120s);
    EXPECT_TRUE(ended) << describe(ended.error());
    if (!ended) return {};
    EXPECT_EQ(ended->status, 0) << ended->output;
    return std::string(trim(ended->output));
  }

  // Spot, with a file on its root and one on a data volume that has a filesystem.
  void start_by_hand() {
    original_ =
        aws({"run-instances", "--image-id", "ami-00000000000000001", "--instance-type", "t3.nano", "--subnet-id",
             "subnet-0000000000000000a", "--instance-market-options", "MarketType=spot", "--tag-specifications",
             "ResourceType=instance,Tags=[{Key=Name,Value=by-hand}]", "--block-device-mappings",
             "DeviceName=/dev/sdf,Ebs={VolumeSize=1,DeleteOnTermination=true}", "--query", "Instances[0].InstanceId"});
    aws({"wait", "instance-running", "--instance-ids", original_});
    ip_ = ask("PrivateIpAddress");
    mac_ = ask("NetworkInterfaces[0].MacAddress");
    volume_ = ask("BlockDeviceMappings[?DeviceName=='/dev/sdf'].Ebs.VolumeId");
    in(original_,
       "echo root >/var/mine && mkfs.ext4 -q /dev/sdf && mkdir -p /srv/data && mount /dev/sdf /srv/data && "
       "echo data >/srv/data/mine && sync");
  }
  std::string ask(const std::string& query) {
    return aws({"describe-instances", "--instance-ids", original_, "--query", "Reservations[0].Instances[0]." + query});
  }
  std::string in(const std::string& instance, const std::string& script) {
    const Result<CommandResult> ended = client_->exec(instance, {"/bin/sh", "-c", script});
    EXPECT_TRUE(ended) << describe(ended.error());
    if (!ended) return {};
    EXPECT_EQ(ended->exit_status, 0) << ended->err;
    return ended->out;
  }
  std::string holdfast_import(std::vector<std::string> flags) {
    std::vector<std::string> command = {holdfast_binary(),
                                        "import",
                                        original_,
                                        "--url",
                                        service_->url(),
                                        "--token-file",
                                        service_->data_dir() + "/token"};
    command.insert(command.end(), flags.begin(), flags.end());
    const Result<Ended> ended = run(command, 180s);
    EXPECT_TRUE(ended) << describe(ended.error());
    if (!ended) return {};
    EXPECT_EQ(ended->status, 0) << ended->output;
    return ended->output;
  }
  ManagedStatus imported() {
    const auto all = client_->list();
    EXPECT_TRUE(all && all->size() == 1u);
    return all && !all->empty() ? wait_active(all->front().first) : ManagedStatus();
  }
  void expect_files(const ManagedStatus& status) {
    EXPECT_EQ(in(status.instance_id, "cat /var/mine; mkdir -p /srv/data; mount /dev/sdf /srv/data; cat /srv/data/mine"),
              "root\ndata\n");
  }

  std::string original_, ip_, mac_, volume_;
};

TEST_F(ImportTest, MovesWithItsAddressAndVolumesAndIsReplacedAfterwards) {
  start_by_hand();
  ASSERT_FALSE(HasFailure());
  const std::string plan = holdfast_import({"--keep-private-ip", "--dry-run"});
  EXPECT_NE(plan.find("Nothing was done"), std::string::npos) << plan;
  EXPECT_NE(plan.find(volume_), std::string::npos) << plan;
  EXPECT_EQ(ask("State.Name"), "running");

  holdfast_import({"--keep-private-ip", "--wait"});
  const ManagedStatus status = imported();
  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(status.name, "by-hand");
  EXPECT_NE(status.instance_id, original_);
  EXPECT_EQ(status.private_ip, ip_);
  EXPECT_EQ(status.mac, mac_);
  EXPECT_EQ(status.volumes.at("/dev/sdf"), volume_);
  EXPECT_EQ(ask("State.Name"), "terminated");
  expect_files(status);

  ASSERT_TRUE(client_->interrupt(status.instance_id, Cause::power_cut));
  const ManagedStatus replaced = wait_replaced(status);
  EXPECT_EQ(replaced.private_ip, ip_);
  EXPECT_EQ(replaced.volumes.at("/dev/sdf"), volume_);
  expect_files(replaced);
}

TEST_F(ImportTest, CopiesOneThatGoesOn) {
  start_by_hand();
  ASSERT_FALSE(HasFailure());
  holdfast_import({"--keep-original", "--name", "twin", "--wait"});
  const ManagedStatus status = imported();
  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(status.name, "twin");
  EXPECT_NE(status.private_ip, ip_);
  EXPECT_NE(status.volumes.at("/dev/sdf"), volume_);
  expect_files(status);
  EXPECT_EQ(ask("State.Name"), "running");
  EXPECT_EQ(in(original_, "cat /var/mine /srv/data/mine"), "root\ndata\n");
}

}  // namespace
}  // namespace holdfast::support
