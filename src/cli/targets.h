// Which managed instances a command with many of them is about: named by id or name, chosen by a tag of their document,
// or all. And what became of them together.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "cli/session.h"

namespace holdfast::cli {

struct Targets {
  std::vector<std::string> words;      // ids or names
  std::vector<std::string> selectors;  // KEY=VALUE: has all of these tags
  bool all = false;
  bool yes = false;
  bool deleted_too = false;  // by rule, also those that are being deleted: there is something left to do with them

  bool chosen_by_rule() const { return all || !selectors.empty(); }
  // Told as a list, not as the one that was named.
  bool many() const { return chosen_by_rule() || words.size() > 1; }
};

// ID…, --selector, --all and --yes. `check_targets` throws what CLI11 tells as wrong usage: none of them was given.
void add_targets(CLI::App& command, Targets& targets);
void check_targets(const Targets& targets);

// Failures of single ones are told as they happen, and do not stop the others.
class Outcomes {
 public:
  void failed(Terminal& terminal, const Error& error);
  // Done: 0. Where all failures are of one kind that kind's status, otherwise kFailed.
  int exit_status() const;

 private:
  std::vector<int> statuses_;
};

// The status of each, once. By rule, those that are being deleted are mostly left out; named ones that are not found
// count as failed. An error where none can be told at all, or none has the tags.
Result<boost::json::array> find_targets(Session& session, const Targets& targets, Outcomes& outcomes);

// Lists them and asks, where more than the one that was named is hit: "This will pause 3 managed instances". By rule
// and without a terminal to ask at, only --yes goes on. `answer` is what must be typed.
Result<void> confirm_targets(Session& session, const Targets& targets, const boost::json::array& found,
                             const std::string& what, const std::string& answer);

}  // namespace holdfast::cli
