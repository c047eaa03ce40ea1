// The instance types of a document: that each is there and fits the image, and which ones have what
// instanceTypes.resourceRequirements asks for.
#pragma once

#include <string>
#include <vector>

#include "engine/inspection.h"
#include "model/spec.h"
#include "model/surroundings.h"

namespace holdfast::engine {

// More would fit than are ever of use: the smallest of them are taken.
inline constexpr size_t kMostTypesFound = 40;

struct Types {
  std::vector<std::string> resolved;  // every type that a launch may use; empty: those of the document
  std::string encrypts_not;           // one whose volumes are never encrypted; empty: none
};

Result<Types> look_at_types(const Inquiry& inquiry, const model::Compute& compute, const model::ImageFacts& image);

// The smallest first, by vCPUs, memory and GPUs.
std::vector<std::string> types_that_fit(std::vector<ec2::InstanceTypeInfo> types,
                                        const model::ResourceRequirements& wanted, const std::string& architecture);

}  // namespace holdfast::engine
