// The elastic address (compute.elasticIp): on the present instance as soon as that runs, the same after every
// replacement, and taken off again when the document gives it up or the managed instance is deleted.
//
// Settled by observation: an instance has it when the cloud shows its public address, and is not healthy before.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// Called in every turn.
void tend_address(Draft& draft);
// The present instance was seen with it, or none is wanted.
bool has_address(const Draft& draft);
// Outcome of DisassociateAddress.
void address_taken_off(Draft& draft, const model::DisassociateAddress& effect);

}  // namespace holdfast::core
