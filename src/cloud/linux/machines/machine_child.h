// What a new machine's first process does between clone3 and exec: waits until it is told to go, makes the machine's
// mounts and devices, gives up what a guest must not have over its host, and becomes init.
//
// It is the child of a program with threads, without exec in between (a helper program would have to be found, started
// and told all of this: more time and more to go wrong). So it runs nothing but system calls on what the parent has
// prepared: no allocation, no locks, no logging.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace holdfast::cloud::linux_ {

struct ChildNode {
  const char* name;  // relative to /dev
  dev_t device;
};

struct ChildPlan {
  int go = -1;                        // read end: one byte to go on; closed before that: the parent is dead, so end
  int report = -1;                    // write end, closed by exec: what went wrong, see ChildReport
  int root = -1;                      // detached mount of the root volume
  int usr = -1;                       // detached mount of the host's /usr; -1: the image has its own
  const char* mount_point = nullptr;  // an empty folder of the host's, used in the new mount namespace alone
  const char* console = nullptr;      // the terminal's slave
  const char* host_name = nullptr;
  size_t host_name_length = 0;
  const char* init = nullptr;
  int shutdown_signal = 0;  // blocked when init starts, so that none is lost before it listens; 0: none is
  const ChildNode* nodes = nullptr;
  size_t node_count = 0;
};

// `doing` points to a constant: the parent is the same program, so it may be read there.
struct ChildReport {
  const char* doing;
  int error;
};

[[noreturn]] void run_machine_child(const ChildPlan& plan);

// In any process that is to run inside a machine, before exec: takes away what a guest must not have.
// Async-signal-safe.
bool give_up_capabilities();

}  // namespace holdfast::cloud::linux_
