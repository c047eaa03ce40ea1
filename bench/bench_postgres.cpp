// From the kill to the first query answered, beside its limit: the time that the same PostgreSQL with the same settings
// takes on the bare host to come up on the same volume after the same crash (mount, journal replay, recovery, first
// query). Both are measured in turn in one run: the volume is cloned while clients commit, the power of its machine is
// cut at that moment, and the clone is brought up on the host when the machine is back.
//   bench_postgres [--count 15] [--commits 1000] [--wal-mib 64] [--systemd]
// Since the last checkpoint there are `commits` small ones; "reattach_busy" has `wal-mib` MiB of WAL as well, a part of
// what a database in use has at a moment of its choosing (PostgreSQL's defaults are a checkpoint every 5 minutes or
// 1 GiB). --systemd adds the image debian-12-postgresql, which is built first (mmdebstrap, a mirror, a minute).

#include <errno.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/text.h"
#include "bench/figures.h"
#include "bench/setup.h"
#include "ledger/connection.h"
#include "support/host_postgres.h"
#include "support/wait.h"

namespace holdfast::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ledger::Connection;
using ledger::LedgerOptions;
using support::Cause;
using support::ManagedStatus;
using Clock = std::chrono::steady_clock;

constexpr char kDevice[] = "/dev/sdf";

double millis_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// When the server was started; nothing while it does not answer.
std::string start_of(const LedgerOptions& server) {
  Result<Connection> connection = Connection::open(server);
  if (!connection) return {};
  std::string started;
  const auto answered =
      connection->rows("SELECT pg_postmaster_start_time(), count(*) FROM ledger", 2s,
                       [&](const PGresult& result, int row) { started = PQgetvalue(&result, row, 0); });
  return answered ? started : std::string();
}

// Milliseconds from `begin` until another server than the one started at `before` answers a query.
double wait_first_query(const LedgerOptions& server, const std::string& before, Clock::time_point begin) {
  const bool answered = support::wait_until(
      120s,
      [&] {
        const std::string started = start_of(server);
        return !started.empty() && started != before;
      },
      2ms);
  if (!answered) give_up("no query is answered at " + server.host);
  return millis_since(begin);
}

// The file of a live volume. The pool may be mounted in a namespace of the service's own, so it is looked up through
// it.
fs::path file_of(Setup& setup, const std::string& volume) {
  const fs::path root = fmt::format("/proc/{}/root{}", setup.service.pid(), setup.service.data_dir());
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
       it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->path().filename() == volume + ".raw" && it->path().parent_path().filename() == "volumes") return it->path();
  }
  give_up("cannot find the file of " + volume);
}

// A clone of a live volume as of now, brought up on the host; all of it goes with the object.
class HostCopy {
 public:
  HostCopy(const fs::path& volume, std::string folder)
      : file_(volume.parent_path().parent_path() / "bench-clone.raw"), folder_(std::move(folder)) {
    const int from = open(volume.c_str(), O_RDONLY | O_CLOEXEC);
    const int to = open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool cloned = from >= 0 && to >= 0 && ioctl(to, FICLONE, from) == 0;
    const int error = errno;
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    if (!cloned) give_up(describe(system_error("clone " + volume.string(), error)));
  }
  HostCopy(const HostCopy&) = delete;
  ~HostCopy() {
    server_.reset();
    umount2(folder_.c_str(), 0);
    if (!device_.empty()) (void)support::run({"losetup", "-d", device_});
    unlink(file_.c_str());
  }

  // Milliseconds from the mount to the first query answered.
  double bring_up(const std::string& log) {
    const support::Ended loop = must(support::run({"losetup", "--find", "--show", "--direct-io=on", file_.string()}));
    if (loop.status != 0) give_up(loop.output);
    device_ = trim(loop.output);
    fs::create_directories(folder_);
    const Clock::time_point begin = Clock::now();
    if (mount(device_.c_str(), folder_.c_str(), "ext4", MS_NOATIME, nullptr) != 0) give_up("cannot mount the clone");
    server_.emplace(must(support::HostPostgres::open(folder_ + "/data", log)));
    must(server_->start());
    LedgerOptions options;
    options.host = "127.0.0.1";
    options.port = server_->port();
    return wait_first_query(options, "", begin);
  }

 private:
  fs::path file_;
  std::string folder_;
  std::string device_;
  std::optional<support::HostPostgres> server_;
};

struct Samples {
  std::vector<double> replaced;  // kill to first query
  std::vector<double> bare;      // the same volume on the bare host
};

struct Load {
  int count = 15;
  int commits = 1000;
  int wal_mib = 0;
};

// Rows of a table beside the ledger, in transactions of about a MiB of WAL each.
void write_wal(const LedgerOptions& server, int mib) {
  Connection connection = must(Connection::open(server));
  must(connection.run("CREATE TABLE IF NOT EXISTS bulk (id bigint, words text)", 10s));
  must(connection.run("TRUNCATE bulk", 60s));
  for (int i = 0; i < mib; ++i) {
    must(connection.run("INSERT INTO bulk SELECT g, repeat(md5(g::text), 3) FROM generate_series(1, 6000) g", 60s));
  }
}

void measure_once(Setup& setup, ManagedStatus& status, ledger::Ledger& client, const Load& load, Samples& samples) {
  LedgerOptions server;
  server.host = status.private_ip;
  // The same amount of WAL to replay each time.
  must(must(Connection::open(server)).run("CHECKPOINT", 60s));
  write_wal(server, load.wal_mib);
  client.start();
  if (!client.wait_for(load.commits, 300s)) give_up("the client cannot commit: " + client.last_failure());
  const std::string before = start_of(server);
  HostCopy copy(file_of(setup, status.volumes[kDevice]), setup.scratch.path() + "/clone");
  const Clock::time_point killed = Clock::now();
  must(setup.client.interrupt(status.instance_id, Cause::power_cut));
  client.stop();
  samples.replaced.push_back(wait_first_query(server, before, killed));
  status = wait_replaced(setup.client, status);
  samples.bare.push_back(copy.bring_up(setup.scratch.path() + "/postgres.log"));
  fmt::print(stderr, "    {:.0f} ms, on the bare host {:.0f} ms\n", samples.replaced.back(), samples.bare.back());
}

Results measure(Setup& setup, const std::string& example, const std::string& mode, const Load& load) {
  fmt::print(stderr, "{} {}, {} MiB of WAL:\n", example, mode, load.wal_mib);
  ManagedStatus status =
      bring_up(setup.client, example, {{"name", "bench-" + mode}, {"persistence.blockDevicesMode", mode}});
  LedgerOptions options;
  options.host = status.private_ip;
  options.file = fmt::format("{}/ledger-{}", setup.scratch.path(), status.id);
  const std::unique_ptr<ledger::Ledger> client = must(ledger::Ledger::open(options, 30s));
  Samples samples;
  for (int i = 0; i < load.count; ++i) measure_once(setup, status, *client, load, samples);
  const ledger::Verification verified = must(client->verify(60s));
  if (!verified.held()) give_up("acknowledged rows are lost: figures are worth nothing");
  must(setup.client.remove(status.id));
  Results results;
  const Summary replaced = summary_of(samples.replaced), bare = summary_of(samples.bare);
  results.summary("kill_to_first_query_ms", replaced);
  results.summary("bare_host_ms", bare);
  results.number("ratio_of_medians", replaced.median / bare.median);
  return results;
}

int run(Options& options) {
  Load load;
  int wal_mib = 64;
  bool systemd = false;
  options.number("count", load.count).number("commits", load.commits).number("wal-mib", wal_mib);
  options.flag("systemd", systemd).read();
  Load busy = load;
  busy.wal_mib = wal_mib;
  const std::unique_ptr<Setup> setup = set_up("linux");
  Results all;
  all.nested("reattach", measure(*setup, "postgres.yaml", "reattach", load));
  all.nested("reattach_busy", measure(*setup, "postgres.yaml", "reattach", busy));
  all.nested("onLaunch", measure(*setup, "postgres.yaml", "onLaunch", load));
  if (systemd) {
    must(setup->client.call("POST", "/cloud/images/debian-12-postgresql/build", "", 600s));
    all.nested("systemd_reattach", measure(*setup, "postgres-systemd.yaml", "reattach", load));
  }
  all.text("limit", "bare_host_ms; reattach with the tiny init at most 1.5 times that in the median");
  must(setup->service.destroy());
  fmt::print("{}\n", all.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
