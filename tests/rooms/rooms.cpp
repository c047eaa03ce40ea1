#include "rooms/rooms.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

namespace holdfast::rooms {
namespace fs = std::filesystem;
namespace {

// The daemon wires everything together: it may know every room, and none may know it.
constexpr std::string_view kTop = "daemon";

// core and model are pure: the same arguments give the same answer. What reads clocks, files, sockets or other threads
// has no place there, whatever links.
const std::set<std::string> kPureRooms = {"model", "core"};
const std::regex kImpure(
    R"(thread|mutex|shared_mutex|condition_variable|future|atomic|fstream|filesystem|iostream|cstdio|stdio\.h|unistd\.h|fcntl\.h|ctime|time\.h|random|sys/.*|spdlog/.*|curl/.*|sqlite3\.h)");

// Outside headers that make every file slow to compile. A header of ours that includes one is heavy itself: it stays
// inside its room, and only .cpp files include it.
const std::regex kHeavy(
    R"(boost/json\.hpp|boost/asio.*|boost/beast.*|CLI/.*|CLI11\.hpp|microhttpd\.h|sqlite3\.h|yaml-cpp/.*|curl/.*)");

struct Include {
  int line = 0;
  bool quoted = false;
  std::string path;
};

std::vector<Include> includes_of(const fs::path& file) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*(["<])([^">]+)[">])");
  std::vector<Include> found;
  std::ifstream in(file);
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    std::smatch match;
    if (std::regex_search(text, match, kInclude)) found.push_back({line, match[1] == "\"", match[2]});
  }
  return found;
}

struct Source {
  std::string path;  // below src: "core/decide.cpp"
  std::string room;
  bool is_header = false;
  std::vector<Include> includes;
};

// Headers of ours that include a heavy one, as they are included: "cloud/archive.h".
std::set<std::string> heavy_headers(const std::vector<Source>& sources) {
  std::set<std::string> heavy;
  for (const Source& source : sources) {
    for (const Include& include : source.includes) {
      if (source.is_header && std::regex_match(include.path, kHeavy)) heavy.insert(source.path);
    }
  }
  return heavy;
}

// Why this include is forbidden; nothing if it is not.
std::optional<std::string> fault_of(const Table& table, const Source& source, const Include& include) {
  const std::string& room = source.room;
  if (include.path == "boost/json/src.hpp") return "the compiled Boost.JSON is linked: boost/json/src.hpp nowhere";
  if (!include.quoted) {
    if (kPureRooms.count(room) > 0 && std::regex_match(include.path, kImpure)) {
      return fmt::format("{} is pure and may not include <{}>", room, include.path);
    }
    return std::nullopt;
  }
  const size_t slash = include.path.find('/');
  if (slash == std::string::npos || include.path[0] == '.') {
    return fmt::format("write \"{}\" as \"room/file.h\"", include.path);
  }
  const std::string other = include.path.substr(0, slash);
  if (other == room || room == kTop) return std::nullopt;
  if (other == kTop || std::find(table.order.begin(), table.order.end(), other) != table.order.end()) {
    auto known = table.knows.find(room);
    if (known != table.knows.end() && known->second.count(other) > 0) return std::nullopt;
    return fmt::format("{} may not include {}", room, include.path);
  }
  return fmt::format("{} names no room: outside headers are written with <>", include.path);
}

}  // namespace

Table read_table(std::string_view cmake) {
  static const std::regex kRoom(R"(^[ \t]*holdfast_room\(\s*([a-z0-9_]+)([^)]*)\))", std::regex::multiline);
  Table table;
  const std::string text(cmake);
  for (std::sregex_iterator it(text.begin(), text.end(), kRoom), end; it != end; ++it) {
    const std::string name = (*it)[1];
    table.order.push_back(name);
    std::set<std::string>& knows = table.knows[name];
    std::istringstream words((*it)[2].str());
    bool in_rooms = false;
    for (std::string word; words >> word;) {
      if (word == "ROOMS" || word == "LIBS")
        in_rooms = word == "ROOMS";
      else if (in_rooms)
        knows.insert(word);
    }
  }
  return table;
}

std::vector<std::string> faults_of(const Table& table) {
  std::vector<std::string> faults;
  std::set<std::string> below;
  for (const std::string& room : table.order) {
    for (const std::string& other : table.knows.at(room)) {
      if (below.count(other) == 0) faults.push_back(fmt::format("{} may not know {}: it is not below it", room, other));
    }
    if (!below.insert(room).second) faults.push_back(fmt::format("{} is listed twice", room));
  }
  return faults;
}

namespace {

std::vector<Source> sources_below(const fs::path& src) {
  std::vector<Source> sources;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(src)) {
    const std::string extension = entry.path().extension();
    if (!entry.is_regular_file() || (extension != ".cpp" && extension != ".h")) continue;
    const fs::path below = entry.path().lexically_relative(src);
    sources.push_back({below.string(), below.begin()->string(), extension == ".h", includes_of(entry.path())});
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

}  // namespace

std::vector<std::string> faults_of(const Table& table, const fs::path& src) {
  const std::vector<Source> sources = sources_below(src);
  const std::set<std::string> heavy = heavy_headers(sources);
  std::vector<std::string> faults;
  for (const Source& source : sources) {
    if (source.room != kTop && table.knows.count(source.room) == 0) {
      faults.push_back(fmt::format("src/{}: {} is not in the table of rooms", source.path, source.room));
      continue;
    }
    for (const Include& include : source.includes) {
      std::optional<std::string> fault = fault_of(table, source, include);
      const bool abroad = include.path.substr(0, include.path.find('/')) != source.room;
      if (!fault && heavy.count(include.path) > 0 && (source.is_header || abroad)) {
        fault =
            fmt::format("{} includes a heavy outside header: only .cpp files of its room may include it", include.path);
      }
      if (fault) faults.push_back(fmt::format("src/{}:{}: {}", source.path, include.line, *fault));
    }
  }
  return faults;
}

}  // namespace holdfast::rooms
