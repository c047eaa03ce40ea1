// A service on a data directory of its own for a benchmark, and the little that all of them do with it. A benchmark
// that cannot go on ends with the reason: a figure of something half done would be worse than none.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/scratch.h"
#include "support/service.h"

namespace holdfast::bench {

struct Setup {
  support::Scratch scratch;  // goes last
  support::Service service;
  support::ApiClient client;
};

// Exits, naming what is missing, where real machines cannot run and `substrate` is "linux".
// `more`: further arguments of `serve`.
std::unique_ptr<Setup> set_up(const std::string& substrate, const std::vector<std::string>& more = {});

// The value, or the end of the program with the error.
template <class T>
T must(Result<T> result);
[[noreturn]] void give_up(const std::string& why);

// `run`'s, or 1 after an exception that was told to stderr: what a benchmark's `main` returns.
int exit_status_of(int (*run)(int, char**), int argc, char** argv);

// ACTIVE, from an example with changes.
support::ManagedStatus bring_up(const support::ApiClient& client, const std::string& example,
                                const std::map<std::string, std::string>& changes);
// ACTIVE on a later machine than `before`.
support::ManagedStatus wait_replaced(const support::ApiClient& client, const support::ManagedStatus& before);
// The history's account of the replacement that led to this generation.
support::Happening replaced_event(const support::ApiClient& client, const std::string& id, int generation);

// The first number in argv after "--NAME", or `otherwise`.
int number_argument(int argc, char** argv, const std::string& name, int otherwise);

template <class T>
T must(Result<T> result) {
  if (!result) give_up(describe(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace holdfast::bench
