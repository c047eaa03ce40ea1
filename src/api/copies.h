// Copies of one managed instance: snapshots listed, taken and dropped, the restore to older ones, and what is kept for
// a while and goes when it is due. Called by api.cpp.
#pragma once

#include <optional>
#include <string_view>

#include "api/envelope.h"
#include "engine/engine.h"
#include "engine/view.h"
#include "model/document.h"
#include "model/event.h"

namespace holdfast::api {

inline constexpr size_t kMostRestoreSources = 64;

// Newest first: id, volume, device, what for (final, periodic, manual), generation, state, when, and whether a restore
// to it is possible.
http::Response answer_snapshots(const Asked& asked, const engine::View& view);

// {"snapshotIds": [...]}, {"generation": N} or {"cancel": true}.
model::Checked<model::RestoreAsked> restore_in(std::string_view body, const engine::View& view);

// Of one, or of all: what is retired, and when it goes.
http::Response answer_retained(const engine::Engine& engine, const Asked& asked,
                               const std::optional<ManagedInstanceId>& id);

}  // namespace holdfast::api
