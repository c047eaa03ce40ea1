#include "engine/inspect_types.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 100;
constexpr int kMibAGib = 1024;
constexpr char kField[] = "compute.launchSpecification.instanceTypes";

bool is_within(int value, const model::Range& range) {
  return value >= range.minimum.value_or(0) && (!range.maximum || value <= *range.maximum);
}

int gpus_of(const ec2::InstanceTypeInfo& type) {
  if (!type.gpu_info) return 0;
  return std::accumulate(type.gpu_info->counts.begin(), type.gpu_info->counts.end(), 0);
}

// "m5a.large": family m5a, letters m, generation 5.
struct TypeName {
  std::string family, letters, generation;

  explicit TypeName(const std::string& type) : family(type.substr(0, type.find('.'))) {
    size_t digit = std::min(family.find_first_of("0123456789"), family.size());
    letters = family.substr(0, digit);
    size_t end = std::min(family.find_first_not_of("0123456789", digit), family.size());
    generation = family.substr(digit, end - digit);
  }
};

bool is_excluded(const std::string& type, const model::ResourceRequirements& wanted) {
  auto among = [](const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  TypeName name(type);
  return among(wanted.excluded_types, type) || among(wanted.excluded_generations, name.generation) ||
         among(wanted.excluded_families, name.family) || among(wanted.excluded_families, name.letters);
}

// Machines without a hypervisor take minutes to start, and nobody means them without saying so.
bool is_bare_metal(const std::string& type) {
  return type.find(".metal") != std::string::npos;
}

class TypeInspection {
 public:
  TypeInspection(const Inquiry& inquiry, const model::Compute& compute, const model::ImageFacts& image)
      : inquiry_(inquiry), compute_(compute), image_(image) {}

  Result<Types> run() {
    for (size_t i = 0; i < compute_.instance_types.size(); ++i) {
      HF_TRY_VOID(look_at(compute_.instance_types[i], fmt::format("{}.types[{}]", kField, i)));
    }
    if (!compute_.preferred_type.empty()) {
      HF_TRY_VOID(look_at(compute_.preferred_type, fmt::format("{}.preferredType", kField)));
    }
    for (size_t i = 0; i < compute_.preferred_types.size(); ++i) {
      HF_TRY_VOID(look_at(compute_.preferred_types[i], fmt::format("{}.preferredTypes[{}]", kField, i)));
    }
    if (compute_.requirements) HF_TRY_VOID(find_by_requirements());
    look_at_options();
    if (!compute_.requirements) return Types{{}, encrypts_not_};
    return Types{known_, encrypts_not_};
  }

 private:
  Result<void> look_at(const std::string& type, const std::string& field) {
    if (std::find(known_.begin(), known_.end(), type) != known_.end()) return {};
    ec2::DescribeInstanceTypesRequest request;
    request.instance_types = {type};
    HF_TRY(auto answer, inquiry_.ask(request));
    if (!answer || answer->instance_types.empty()) {
      inquiry_.fault(field,
                     fmt::format("there is no instance type {} here; name one that DescribeInstanceTypes lists", type));
      return {};
    }
    note(answer->instance_types.front());
    const std::string& of_type = answer->instance_types.front().architecture;
    if (!of_type.empty() && !image_.architecture.empty() && of_type != image_.architecture) {
      inquiry_.fault(
          field, fmt::format("instance type {} is {}, image {} is {}; name a type of the image's architecture", type,
                             of_type, image_.id.str(), image_.architecture));
    }
    return {};
  }

  void note(const ec2::InstanceTypeInfo& type) {
    if (std::find(known_.begin(), known_.end(), type.instance_type) == known_.end()) {
      known_.push_back(type.instance_type);
    }
    if (type.encryption_support == "unsupported") encrypts_not_ = type.instance_type;
    if (type.ebs_optimized_support == "unsupported") optimizes_not_ = type.instance_type;
    burstable_ = burstable_ || type.burstable_performance_supported.value_or(false);
  }

  Result<void> find_by_requirements() {
    std::vector<ec2::InstanceTypeInfo> all;
    ec2::DescribeInstanceTypesRequest request;
    for (int page = 0; page < kMostPages; ++page) {
      HF_TRY(auto answer, inquiry_.ask(request));
      if (!answer) break;
      all.insert(all.end(), answer->instance_types.begin(), answer->instance_types.end());
      if (answer->next_token.empty()) break;
      request.next_token = answer->next_token;
    }
    std::vector<std::string> found = types_that_fit(all, *compute_.requirements, image_.architecture);
    if (found.empty()) {
      inquiry_.fault(fmt::format("{}.resourceRequirements", kField),
                     fmt::format("no instance type here has all that is asked for{}; ask for less, or exclude less",
                                 image_.architecture.empty() ? "" : " and runs " + image_.architecture));
    }
    for (const ec2::InstanceTypeInfo& type : all) {
      if (std::find(found.begin(), found.end(), type.instance_type) != found.end()) note(type);
    }
    // `note` was called in the cloud's order; the smallest come first, after those that the user has named.
    std::erase_if(known_, [&](const std::string& type) {
      return std::find(found.begin(), found.end(), type) != found.end() && !is_named(type);
    });
    for (const std::string& type : found) {
      if (!is_named(type)) known_.push_back(type);
    }
    return {};
  }

  bool is_named(const std::string& type) const {
    auto among = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), type) != list.end();
    };
    return among(compute_.instance_types) || among(compute_.preferred_types) || type == compute_.preferred_type;
  }

  void look_at_options() {
    const model::LaunchOptions& options = compute_.options;
    if (options.ebs_optimized.value_or(false) && !optimizes_not_.empty()) {
      inquiry_.fault(fmt::format("{}.ebsOptimized", kLaunchSpecification),
                     fmt::format("instance type {} is never EBS-optimized; leave it out, or the type", optimizes_not_));
    }
    if (!options.cpu_credits.empty() && !burstable_) {
      inquiry_.fault(fmt::format("{}.creditSpecification.cpuCredits", kLaunchSpecification),
                     "none of the instance types has CPU credits (t2, t3, …); leave it out");
    }
  }

  const Inquiry& inquiry_;
  const model::Compute& compute_;
  const model::ImageFacts& image_;
  std::vector<std::string> known_;
  std::string encrypts_not_;
  std::string optimizes_not_;
  bool burstable_ = false;
};

}  // namespace

std::vector<std::string> types_that_fit(std::vector<ec2::InstanceTypeInfo> types,
                                        const model::ResourceRequirements& wanted, const std::string& architecture) {
  std::erase_if(types, [&](const ec2::InstanceTypeInfo& type) {
    bool runs = architecture.empty() || type.architecture.empty() || type.architecture == architecture;
    bool fits = is_within(type.default_v_cpus, wanted.vcpu) && is_within(gpus_of(type), wanted.gpu) &&
                is_within(type.size_in_mi_b / kMibAGib, wanted.memory_gib);
    return !runs || !fits || is_excluded(type.instance_type, wanted) || is_bare_metal(type.instance_type);
  });
  auto size = [](const ec2::InstanceTypeInfo& type) {
    return std::tuple(type.default_v_cpus, type.size_in_mi_b, gpus_of(type), type.instance_type);
  };
  std::sort(types.begin(), types.end(), [&](const auto& a, const auto& b) { return size(a) < size(b); });
  std::vector<std::string> names;
  for (const ec2::InstanceTypeInfo& type : types) {
    if (names.size() < kMostTypesFound) names.push_back(type.instance_type);
  }
  return names;
}

Result<Types> look_at_types(const Inquiry& inquiry, const model::Compute& compute, const model::ImageFacts& image) {
  return TypeInspection(inquiry, compute, image).run();
}

}  // namespace holdfast::engine
