#include "daemon/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/text.h"

namespace holdfast::daemon {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr int kLockAttempts = 10;
constexpr size_t kLeastToken = 32;  // characters: a shorter one was written by hand, and badly

struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string read_small(int fd) {
  char buffer[512];
  ssize_t n = ::pread(fd, buffer, sizeof buffer, 0);
  return n > 0 ? std::string(trim(std::string_view(buffer, static_cast<size_t>(n)))) : std::string();
}

Result<std::string> fresh_token() {
  unsigned char bytes[kTokenBytes];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    return Failure(system_error("drawing a token", errno));
  }
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// Written beside, synced, then renamed: the name is there only when the content is, and stays after a power cut.
Result<void> write_whole(const std::string& folder, const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());  // of an earlier try, perhaps with wider rights
  {
    Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.fd < 0) return Failure(system_error("writing " + beside, errno));
    if (::write(file.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.fd) != 0) {
      return Failure(system_error("writing " + beside, errno ? errno : ENOSPC));
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return Failure(system_error("writing " + path, errno));
  Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) return Failure(system_error("syncing " + folder, errno));
  return {};
}

bool still_named(int fd, const std::string& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

// A `cloud destroy` that ends removes the file under its lock: what was locked may no longer be what has the name.
Result<Descriptor> take_lock(const std::string& path) {
  const std::string name = path + "/lock";
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    Descriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.fd < 0) return Failure(system_error("opening " + name, errno));
    if (::flock(lock.fd, LOCK_EX | LOCK_NB) == 0) {
      if (still_named(lock.fd, name)) return lock;
      continue;
    }
    if (errno != EWOULDBLOCK) return Failure(system_error("locking " + name, errno));
    const std::string holder = read_small(lock.fd);
    return fail(ErrorKind::conflict, "DataDirInUse",
                fmt::format("The data directory {} is in use by process {}; stop that one, or choose another with "
                            "--data-dir.",
                            path, holder.empty() ? "(unknown)" : holder),
                "data_dir");
  }
  return fail(ErrorKind::conflict, "DataDirInUse", "The data directory is just being removed; try again.", "data_dir");
}

}  // namespace

Result<DataDir> DataDir::open(const std::string& path) {
  std::error_code error;
  std::filesystem::path folder(path);
  std::filesystem::create_directories(folder.parent_path(), error);
  // Its owner's only: volumes, history and the token are in it.
  if (!error && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) error.assign(errno, std::generic_category());
  if (error) {
    Error denied = system_error("making the data directory " + path, error.value());
    denied.message += "; choose another with --data-dir";
    denied.field = "data_dir";
    return Failure(std::move(denied));
  }
  HF_TRY(Descriptor lock, take_lock(path));
  // Says who holds it, for people; the lock itself is the kernel's, so a full disk here is no hindrance.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.fd, 0) == 0) (void)!::pwrite(lock.fd, pid.data(), pid.size(), 0);
  return DataDir(path, std::exchange(lock.fd, -1));
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      store_locks_(std::exchange(other.store_locks_, {})) {}

DataDir::~DataDir() {
  for (const int fd : store_locks_) ::close(fd);
  if (lock_ >= 0) ::close(lock_);
}

// The file `lock` may have been removed under a running service: then it says nothing. The stores are locked besides.
Result<void> DataDir::lock_stores() {
  for (const char* name : {"cloud.lock", "holdfast.db.lock", "access.db.lock"}) {
    const std::string file = path_ + "/" + name;
    Descriptor held(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    if (held.fd < 0 && errno == ENOENT) continue;
    if (held.fd < 0) return Failure(system_error("opening " + file, errno));
    if (::flock(held.fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return Failure(system_error("locking " + file, errno));
      return fail(ErrorKind::conflict, "DataDirInUse",
                  fmt::format("A service has a store of the data directory {} open ({} is locked): stop it first.",
                              path_, name),
                  "data_dir");
    }
    store_locks_.push_back(std::exchange(held.fd, -1));
  }
  return {};
}

Result<std::string> DataDir::kept_secret(const std::string& file_name,
                                         const std::function<Result<std::string>()>& make) const {
  const std::string name = path_ + "/" + file_name;
  Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd < 0 && errno == ENOENT) {
    HF_TRY(std::string secret, make());
    HF_TRY_VOID(write_whole(path_, name, secret + "\n"));
    return secret;
  }
  if (file.fd < 0) return Failure(system_error("reading " + name, errno));
  struct stat facts {};
  if (::fstat(file.fd, &facts) != 0) return Failure(system_error("looking at " + name, errno));
  if ((facts.st_mode & 077) != 0) {
    return fail(
        ErrorKind::denied, "TokenIsOpen",
        fmt::format("{} can be read by others, so it may be known to them: remove it, and a new one is made at the "
                    "next start (or chmod 600 it if you know better).",
                    name));
  }
  return read_small(file.fd);
}

Result<std::string> DataDir::token() const {
  const std::string name = token_file();
  HF_TRY(std::string token, kept_secret("token", fresh_token));
  if (token.size() < kLeastToken || token.find_first_of(" \t\r\n") != std::string::npos) {
    return fail(
        ErrorKind::invalid, "BadToken",
        fmt::format("{} does not hold a token of at least {} characters: remove it, and a new one is made at the "
                    "next start.",
                    name, kLeastToken));
  }
  return token;
}

Result<std::string> DataDir::substrate() const {
  const std::string name = path_ + "/substrate";
  Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0 && errno == ENOENT) return std::string();
  if (file.fd < 0) return Failure(system_error("reading " + name, errno));
  return read_small(file.fd);
}

bool DataDir::is_marked(const std::string& path) {
  Descriptor file(::open((path + "/substrate").c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return false;
  const std::string kind = read_small(file.fd);
  return kind == "linux" || kind == "null" || kind == "aws";
}

Result<void> DataDir::bind_to_substrate(const std::string& kind) const {
  HF_TRY(const std::string bound, substrate());
  if (bound.empty()) return write_whole(path_, path_ + "/substrate", kind + "\n");
  if (bound == kind) return {};
  return fail(
      ErrorKind::conflict, "OtherSubstrate",
      fmt::format("The data directory {} belongs to a cloud on substrate '{}': start it with --substrate {}, or "
                  "choose another directory with --data-dir.",
                  path_, bound, bound),
      "cloud.substrate");
}

// The mark of the substrate goes last but the lock: until then a `cloud destroy` that was cut short can be repeated.
Result<void> DataDir::erase_records() const {
  for (const char* name : {"cloud.sqlite-wal",
                           "cloud.sqlite-shm",
                           "cloud.sqlite",
                           "cloud.lock",
                           "holdfast.db-wal",
                           "holdfast.db-shm",
                           "holdfast.db",
                           "holdfast.db.lock",
                           "access.db-wal",
                           "access.db-shm",
                           "access.db",
                           "access.db.end",
                           "access.db.lock",
                           "token.new",
                           "token",
                           "ec2-credentials.new",
                           "ec2-credentials",
                           "queues.sqlite-wal",
                           "queues.sqlite-shm",
                           "queues.sqlite",
                           "substrate.new",
                           "substrate",
                           "lock"}) {
    const std::string file = path_ + "/" + name;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return Failure(system_error("removing " + file, errno));
  }
  if (::rmdir(path_.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY) {
    return Failure(system_error("removing " + path_, errno));
  }
  return {};
}

}  // namespace holdfast::daemon
