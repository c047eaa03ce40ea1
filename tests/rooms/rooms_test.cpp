// The sources keep to the table of rooms, and this check can fail: a made-up tree with one fault of each sort is
// caught.
#include "rooms/rooms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace holdfast::rooms {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Table real_table() {
  return read_table(read_file(fs::path(HOLDFAST_SOURCE_DIR) / "CMakeLists.txt"));
}

class MadeUpTree : public testing::Test {
 protected:
  MadeUpTree() {
    std::string name = (fs::temp_directory_path() / "holdfast-rooms-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  ~MadeUpTree() override { fs::remove_all(root_); }

  void file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
  Table table_ = read_table(
      "holdfast_room(base LIBS fmt::fmt)\nholdfast_room(model ROOMS base)\nholdfast_room(core ROOMS base model)\n"
      "holdfast_room(cloud ROOMS base LIBS x::y)\nholdfast_room(api ROOMS base model core)\n");
};

TEST(Rooms, TheTableListsEachRoomAboveThoseItKnows) {
  const Table table = real_table();
  EXPECT_THAT(table.order, Not(IsEmpty()));
  EXPECT_THAT(faults_of(table), IsEmpty());
}

TEST(Rooms, TheCloudKnowsNothingOfTheControllerAboveIt) {
  const Table table = real_table();
  for (const char* room : {"model", "core", "engine", "store", "api", "cli"}) {
    EXPECT_EQ(table.knows.at("cloud").count(room), 0u) << room;
  }
  EXPECT_THAT(table.knows.at("core"), ElementsAre("base", "model"));
}

TEST(Rooms, EverySourceKeepsToTheTable) {
  for (const std::string& fault : faults_of(real_table(), fs::path(HOLDFAST_SOURCE_DIR) / "src"))
    ADD_FAILURE() << fault;
}

TEST(Rooms, ATableThatPointsUpwardsIsCaught) {
  EXPECT_THAT(faults_of(read_table("holdfast_room(base ROOMS core)\nholdfast_room(core ROOMS base)\n")),
              ElementsAre("base may not know core: it is not below it"));
}

TEST_F(MadeUpTree, WithoutFaultsIsAccepted) {
  file("core/decide.h", "#pragma once\n#include <vector>\n#include \"base/error.h\"\n");
  file("core/decide.cpp", "#include \"core/decide.h\"\n#include \"model/state.h\"\n");
  file("api/api.cpp", "#include <boost/json.hpp>\n#include \"core/decide.h\"\n#include \"api/parse.h\"\n");
  file("api/parse.h", "#include <boost/json.hpp>\n");
  file("daemon/main.cpp", "#include \"api/api.h\"\n#include \"cloud/cloud.h\"\n");
  EXPECT_THAT(faults_of(table_, root_), IsEmpty());
}

TEST_F(MadeUpTree, EachSortOfFaultIsCaughtWithItsLine) {
  file("api/api.h", "#pragma once\n#include \"api/parse.h\"\n");
  file("api/parse.h", "#pragma once\n#include <boost/json.hpp>\n");
  file("base/up.cpp", "#include \"model/state.h\"\n");
  file("cloud/controller.cpp", "\n  #  include \"core/decide.h\"\n");
  file("core/impure.cpp", "#include <chrono>\n#include <thread>\n");
  file("core/nowhere.cpp", "#include \"decide.h\"\n#include \"elsewhere/x.h\"\n");
  file("model/top.cpp", "#include \"daemon/settings.h\"\n");
  file("shed/x.cpp", "\n");
  EXPECT_THAT(faults_of(table_, root_),
              ElementsAre(HasSubstr("src/api/api.h:2: api/parse.h includes a heavy outside header"),
                          "src/base/up.cpp:1: base may not include model/state.h",
                          "src/cloud/controller.cpp:2: cloud may not include core/decide.h",
                          "src/core/impure.cpp:2: core is pure and may not include <thread>",
                          HasSubstr("src/core/nowhere.cpp:1: write \"decide.h\""),
                          HasSubstr("src/core/nowhere.cpp:2: elsewhere/x.h names no room"),
                          "src/model/top.cpp:1: model may not include daemon/settings.h",
                          HasSubstr("src/shed/x.cpp: shed is not in the table")));
}

}  // namespace
}  // namespace holdfast::rooms
