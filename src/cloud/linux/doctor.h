// What the Linux substrate needs of this host, looked at one by one: for `holdfast doctor`, and for `serve`, which
// refuses with the same words. Changes nothing on the host, except that it may ask the kernel to load a module.
#pragma once

#include <string>
#include <vector>

namespace holdfast::cloud::linux_ {

struct Finding {
  std::string what;  // "XFS filesystem"
  bool ok = true;
  bool required = true;  // false: only something optional suffers
  std::string problem;   // a sentence; empty if ok
  std::string remedy;    // a sentence to follow: "Install it: apt-get install xfsprogs."
};

std::vector<Finding> examine(const std::string& data_dir);
// Nothing required is missing.
bool fit(const std::vector<Finding>& findings);
// The findings that are not ok, one line each: "what: problem remedy".
std::string problems(const std::vector<Finding>& findings);

}  // namespace holdfast::cloud::linux_
