#include "cloud/linux/machines/machine_child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "cloud/linux/machines/clone.h"

namespace holdfast::cloud::linux_ {
namespace {

// Over the host as a whole, or of no use in a machine. Kept on purpose: SYS_ADMIN (systemd, and mounting data volumes),
// NET_ADMIN and NET_RAW (over the machine's own network), SYS_PTRACE, AUDIT_WRITE (PAM), SYS_BOOT (in a process
// namespace reboot(2) ends the namespace's init and nothing else). With SYS_ADMIN this is no security boundary.
constexpr int given_up[] = {CAP_SYS_MODULE, CAP_SYS_RAWIO,         CAP_SYS_TIME,      CAP_SYSLOG,
                            CAP_MAC_ADMIN,  CAP_MAC_OVERRIDE,      CAP_WAKE_ALARM,    CAP_BLOCK_SUSPEND,
                            CAP_MKNOD,      CAP_AUDIT_READ,        CAP_AUDIT_CONTROL, CAP_PERFMON,
                            CAP_BPF,        CAP_CHECKPOINT_RESTORE};

const ChildNode usual_nodes[] = {{"null", makedev(1, 3)},   {"zero", makedev(1, 5)},    {"full", makedev(1, 7)},
                                 {"random", makedev(1, 8)}, {"urandom", makedev(1, 9)}, {"tty", makedev(5, 0)}};

// The host's knobs, and files that show or touch what is the host's alone. Missing ones do not matter.
constexpr const char* masked_files[] = {"proc/sysrq-trigger", "proc/kcore",       "proc/keys",
                                        "proc/timer_list",    "proc/sched_debug", "proc/latency_stats"};
constexpr const char* masked_folders[] = {"proc/scsi", "proc/acpi", "sys/firmware"};
constexpr const char* read_only_folders[] = {"proc/bus", "proc/fs", "proc/irq"};

int report_to = -1;

[[noreturn]] void give_up(const char* doing) {
  const ChildReport report{doing, errno};
  if (::write(report_to, &report, sizeof report) < 0) ::_exit(126);
  ::_exit(127);
}

void must(long result, const char* doing) {
  if (result < 0) give_up(doing);
}

void wait_for_go(int go) {
  char byte = 0;
  ssize_t count = 0;
  while ((count = ::read(go, &byte, 1)) < 0 && errno == EINTR) {
  }
  if (count != 1) ::_exit(125);
}

// A first process that has no handler yet never hears a signal, but a blocked one is kept until it listens.
void reset_signals(int shutdown_signal) {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t kept;
  sigemptyset(&kept);
  if (shutdown_signal > 0) sigaddset(&kept, shutdown_signal);
  ::sigprocmask(SIG_SETMASK, &kept, nullptr);
}

void bind_read_only(const char* path) {
  if (::mount(path, path, nullptr, MS_BIND, nullptr) != 0) return;
  must(::mount(nullptr, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
       "making a part of /proc read-only");
}

void mount_proc() {
  must(::mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr), "mounting /proc");
  // Read-only but for the network's settings, which are the machine's own: those are bound onto themselves before the
  // mount around them changes.
  must(::mount("proc/sys", "proc/sys", nullptr, MS_BIND, nullptr), "binding /proc/sys");
  must(::mount("proc/sys/net", "proc/sys/net", nullptr, MS_BIND, nullptr), "binding /proc/sys/net");
  must(::mount(nullptr, "proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
               nullptr),
       "making /proc/sys read-only");
  for (const char* folder : read_only_folders) bind_read_only(folder);
}

void mount_sys() {
  must(::mount("sysfs", "sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr), "mounting /sys");
  must(::mount("cgroup2", "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
       "mounting /sys/fs/cgroup");
}

void make_node(const ChildNode& node, mode_t mode) {
  must(::mknodat(AT_FDCWD, node.name, mode, node.device), "making a device node");
}

void mount_dev(const ChildPlan& plan) {
  must(::mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=4m"), "mounting /dev");
  must(::chdir("dev"), "entering /dev");
  for (const auto& node : usual_nodes) make_node(node, S_IFCHR | 0666);
  for (size_t i = 0; i < plan.node_count; ++i) {
    make_node(plan.nodes[i], S_IFBLK | 0660);
    must(::chown(plan.nodes[i].name, 0, 6), "giving a device to the group disk");
  }
  must(::mkdir("pts", 0755), "making /dev/pts");
  must(::mkdir("shm", 01777), "making /dev/shm");
  must(::mkdir("mqueue", 0755), "making /dev/mqueue");
  must(::mount("devpts", "pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5"),
       "mounting /dev/pts");
  must(::mount("tmpfs", "shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "mounting /dev/shm");
  must(::mount("mqueue", "mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr), "mounting /dev/mqueue");
  must(::symlink("pts/ptmx", "ptmx"), "making /dev/ptmx");
  must(::symlink("/proc/self/fd", "fd"), "making /dev/fd");
  must(::symlink("/proc/self/fd/0", "stdin"), "making /dev/stdin");
  must(::symlink("/proc/self/fd/1", "stdout"), "making /dev/stdout");
  must(::symlink("/proc/self/fd/2", "stderr"), "making /dev/stderr");
  const int console = ::open("console", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  must(console, "making /dev/console");
  ::close(console);
  must(::mount(plan.console, "console", nullptr, MS_BIND, nullptr), "binding /dev/console");
  must(::chdir(".."), "leaving /dev");
}

void mask() {
  for (const char* file : masked_files) ::mount("dev/null", file, nullptr, MS_BIND, nullptr);
  for (const char* folder : masked_folders) ::mount("tmpfs", folder, "tmpfs", MS_RDONLY, "mode=555,size=4k");
}

void mount_everything(const ChildPlan& plan) {
  must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "making mounts private");
  must(::move_mount(plan.root, "", AT_FDCWD, plan.mount_point, MOVE_MOUNT_F_EMPTY_PATH), "mounting the root volume");
  must(::chdir(plan.mount_point), "entering the root volume");
  if (plan.usr >= 0) {
    must(::move_mount(plan.usr, "", AT_FDCWD, "usr", MOVE_MOUNT_F_EMPTY_PATH), "binding the host's /usr");
  }
  mount_proc();
  mount_sys();
  mount_dev(plan);
  mask();
  must(::mount("tmpfs", "run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"), "mounting /run");
  must(::mkdir("run/lock", 01777), "making /run/lock");
  must(::chmod("run/lock", 01777), "making /run/lock");
  must(::syscall(SYS_pivot_root, ".", "."), "making the root volume the root");
  must(::umount2(".", MNT_DETACH), "leaving the host's mounts");
  must(::chdir("/"), "entering the root");
}

void open_console() {
  // Not as the controlling terminal: init takes one if it wants to.
  const int console = ::open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
  must(console, "opening /dev/console");
  for (int fd = 0; fd < 3; ++fd) must(::dup2(console, fd), "opening /dev/console");
}

}  // namespace

bool give_up_capabilities() {
  for (const int capability : given_up) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) return false;  // EINVAL: older kernel
  }
  // Inheritable ones would come back by exec; the rest follows from the bounding set.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  data[0].inheritable = data[1].inheritable = 0;
  return ::syscall(SYS_capset, &header, data) == 0;
}

[[noreturn]] void run_machine_child(const ChildPlan& plan) {
  report_to = plan.report;
  int kept[] = {plan.go, plan.report, plan.root, plan.usr};
  close_all_but(kept);
  wait_for_go(plan.go);
  reset_signals(plan.shutdown_signal);
  ::umask(0);
  // Now, not by clone3: the parent has put this process into its groups meanwhile, and they are to be the roots.
  must(::unshare(CLONE_NEWCGROUP), "making the cgroup namespace");
  must(::sethostname(plan.host_name, plan.host_name_length), "setting the host name");
  ::setsid();
  mount_everything(plan);
  open_console();
  ::umask(022);
  if (!give_up_capabilities()) give_up("giving up capabilities");
  char* const arguments[] = {const_cast<char*>(plan.init), nullptr};
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char container[] = "container=holdfast";  // how systemd learns that there is no hardware to look after
  char terminal[] = "TERM=linux";
  char home[] = "HOME=/root";
  char* const environment[] = {path, container, terminal, home, nullptr};
  ::fcntl(plan.report, F_SETFD, FD_CLOEXEC);
  ::close(plan.go);
  ::execve(plan.init, arguments, environment);
  give_up("starting the machine's init");
}

}  // namespace holdfast::cloud::linux_
