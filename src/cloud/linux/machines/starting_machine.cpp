#include "cloud/linux/machines/starting_machine.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <cerrno>

#include "cloud/linux/machines/clone.h"
#include "cloud/linux/machines/machine_child.h"
#include "cloud/linux/machines/process_identity.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int exec_limit_ms = 30'000;  // mounts of an overloaded host; it is normally 5 ms

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(system_error("making a pipe", errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

std::vector<std::string> node_names(const std::string& device) {
  const std::string name = device.starts_with("/dev/") ? device.substr(5) : device;
  std::vector<std::string> names = {name};
  if (name.starts_with("sd")) names.push_back("xvd" + name.substr(2));
  return names;
}

Result<StartingMachine> StartingMachine::clone(const StartPlan& plan, const RootVolume& root, const Console& console,
                                               const Cgroups& cgroups) {
  // Everything the child reads is made here, before it exists.
  std::vector<std::string> names;
  std::vector<dev_t> numbers;
  for (const auto& device : plan.devices) {
    for (auto& name : node_names(device.name)) {
      names.push_back(std::move(name));
      numbers.push_back(
          makedev(static_cast<unsigned>(device.device.major), static_cast<unsigned>(device.device.minor)));
    }
  }
  std::vector<ChildNode> nodes;
  for (size_t i = 0; i < names.size(); ++i) nodes.push_back({names[i].c_str(), numbers[i]});
  Fd usr;
  if (root.facts.host_usr) {
    HF_TRY(usr, mount_host_usr(plan.mount_point));
  }
  HF_TRY(Pipe go, make_pipe());
  HF_TRY(Pipe report, make_pipe());
  HF_TRY(const Fd group, cgroups.guest(plan.id));

  ChildPlan child;
  child.go = go.read.get();
  child.report = report.write.get();
  child.root = root.mount.get();
  child.usr = usr.get();
  child.mount_point = plan.mount_point.c_str();
  child.console = console.slave_path.c_str();
  child.host_name = plan.host_name.c_str();
  child.host_name_length = plan.host_name.size();
  child.init = root.facts.init.c_str();
  // Our own init waits for it blocked; what another image's init expects is not known, so that one gets a clean mask.
  if (root.facts.host_usr) child.shutdown_signal = signal_number(root.facts.stop_signal).value_or(0);
  child.nodes = nodes.data();
  child.node_count = nodes.size();

  CloneWish wish;
  wish.namespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;
  wish.group = group.get();
  HF_TRY(Cloned cloned, clone_process(wish));
  if (cloned.pid == 0) run_machine_child(child);
  StartingMachine machine;
  machine.pid_ = cloned.pid;
  machine.pidfd_ = std::move(cloned.pidfd);
  machine.go_ = std::move(go.write);
  machine.report_ = std::move(report.read);
  HF_TRY_VOID(cgroups.join(plan.id, machine.pid_));
  return machine;
}

StartingMachine::~StartingMachine() {
  if (!pidfd_.valid()) return;
  // Safe: it was never told to go, so nothing of a user's has run in it; or it failed to become init.
  go_.reset();
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  siginfo_t ended{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &ended, WEXITED) != 0 && errno == EINTR) {
  }
}

Result<Fd> StartingMachine::network_namespace() const {
  Fd fd(::open(fmt::format("/proc/{}/ns/net", pid_).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Failure(system_error("opening a machine's network namespace", errno));
  return fd;
}

Result<Fd> StartingMachine::go() {
  const char byte = 1;
  if (::write(go_.get(), &byte, 1) != 1) return Failure(system_error("telling a machine to go", errno));
  pollfd wanted{report_.get(), POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&wanted, 1, exec_limit_ms)) < 0 && errno == EINTR) {
  }
  if (ready == 0) {
    return fail(ErrorKind::unavailable, "LaunchTimeout", "the machine's init did not start within 30 s");
  }
  ChildReport report{};
  const ssize_t count = ::read(report_.get(), &report, sizeof report);
  if (count == static_cast<ssize_t>(sizeof report)) {
    Error error = system_error(report.doing, report.error);
    error.code = "LaunchFailed";
    return Failure(std::move(error));
  }
  if (wait_for_end(pidfd_.get(), 0)) {
    return fail(ErrorKind::unavailable, "LaunchFailed", "the machine's first process ended before it became init");
  }
  return std::move(pidfd_);
}

}  // namespace holdfast::cloud::linux_
