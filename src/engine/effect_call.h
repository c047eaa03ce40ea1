// What an effect costs of the API budget: the call of EC2 that it is for. Asked by the executor before it sends one.
#pragma once

#include "ec2/token_bucket.h"
#include "model/effect.h"

namespace holdfast::engine {

// The first call of it that changes something. Others of the same effect follow it or go before, and are few; they wait
// for their own turn where they are sent (ec2/budgeted.h). The view lives as long as the program.
ec2::ApiCall call_of(const model::Effect& effect);

// What it terminates; nullptr: nothing, it does something else. Terminations can go in one call (perform.h).
const InstanceId* terminated_by(const model::Effect& effect);

}  // namespace holdfast::engine
