// What an observation says of the copies: snapshots, and the images made of them. A part of fold_observation.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

void fold_snapshots(Draft& draft, const model::Observation& observation);
void fold_images(Draft& draft, const model::Observation& observation);

}  // namespace holdfast::core
