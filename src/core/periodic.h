// Periodic snapshots of what the spec snapshots, while the instance is healthy and no handover is under way.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

void snapshot_periodically(Draft& draft);

}  // namespace holdfast::core
