// The bodies of the migration calls, read to the last member. Called by migration.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/import.h"
#include "model/document.h"

namespace holdfast::api {

inline constexpr char kMigrations[] = "managedInstancesMigrations";
inline constexpr size_t kMostMigrations = 100;
inline constexpr size_t kMostMigrationIds = 1000;

// All faults at once, each with its whole path.
model::Checked<std::vector<engine::ImportRequest>> migrations_in(std::string_view body);
model::Checked<std::vector<std::string>> migration_ids_in(std::string_view body);

}  // namespace holdfast::api
