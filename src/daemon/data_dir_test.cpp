// The data directory: one holder, a token that is only its owner's, one kind of substrate for good.
#include "daemon/data_dir.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/serve.h"

namespace holdfast::daemon {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class DataDirTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-data-dir-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/state/holdfast";
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string folder_, path_;
};

TEST_F(DataDirTest, IsMadeForItsOwnerOnly) {
  auto dir = DataDir::open(path_);
  ASSERT_TRUE(dir) << describe(dir.error());
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
}

TEST_F(DataDirTest, NamesTheProcessThatHoldsIt) {
  auto first = DataDir::open(path_);
  ASSERT_TRUE(first);
  auto second = DataDir::open(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(getpid())));
}

TEST_F(DataDirTest, IsFreeAgainWhenItsHolderWasKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    auto held = DataDir::open(path_);
    (void)!write(ready[1], held ? "y" : "n", 1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(DataDir::open(path_));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(DataDir::open(path_));
  close(ready[0]);
  close(ready[1]);
}

TEST_F(DataDirTest, KeepsItsTokenAndShowsItToNobody) {
  std::string token;
  {
    auto dir = DataDir::open(path_);
    token = dir->token().value();
    EXPECT_EQ(token.size(), 64u);
    EXPECT_EQ(dir->token().value(), token);
  }
  EXPECT_EQ(fs::status(path_ + "/token").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(DataDir::open(path_)->token().value(), token);
}

TEST_F(DataDirTest, MakesItsTokenThoughAnEarlierTryWasCutShort) {
  auto dir = DataDir::open(path_);
  std::ofstream(path_ + "/token.new") << "half";
  EXPECT_EQ(dir->token().value().size(), 64u);
}

TEST_F(DataDirTest, RefusesATokenThatOthersCanReadOrThatIsNone) {
  auto dir = DataDir::open(path_);
  ASSERT_TRUE(dir->token());
  fs::permissions(path_ + "/token", fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(dir->token().error().code, "TokenIsOpen");
  fs::remove(path_ + "/token");
  std::ofstream(path_ + "/token") << "short\n";
  fs::permissions(path_ + "/token", fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(dir->token().error().code, "BadToken");
}

TEST_F(DataDirTest, BelongsToOneKindOfSubstrateForGood) {
  auto dir = DataDir::open(path_);
  EXPECT_EQ(dir->substrate().value(), "");
  ASSERT_TRUE(dir->bind_to_substrate("linux"));
  EXPECT_TRUE(dir->bind_to_substrate("linux"));
  auto other = dir->bind_to_substrate("null");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::conflict);
  EXPECT_EQ(dir->substrate().value(), "linux");
}

// `cloud destroy`, when someone removed the file `lock` under a running service.
TEST_F(DataDirTest, IsNotDestroyedWhileAServiceHasAStoreOpenThoughItsOwnLockFileIsGone) {
  for (const std::string name : {"cloud.lock", "holdfast.db.lock"}) {
    auto service = DataDir::open(path_);
    ASSERT_TRUE(service->bind_to_substrate("null"));
    const int store = ::open((path_ + "/" + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(flock(store, LOCK_EX | LOCK_NB), 0);
    fs::remove(path_ + "/lock");
    Settings settings;
    settings.data_dir = path_;
    std::ostringstream out, err;
    EXPECT_EQ(destroy_cloud(settings, {out, err}), 1);
    EXPECT_THAT(err.str(), HasSubstr(name));
    EXPECT_TRUE(fs::exists(path_ + "/" + name));
    close(store);
  }
}

TEST_F(DataDirTest, ADestroyLeavesAFolderAloneThatIsNoDataDirectory) {
  fs::create_directories(path_);
  for (const char* name : {"token", "lock", "holdfast.db"}) std::ofstream(path_ + "/" + name) << "mine\n";
  Settings settings;
  settings.data_dir = path_;
  std::ostringstream out, err;
  EXPECT_EQ(destroy_cloud(settings, {out, err}), 1);
  EXPECT_THAT(err.str(), HasSubstr("nothing was removed"));
  for (const char* name : {"token", "lock", "holdfast.db"}) {
    std::string word;
    std::ifstream(path_ + "/" + name) >> word;
    EXPECT_EQ(word, "mine") << name;
  }
}

TEST_F(DataDirTest, ErasesItsOwnFilesAndNoOthers) {
  {
    auto dir = DataDir::open(path_);
    ASSERT_TRUE(dir->token());
    ASSERT_TRUE(dir->bind_to_substrate("null"));
    std::ofstream(path_ + "/holdfast.db") << "x";
    std::ofstream(path_ + "/somebody's") << "x";
    ASSERT_TRUE(dir->erase_records());
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(path_), fs::directory_iterator()), 1);
  fs::remove(path_ + "/somebody's");
  ASSERT_TRUE(DataDir::open(path_)->erase_records());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DataDirTest, SaysWhatToDoWhereItCannotBeMade) {
  std::ofstream(folder_ + "/file") << "x";
  auto dir = DataDir::open(folder_ + "/file/below");
  ASSERT_FALSE(dir);
  EXPECT_THAT(dir.error().message, HasSubstr("--data-dir"));
}

}  // namespace
}  // namespace holdfast::daemon
