// Options of a launch and the elastic address against the cloud: what names something must name what is there, and what
// a cloud does not offer (a dedicated machine, a public address of a launch) is found by asking it with DryRun.
#pragma once

#include "engine/inspect.h"
#include "engine/inspection.h"
#include "model/surroundings.h"

namespace holdfast::engine {

// Also called where the spec has none of them: then nothing is asked.
Result<void> look_at_options(const Inquiry& inquiry, const model::Spec& spec, const Own& own,
                             const model::Surroundings& facts);

// The public address of compute.elasticIp; empty if none is wanted, or with a fault.
Result<std::string> look_at_elastic_ip(const Inquiry& inquiry, const model::Spec& spec, const Own& own);

}  // namespace holdfast::engine
