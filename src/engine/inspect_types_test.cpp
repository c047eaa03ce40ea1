// Instance types by what they have, and options of a launch, against a scripted cloud.
#include "engine/inspect_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/fakes_test.h"
#include "engine/inspect_options.h"

namespace holdfast::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ec2::InstanceTypeInfo type_of(const std::string& name, int vcpus, int gib, const std::string& architecture = "x86_64") {
  ec2::InstanceTypeInfo type;
  type.instance_type = name;
  type.default_v_cpus = vcpus;
  type.size_in_mi_b = gib * 1024;
  type.architecture = architecture;
  return type;
}

std::vector<ec2::InstanceTypeInfo> offer() {
  auto gpu = type_of("g4dn.xlarge", 4, 16);
  gpu.gpu_info = ec2::GpuInfo{{1}};
  return {type_of("m5.xlarge", 4, 16), type_of("m5.large", 2, 8),           type_of("t3.large", 2, 8),
          type_of("c4.large", 2, 4),   type_of("m6g.large", 2, 8, "arm64"), gpu,
          type_of("m5.metal", 4, 16)};
}

std::vector<std::string> fitting(const model::ResourceRequirements& wanted) {
  return types_that_fit(offer(), wanted, "x86_64");
}

TEST(TypesThatFit, AreThoseWithinTheRangesTheSmallestFirst) {
  model::ResourceRequirements wanted;
  wanted.vcpu = {2, 4};
  EXPECT_THAT(fitting(wanted), ElementsAre("c4.large", "m5.large", "t3.large", "m5.xlarge", "g4dn.xlarge"));
  wanted.memory_gib = {8, 8};
  EXPECT_THAT(fitting(wanted), ElementsAre("m5.large", "t3.large"));
  wanted = {};
  wanted.gpu = {1, std::nullopt};
  EXPECT_THAT(fitting(wanted), ElementsAre("g4dn.xlarge"));
  wanted.gpu = {std::nullopt, 0};
  EXPECT_THAT(fitting(wanted), ElementsAre("c4.large", "m5.large", "t3.large", "m5.xlarge"));
}

TEST(TypesThatFit, LeaveOutWhatIsExcluded) {
  model::ResourceRequirements wanted;
  wanted.vcpu = {2, 2};
  wanted.excluded_families = {"t"};
  EXPECT_THAT(fitting(wanted), ElementsAre("c4.large", "m5.large"));
  wanted.excluded_families = {"m5"};
  wanted.excluded_generations = {"4"};
  EXPECT_THAT(fitting(wanted), ElementsAre("t3.large"));
  wanted.excluded_types = {"t3.large"};
  EXPECT_THAT(fitting(wanted), IsEmpty());
}

TEST(TypesThatFit, AreNoMoreThanAreEverOfUse) {
  std::vector<ec2::InstanceTypeInfo> many;
  for (int i = 0; i < 100; ++i) many.push_back(type_of("m" + std::to_string(i) + ".large", 2, 8));
  EXPECT_EQ(types_that_fit(many, {}, "x86_64").size(), kMostTypesFound);
}

struct TypesTest : testing::Test {
  TypesTest() {
    ec2.on<ec2::DescribeInstanceTypesRequest>([](const auto& request) -> Result<ec2::DescribeInstanceTypesResponse> {
      std::vector<ec2::InstanceTypeInfo> all = offer();
      for (auto& type : all) type.burstable_performance_supported = type.instance_type.starts_with("t3");
      if (request.instance_types.empty()) return ec2::DescribeInstanceTypesResponse{all, ""};
      std::erase_if(all, [&](const auto& type) { return type.instance_type != request.instance_types.at(0); });
      if (all.empty()) return ec2::ec2_fail("InvalidInstanceType", "no");
      return ec2::DescribeInstanceTypesResponse{all, ""};
    });
    image.architecture = "x86_64";
  }
  std::vector<std::string> look() {
    faults.errors.clear();
    auto types = look_at_types({ec2, faults}, compute, image);
    EXPECT_TRUE(types);
    return types ? types->resolved : std::vector<std::string>();
  }
  std::string only_fault() { return faults.errors.size() == 1 ? faults.errors[0].field : "not one"; }

  ScriptedEc2 ec2;
  model::Faults faults;
  model::Compute compute;
  model::ImageFacts image;
};

TEST_F(TypesTest, TheUsersOwnComeBeforeThoseThatAreFound) {
  compute.instance_types = {"t3.large"};
  compute.preferred_types = {"m5.xlarge"};
  compute.requirements.emplace().vcpu = {2, 2};
  EXPECT_THAT(look(), ElementsAre("t3.large", "m5.xlarge", "c4.large", "m5.large"));
  EXPECT_THAT(faults.errors, IsEmpty());
}

TEST_F(TypesTest, WithoutRequirementsTheDocumentsCount) {
  compute.instance_types = {"t3.large"};
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(TypesTest, NothingThatFitsIsAFault) {
  compute.requirements.emplace().vcpu = {64, std::nullopt};
  look();
  EXPECT_EQ(only_fault(), "compute.launchSpecification.instanceTypes.resourceRequirements");
}

TEST_F(TypesTest, APreferredTypeThatIsNotThereIsAFaultOfItsField) {
  compute.instance_types = {"t3.large"};
  compute.preferred_types = {"t3.large", "x9.large"};
  look();
  EXPECT_EQ(only_fault(), "compute.launchSpecification.instanceTypes.preferredTypes[1]");
}

TEST_F(TypesTest, CreditsNeedABurstableType) {
  compute.instance_types = {"m5.large"};
  compute.options.cpu_credits = "unlimited";
  look();
  EXPECT_EQ(only_fault(), "compute.launchSpecification.creditSpecification.cpuCredits");
  compute.instance_types = {"m5.large", "t3.large"};
  look();
  EXPECT_THAT(faults.errors, IsEmpty());
}

struct OptionsTest : testing::Test {
  OptionsTest() {
    spec.compute.image_id = ImageId("ami-1");
    spec.compute.instance_types = {"m5.large"};
    facts.subnets = {{SubnetId("subnet-a"), "z1", {}}};
    ec2.on<ec2::RunInstancesRequest>([this](const auto& request) -> Result<ec2::RunInstancesResponse> {
      EXPECT_TRUE(request.dry_run);
      if (!plain_refusal.empty()) return ec2::ec2_fail(plain_refusal, "scripted");
      if (request.tenancy == "dedicated") return ec2::ec2_fail("InvalidParameterValue", "no dedicated machines");
      return ec2::ec2_fail("DryRunOperation", "it would have");
    });
  }
  std::vector<std::string> look() {
    faults.errors.clear();
    EXPECT_TRUE(look_at_options({ec2, faults}, spec, {}, facts));
    std::vector<std::string> fields;
    for (const Error& error : faults.errors) fields.push_back(error.field);
    return fields;
  }
  ScriptedEc2 ec2;
  model::Faults faults;
  model::Spec spec;
  model::Surroundings facts;
  std::string plain_refusal;
};

TEST_F(OptionsTest, WhatTheCloudDoesNotOfferIsAFaultOfItsField) {
  spec.compute.options.tenancy = "dedicated";
  spec.compute.options.profile_name = "web";
  EXPECT_THAT(look(), ElementsAre("compute.launchSpecification.tenancy"));
  EXPECT_THAT(faults.errors[0].message, HasSubstr("no dedicated machines"));
}

TEST_F(OptionsTest, NothingIsAskedWithoutSuchAnOption) {
  spec.compute.options.monitoring = true;
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_THAT(ec2.requests, IsEmpty());
}

TEST_F(OptionsTest, ATrialThatIsRefusedForAnotherReasonTellsNothing) {
  spec.compute.options.tenancy = "dedicated";
  plain_refusal = "InsufficientInstanceCapacity";
  EXPECT_THAT(look(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::engine
