// What a file asks for, compared with what the service keeps: read and told by `diff` and `plan`, and carried out by
// `apply`, so that what is shown is what is done.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/difference.h"
#include "cli/session.h"

namespace holdfast::cli {

struct FileOptions : Options {
  std::string file;
  std::string id;
  bool yes = false;         // apply's
  bool apply_tags = false;  // apply's
};

// -f and --id.
void add_file(CLI::App& command, FileOptions& options);

// The document in the file (- is standard input), with what the service itself adds to it still there.
Result<boost::json::object> read_document(const FileOptions& options, Terminal& terminal);

// From when on a field of the document has its effect.
enum class When { at_once, next_instance, not_said };
When takes_effect(const std::string& path);

struct Plan {
  enum class Action { create, change, nothing };
  Action action = Action::nothing;
  std::string id;  // empty: there is none yet
  std::string name;
  std::string body;                  // to be sent; empty: nothing
  std::vector<std::string> changed;  // the paths in it
  std::vector<Change> changes;       // the same field by field
  std::string etag;                  // of the version that it was compared with
  // What the service would do for it (its dry run, foretold.h); null until it was asked.
  std::shared_ptr<const boost::json::value> foretold = {};
};

// Finds the managed instance that the document means and compares; changes nothing.
Result<Plan> plan_for(Session& session, const FileOptions& options, const boost::json::object& document);

// Asks the service what it would do, and so whether it accepts the document at all. Nothing is done.
Result<void> ask_foretold(Session& session, Plan& plan);

// For a person, and as data.
std::string plan_text(const Plan& plan, const Terminal& terminal);
std::string changes_text(const std::vector<Change>& changes, const Terminal& terminal, int indent);
boost::json::object plan_data(const Plan& plan);
// Asks the service for the plan of this document, and shows it in the session's format: the exit status.
Result<int> show_plan(Session& session, const FileOptions& options, const boost::json::object& document);

}  // namespace holdfast::cli
