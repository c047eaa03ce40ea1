#include "support/host_postgres.h"

#include <errno.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/wait.h"

namespace holdfast::support {
namespace fs = std::filesystem;
namespace {

// PostgreSQL refuses to run as root, and wants the folder to be its own: it runs as the folder's owner. setpriv becomes
// the server, where runuser would stay its parent and hide its end.
std::vector<std::string> as_owner(const std::string& data, std::vector<std::string> argv) {
  struct stat owner {};
  if (geteuid() != 0 || stat(data.c_str(), &owner) != 0) return argv;
  std::vector<std::string> all = {"setpriv", fmt::format("--reuid={}", owner.st_uid),
                                  fmt::format("--regid={}", owner.st_gid), "--clear-groups", "--"};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

// Processes whose command line starts with the server's, or whose parent was it: "postgres: checkpointer" has the
// data folder as its working folder, as every process of one server has.
bool any_process_in(const std::string& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ignored)) {
    if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
    if (fs::read_symlink(entry.path() / "cwd", ignored) == folder && !ignored) return true;
  }
  return false;
}

Result<void> make_cluster(const std::string& data) {
  fs::create_directories(data);
  if (const passwd* postgres = getpwnam("postgres"); geteuid() == 0 && postgres != nullptr) {
    if (chown(data.c_str(), postgres->pw_uid, postgres->pw_gid) != 0)
      return Failure(system_error("chown " + data, errno));
  }
  HF_TRY(const Ended made,
         run(as_owner(data, {std::string(kPostgresBin) + "/initdb", "-D", data, "-U", "postgres", "-E", "UTF8",
                             "--no-locale", "--data-checksums", "--auth=trust", "--no-instructions"})));
  if (made.status != 0) return fail(ErrorKind::unavailable, "Initdb", made.output);
  return {};
}

}  // namespace

Result<uint16_t> free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool found = probe >= 0 && bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  const int error = errno;
  if (probe >= 0) close(probe);
  if (!found) return Failure(system_error("find a free port", error));
  return ntohs(address.sin_port);
}

Result<HostPostgres> HostPostgres::open(const std::string& data, const std::string& log) {
  if (!fs::exists(data + "/PG_VERSION")) HF_TRY_VOID(make_cluster(data));
  HF_TRY(const uint16_t port, free_port());
  return HostPostgres(fs::canonical(data), log, port);
}

HostPostgres::~HostPostgres() {
  (void)crash();
}

Result<void> HostPostgres::start() {
  const std::string sockets = data_;
  HF_TRY(Child server, Child::start({as_owner(data_, {std::string(kPostgresBin) + "/postgres",
                                                      "-D",
                                                      data_,
                                                      "-p",
                                                      std::to_string(port_),
                                                      "-c",
                                                      "listen_addresses=127.0.0.1",
                                                      "-c",
                                                      "unix_socket_directories=" + sockets,
                                                      "-c",
                                                      "hba_file=" + data_ + "/pg_hba.conf",
                                                      "-c",
                                                      "fsync=on",
                                                      "-c",
                                                      "synchronous_commit=on",
                                                      "-c",
                                                      "full_page_writes=on",
                                                      "-c",
                                                      "recovery_init_sync_method=syncfs",
                                                      "-c",
                                                      "shared_buffers=256MB"}),
                                     log_, false}));
  server_.emplace(std::move(server));
  return {};
}

Result<void> HostPostgres::crash() {
  if (!server_) return {};
  server_->signal(SIGKILL);
  (void)server_->wait(std::chrono::seconds(10));
  server_.reset();
  // The others notice that their parent is gone and leave by themselves; a new server is refused until they have.
  if (!wait_until(std::chrono::seconds(20), [this] { return !any_process_in(data_); })) {
    return fail(ErrorKind::unavailable, "StillRunning", "processes of the killed server are still there");
  }
  return {};
}

}  // namespace holdfast::support
