// The pool of volumes runs full: the machine that filled it is told so, and nobody notices who does not write meanwhile.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/fixture.h"
#include "support/hello.h"

namespace holdfast::support {
namespace {

using namespace std::chrono_literals;

class FullPoolTest : public ServiceTest {
 protected:
  ServiceOptions options() override {
    ServiceOptions it = ServiceTest::options();
    it.more = {"--pool-size-gib", "2"};
    return it;
  }
};

TEST_F(FullPoolTest, StopsTheWriterAndNobodyElse) {
  // A volume that is larger than the pool: what is given out is not what is there.
  const ManagedStatus writer = bring_up(
      "hello.yaml",
      {{"name", "writer"},
       {"compute.launchSpecification.blockDeviceMappings",
        R"([{"deviceName":"/dev/sdf","ebs":{"volumeType":"gp3","volumeSize":8,"deleteOnTermination":true}}])"}});
  const ManagedStatus other = bring_up("hello.yaml", {{"name", "other"}});
  ASSERT_FALSE(HasFailure());
  // Nothing of it is left to be written, not even when the file was last read: the kernel writes that back when it
  // likes, and while the pool is full that fails for whoever it belongs to.
  const Result<CommandResult> calmed =
      client_->exec(other.instance_id, {"/bin/sh", "-c", "cat /var/hello-count && sync -f /var"});
  ASSERT_TRUE(calmed) << describe(calmed.error());
  ASSERT_EQ(calmed->exit_status, 0) << calmed->err;
  const Result<CommandResult> filled =
      client_->exec(writer.instance_id,
                    {"/bin/sh", "-c",
                     "mkfs.ext4 -q /dev/sdf && mkdir -p /fill && mount /dev/sdf /fill && "
                     "dd if=/dev/urandom of=/fill/file bs=1M count=6000 conv=fsync"},
                    240s);
  ASSERT_TRUE(filled) << describe(filled.error());
  EXPECT_NE(filled->exit_status, 0) << "6 GB do not fit into 2";
  EXPECT_TRUE(service_->running());
  EXPECT_TRUE(client_->ready());
  EXPECT_EQ(hello_count(other.private_ip, 2s), 1);
  const Result<CommandResult> read = client_->exec(other.instance_id, {"/bin/cat", "/var/hello-count"});
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->out, "1\n");
  // The writer goes, with what it could not write; then there is room for the other one again.
  const Result<void> removed = client_->remove(writer.id);
  ASSERT_TRUE(removed) << describe(removed.error());
  const std::string pool = scratch_->path() + "/data/pool";
  ASSERT_TRUE(wait_until(60s, [&] { return std::filesystem::space(pool).available > (uint64_t{1} << 30); }));
  const Result<CommandResult> wrote =
      client_->exec(other.instance_id, {"/bin/sh", "-c", "echo x >/var/small && sync -f /var/small"});
  ASSERT_TRUE(wrote) << describe(wrote.error());
  EXPECT_EQ(wrote->exit_status, 0) << wrote->err;
}

}  // namespace
}  // namespace holdfast::support
