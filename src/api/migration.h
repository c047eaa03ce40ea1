// Imports of instances that exist, in the shape that existing clients send: …/migration/bulk makes managed instances of
// them (or says what would be done: ?dryRun=true), …/migration/search tells how far they are. A migration's id is its
// managed instance's.
#pragma once

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// All or none is begun: a fault of any refuses the whole request, each with its place
// (managedInstancesMigrations[0].originalInstanceId). Asked again, it answers the same managed instances.
http::Response answer_migration_bulk(engine::Engine& engine, const Asked& asked, const http::Request& request);
// migrationIds: ids of managed instances, or of the original instances.
http::Response answer_migration_search(engine::Engine& engine, const Asked& asked, const http::Request& request);

}  // namespace holdfast::api
