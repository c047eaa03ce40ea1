// The words for one call that is foreseen: EC2's name of it, what it is about, and why. Called by foresee.cpp.
#pragma once

#include "core/foresee.h"
#include "model/effect.h"

namespace holdfast::core {

// `state`: when it is sent.
ForeseenStep words_of(const model::Effect& effect, const model::Spec& spec, const model::State& state);

}  // namespace holdfast::core
