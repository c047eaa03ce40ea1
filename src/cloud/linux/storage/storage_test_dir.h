// A folder for tests that use real loop devices: everything a store made below it is released and removed, also what a
// test that crashed left behind earlier. For *_test.cpp only.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cloud/linux/fd.h"
#include "cloud/linux/process.h"
#include "cloud/linux/storage/files.h"
#include "cloud/linux/storage/loop_device.h"
#include "cloud/linux/storage/volume_store.h"

namespace holdfast::cloud::linux_ {

// Mounts of this process are its own from now on, and end with it.
inline void enter_private_mounts() {
  static const bool once = ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  if (!once) throw std::runtime_error("no private mount namespace");
}

class StorageTestDir {
 public:
  StorageTestDir() {
    // One at a time, or another test would sweep up our folder before it is locked.
    const Fd everybody(::open(base().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::flock(everybody.get(), LOCK_EX);
    for (const auto& name : names_in(base()).value_or(std::vector<std::string>())) {
      if (name.starts_with(prefix())) remove(base() + "/" + name, false);
    }
    std::string pattern = base() + "/" + prefix() + "XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
    alive_ = Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::flock(alive_.get(), LOCK_EX);
    std::filesystem::create_directory(data_dir());
  }
  ~StorageTestDir() {
    alive_.reset();
    remove(path_, true);
  }
  const std::string& path() const { return path_; }
  std::string data_dir() const { return path_ + "/data"; }

 private:
  static std::string base() { return "/var/tmp"; }
  static std::string prefix() { return "holdfast-storage-test-"; }

  // Leaves folders of tests that run now: those are locked.
  static void remove(const std::string& path, bool mine) {
    const Fd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.valid() || (!mine && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)) return;
    for (const auto& name : names_in(path).value_or(std::vector<std::string>())) {
      if (name.starts_with("mnt-")) ::umount2((path + "/" + name).c_str(), MNT_DETACH);
    }
    if (exists(path + "/data/pool.img").value_or(false)) {
      if (auto store = VolumeStore::open({.data_dir = path + "/data"})) (void)(*store)->tear_down(true);
    }
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string path_;
  Fd alive_;
};

// A small filesystem of its own to put a data folder on: a host whose disk is nearly full, or can share blocks.
class SmallHost {
 public:
  SmallHost(const std::string& folder, int64_t bytes, const std::string& type = "ext4")
      : path_(folder + "/mnt-host"), image_(folder + "/host.img") {
    const auto file = make_sparse(image_, bytes);
    const std::vector<std::string> make = type == "ext4"
                                              ? std::vector<std::string>{"mkfs.ext4", "-q", "-F", "-m", "0"}
                                              : std::vector<std::string>{"mkfs.xfs", "-q", "-s", "size=4096"};
    if (!file || !run_checked(with(make, image_))) throw std::runtime_error("host");
    const auto device = attach_loop(file->get());
    if (!device) throw std::runtime_error("host: " + holdfast::describe(device.error()));
    device_ = *device;
    std::filesystem::create_directory(path_);
    if (::mount(device_.path.c_str(), path_.c_str(), type.c_str(), 0, "") != 0) throw std::runtime_error("host mount");
  }
  ~SmallHost() {
    ::umount2(path_.c_str(), MNT_DETACH);
    (void)clear_loop(device_);
    (void)wait_until_gone(device_, std::chrono::seconds(5));
    ::unlink(image_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  static std::vector<std::string> with(std::vector<std::string> argv, const std::string& last) {
    argv.push_back(last);
    return argv;
  }

  std::string path_;
  std::string image_;
  LoopDevice device_;
};

}  // namespace holdfast::cloud::linux_
