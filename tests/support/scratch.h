// A folder below /var/tmp (a real filesystem, unlike /tmp on many hosts) that is removed with its object.
#pragma once

#include <string>

#include "base/error.h"

namespace holdfast::support {

class Scratch {
 public:
  static Result<Scratch> make(const std::string& prefix);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;
  // Removes the folder and what is in it. It never crosses into another filesystem: what is still mounted there is
  // left.
  ~Scratch();

  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace holdfast::support
