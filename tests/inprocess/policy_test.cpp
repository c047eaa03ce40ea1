// Whole lives under exactly the rights that `holdfast aws policy` prints: nothing that the service does is refused, and
// nothing is in the policy that it does not do.
#include "aws/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inprocess/iam.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using cloud::InterruptHow;
using model::Status;

static_assert(std::string_view(aws::kOwnerTag) == model::kTagManagedInstance);

// The local cloud's own region and account.
aws::PolicyOptions options_with(std::set<aws::Feature> features) {
  aws::PolicyOptions options;
  options.features = std::move(features);
  options.region = "local-1";
  options.account = cloud::kAccount;
  return options;
}

class LimitedWorld {
 public:
  explicit LimitedWorld(std::set<aws::Feature> features)
      : iam(aws::policy(options_with(std::move(features))).value(), world.cloud()) {
    world.calls().guard = {[this](const ec2::Request& r) { return iam.judge(r); },
                           [this](const ec2::FurtherRequest& r) { return iam.judge(r); }};
  }
  InstanceId current(const ManagedInstanceId& id) { return world.view(id)->state.instance->id; }
  void expect_replaced(const ManagedInstanceId& id, const InstanceId& former) {
    auto replaced = [&] {
      const model::State& state = world.view(id)->state;
      return state.status == Status::active && state.instance && state.instance->id != former;
    };
    ASSERT_TRUE(world.until(replaced, std::chrono::minutes(10))) << world.history(id);
  }
  void interrupt(const ManagedInstanceId& id, InterruptHow::Kind kind = InterruptHow::Kind::notice) {
    const InstanceId former = current(id);
    InterruptHow how;
    how.kind = kind;
    ASSERT_TRUE(world.cloud().interrupt(former, how));
    expect_replaced(id, former);
  }
  void remove(const ManagedInstanceId& id) {
    model::DeleteAsked everything;
    everything.deallocation = {true, true, true, true, std::chrono::hours(96)};
    auto asked = world.ask(id, everything);
    ASSERT_TRUE(asked) << describe(asked.error());
    auto nothing = [&] {
      return world.instances("running").empty() && world.volumes().empty() && world.snapshots().empty() &&
             world.images().empty() && world.interfaces().empty();
    };
    EXPECT_TRUE(world.until(nothing, std::chrono::minutes(10))) << world.history(id);
  }
  ManagedInstanceId bring_up(const DocumentOptions& wanted) {
    auto made = world.create(document(wanted));
    EXPECT_TRUE(made) << describe(made.error());
    if (!made) return {};
    EXPECT_TRUE(world.until_status(*made, Status::active)) << world.history(*made);
    return *made;
  }

  World world;
  Iam iam;
};

void live(LimitedWorld& at, const std::string& mode) {
  DocumentOptions wanted;
  wanted.mode = mode;
  const ManagedInstanceId id = at.bring_up(wanted);
  if (testing::Test::HasFailure()) return;
  at.interrupt(id);
  at.interrupt(id, InterruptHow::Kind::no_notice);
  ASSERT_TRUE(at.world.ask(id, model::PauseAsked{}));
  ASSERT_TRUE(at.world.until_status(id, Status::paused)) << at.world.history(id);
  ASSERT_TRUE(at.world.ask(id, model::ResumeAsked{}));
  ASSERT_TRUE(at.world.until_status(id, Status::active)) << at.world.history(id);
  at.remove(id);
}

// A person attaches a volume and lets it go with the machine, as the console does for the interface too; it is kept.
void live_with_a_volume_by_hand(LimitedWorld& at) {
  DocumentOptions wanted;
  wanted.mode = "reattach";
  const ManagedInstanceId id = at.bring_up(wanted);
  if (testing::Test::HasFailure()) return;
  const InstanceId instance = at.current(id);
  ec2::CreateVolumeRequest create;
  create.availability_zone = "local-1a";
  create.size = 1;
  auto volume = at.world.cloud().call(create);
  ASSERT_TRUE(volume) << describe(volume.error());
  auto attached = [&] {
    return at.world.cloud().call(ec2::AttachVolumeRequest{volume->volume.volume_id, instance, "/dev/sdp"}).has_value();
  };
  ASSERT_TRUE(at.world.until(attached, std::chrono::minutes(1)));
  auto kept = [&] { return at.world.view(id)->state.data.contains("/dev/sdp"); };
  ASSERT_TRUE(at.world.until(kept, std::chrono::minutes(5))) << at.world.history(id);
  ec2::ModifyInstanceAttributeRequest goes_with_it{instance, {{"/dev/sdp", true}}};
  ASSERT_TRUE(at.world.cloud().call(goes_with_it));
  const ec2::NetworkInterface interface = at.world.interfaces().at(0);
  ASSERT_TRUE(at.world.cloud().call(ec2::ModifyNetworkInterfaceAttributeRequest{
      interface.network_interface_id, interface.attachment->attachment_id, true}));
  auto mended = [&] {
    const ec2::Instance now = at.world.instance(instance);
    const auto goes = [](const auto& device) { return device.delete_on_termination; };
    return std::none_of(now.block_device_mappings.begin(), now.block_device_mappings.end(), goes) &&
           !now.network_interfaces.at(0).attachment->delete_on_termination;
  };
  ASSERT_TRUE(at.world.until(mended, std::chrono::minutes(5))) << at.world.history(id);
  at.interrupt(id);
  at.remove(id);
}

// The zone has no capacity left: the data comes to another by its snapshot.
void live_across_zones(LimitedWorld& at) {
  DocumentOptions wanted;
  wanted.mode = "reattach";
  wanted.private_ip = false;
  wanted.subnets = R"("subnet-0000000000000000a","subnet-0000000000000000b")";
  const ManagedInstanceId id = at.bring_up(wanted);
  if (testing::Test::HasFailure()) return;
  const std::string zone = at.world.instances("running").at(0).availability_zone;
  for (bool spot : {true, false}) ASSERT_TRUE(at.world.cloud().set_capacity({"t3.nano", zone, spot}, 0));
  at.interrupt(id);
  EXPECT_NE(at.world.instances("running").at(0).availability_zone, zone);
  at.remove(id);
}

void live_imported(LimitedWorld& at, bool terminate) {
  engine::ImportRequest request;
  request.original = at.world.launch_foreign(true);
  request.terminate = request.keep_private_ip = terminate;
  request.block_devices_mode = terminate ? "reattach" : "onLaunch";
  auto made = at.world.import(request);
  ASSERT_TRUE(made) << describe(made.error());
  ASSERT_TRUE(at.world.until_status(*made, Status::active, std::chrono::minutes(10))) << at.world.history(*made);
  at.remove(*made);
}

// An import that comes to nothing takes its tags off again. Nothing may be changed of the original, so it is not
// secured.
void live_given_up(LimitedWorld& at) {
  engine::ImportRequest request;
  request.original = at.world.launch_foreign();
  request.terminate = request.keep_private_ip = true;
  ASSERT_TRUE(at.world.cloud().fail_next("ModifyInstanceAttribute", "IncorrectState", 10000));
  auto made = at.world.import(request);
  ASSERT_TRUE(made) << describe(made.error());
  auto tagged = [&] { return !at.world.instances("running").empty(); };
  ASSERT_TRUE(at.world.until(tagged, std::chrono::minutes(2))) << at.world.history(*made);
  ASSERT_TRUE(at.world.ask(*made, model::DeleteAsked{}));
  ASSERT_TRUE(at.world.until_status(*made, Status::deallocated, std::chrono::minutes(10))) << at.world.history(*made);
  EXPECT_TRUE(at.world.instances("running").empty()) << "no tag of ours is left";
}

void live_with_further_fields(LimitedWorld& at) {
  ASSERT_TRUE(at.world.cloud().perform_further(ec2::FurtherRequest(ec2::ImportKeyPairRequest{
      "me", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl", {}})));
  auto allocated = at.world.cloud().perform_further(ec2::FurtherRequest(ec2::AllocateAddressRequest{}));
  ASSERT_TRUE(allocated);
  const std::string address = std::get<ec2::AllocateAddressResponse>(*allocated).allocation_id;
  auto with = [&](const std::string& launch, const std::string& compute) {
    std::string text = document({.mode = "reattach"});
    text.insert(text.find(R"("imageId")"), launch);
    text.insert(text.find(R"("subnetIds")"), compute);
    return text;
  };
  const std::string key = R"("keyPair":"me",)";
  auto made = at.world.create(
      with(key + R"("tags":[{"tagKey":"team","tagValue":"red"}],)", "\"elasticIp\":\"" + address + "\","));
  ASSERT_TRUE(made) << describe(made.error());
  ASSERT_TRUE(at.world.until_status(*made, Status::active)) << at.world.history(*made);
  at.interrupt(*made);
  ASSERT_TRUE(at.world.update(*made, with(key, ""), true));
  auto done = [&] {
    const model::State& state = at.world.view(*made)->state;
    return !state.address && !state.tagging;
  };
  ASSERT_TRUE(at.world.until(done, std::chrono::minutes(5))) << at.world.history(*made);
  at.remove(*made);
}

TEST(PolicyOfALife, IsEnoughForEveryLifeAndHoldsNothingThatNoneNeeds) {
  std::set<std::string> used;
  const auto with = [&](std::set<aws::Feature> features, const std::function<void(LimitedWorld&)>& life) {
    LimitedWorld at(std::move(features));
    life(at);
    EXPECT_THAT(at.iam.refused(), testing::IsEmpty());
    used.insert(at.iam.asked().begin(), at.iam.asked().end());
  };
  for (const char* mode : {"", "reattach", "onLaunch"}) with({}, [&](LimitedWorld& at) { live(at, mode); });
  with({}, live_with_a_volume_by_hand);
  with({}, live_across_zones);
  for (bool terminate : {true, false})
    with({aws::Feature::import}, [&](LimitedWorld& at) { live_imported(at, terminate); });
  with({aws::Feature::import}, live_given_up);
  with({aws::Feature::elastic_ip}, live_with_further_fields);

  auto options = options_with(
      {aws::Feature::import, aws::Feature::first_spot, aws::Feature::elastic_ip, aws::Feature::instance_profile});
  options.queue = "holdfast-events";
  const auto actions = aws::policy_actions(options);
  EXPECT_THAT(actions, testing::IsSupersetOf(used));
  for (const std::string& action : actions) {
    const bool has_reason = !aws::reason_beyond_the_service(action).empty();
    EXPECT_NE(used.contains(action), has_reason) << action << ": no life calls it, or the reason given for it is stale";
  }
}

// So that the test above can fail.
TEST(PolicyOfALife, RefusesWhatIsNotOurs) {
  LimitedWorld at({});
  const ec2::Instance theirs = at.world.instance(at.world.launch_foreign());
  ec2::Ec2& calls = at.world.calls();
  auto terminated = calls.call(ec2::TerminateInstancesRequest{{theirs.instance_id}});
  ASSERT_FALSE(terminated);
  EXPECT_EQ(terminated.error().code, "UnauthorizedOperation");
  const VolumeId volume = theirs.block_device_mappings.at(0).volume_id;
  EXPECT_EQ(calls.call(ec2::DeleteVolumeRequest{volume}).error().code, "UnauthorizedOperation");
  EXPECT_EQ(calls.call(ec2::CreateSnapshotRequest{volume, "", {}}).error().code, "UnauthorizedOperation");
  ec2::CreateVolumeRequest untagged;
  untagged.availability_zone = "local-1a";
  untagged.size = 1;
  EXPECT_EQ(calls.call(untagged).error().code, "UnauthorizedOperation");
  EXPECT_EQ(
      calls.call(ec2::CreateTagsRequest{{theirs.instance_id.str()}, {{aws::kOwnerTag, "smi-00000001"}}}).error().code,
      "UnauthorizedOperation");
}

}  // namespace
}  // namespace holdfast::inprocess
