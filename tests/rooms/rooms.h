// Holds the includes of the sources to the table of rooms: which room may know which is written once, in the
// holdfast_room() lines of the top CMakeLists.txt, ground floor first. The compiler sees only what is included in what
// is built today; this reads every file, also those of other substrates and presets. Called by rooms_test.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::rooms {

struct Table {
  std::vector<std::string> order;                      // ground floor first
  std::map<std::string, std::set<std::string>> knows;  // room -> rooms it may include, besides itself
};

// From the text of the top CMakeLists.txt.
Table read_table(std::string_view cmake);

// Faults of the table itself: a room that knows one above it, or one that does not exist.
std::vector<std::string> faults_of(const Table& table);

// Faults of the sources below `src`: "src/core/x.cpp:3: core may not include engine/engine.h". In order of the files.
std::vector<std::string> faults_of(const Table& table, const std::filesystem::path& src);

}  // namespace holdfast::rooms
