// A service on a data directory of its own for a benchmark, and the little that all of them do with it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/program.h"
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

// ACTIVE, from an example with changes.
support::ManagedStatus bring_up(const support::ApiClient& client, const std::string& example,
                                const std::map<std::string, std::string>& changes);
// ACTIVE on a later machine than `before`.
support::ManagedStatus wait_replaced(const support::ApiClient& client, const support::ManagedStatus& before);
// The history's account of the replacement that led to this generation.
support::Happening replaced_event(const support::ApiClient& client, const std::string& id, int generation);

}  // namespace holdfast::bench
