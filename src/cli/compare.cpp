// diff and plan: what a file would change, and when; nothing is done.

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "cli/parts.h"
#include "cli/plan.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr int kDifferent = 2;  // of diff only

Result<int> diff(Session& session, const FileOptions& options) {
  HF_TRY(json::object document, read_document(options, session.terminal()));
  HF_TRY(Plan plan, plan_for(session, options, document));
  Terminal& terminal = session.terminal();
  if (session.format() != Format::table) {
    terminal.out << written(plan_data(plan), session.format());
  } else {
    if (plan.action == Plan::Action::create) terminal.err << "There is none of that name yet: apply would make it\n";
    terminal.out << changes_text(plan.changes, terminal, 0);
  }
  return plan.action == Plan::Action::nothing ? int(kOk) : kDifferent;
}

Result<int> plan(Session& session, const FileOptions& options) {
  HF_TRY(json::object document, read_document(options, session.terminal()));
  return show_plan(session, options, document);
}

}  // namespace

void add_compare(CLI::App& app, Run& run) {
  auto compared = std::make_shared<FileOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("diff", "What differs between a file and the managed instance it means");
  add_file(*command, *compared);
  add_format(*command, *compared);
  add_connection(*command, *compared);
  add_examples(
      *command,
      "  holdfast diff -f postgres.yaml\n"
      "  holdfast diff -f postgres.yaml >/dev/null && echo up to date\n\n"
      "+ is new, - is cleared because the file no longer has it, ~ is changed; a list is one field. Of user data\n"
      "and scripts only the size is shown. Exit status: 0 no difference, 2 a difference (and wrong usage),\n"
      "others as everywhere.");
  command->callback(
      [compared, &run] { run_in_session(*compared, run, [&](Session& s) { return diff(s, *compared); }); });

  auto planned = std::make_shared<FileOptions>();
  command = app.add_subcommand("plan", "What apply would do, and what of it takes effect when; nothing is done");
  add_file(*command, *planned);
  add_format(*command, *planned);
  add_connection(*command, *planned);
  add_examples(*command,
               "  holdfast plan -f postgres.yaml\n"
               "  holdfast plan -f postgres.yaml -o json\n\n"
               "What waits for the next replacement takes effect at once with `holdfast recycle`. The steps are the\n"
               "service's own dry run: a document that it would refuse is refused here, too.");
  command->callback([planned, &run] { run_in_session(*planned, run, [&](Session& s) { return plan(s, *planned); }); });
}

}  // namespace holdfast::cli
