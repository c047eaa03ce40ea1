// The groups of client commands, each added by its file. Internal to the room.
#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/session.h"

namespace holdfast::cli {

void add_apply(CLI::App& app, Run& run);
void add_compare(CLI::App& app, Run& run);  // diff, plan
void add_import(CLI::App& app, Run& run);
void add_show(CLI::App& app, Run& run);     // get, describe, events
void add_history(CLI::App& app, Run& run);  // history, why
void add_costs(CLI::App& app, Run& run);
void add_actions(CLI::App& app, Run& run);  // pause, resume, recycle, delete
void add_copies(CLI::App& app, Run& run);   // snapshots, restore, retained, undelete
void add_group(CLI::App& app, Run& run);
void add_exec(CLI::App& app, Run& run);
void add_cloud(CLI::App& app, Run& run);
void add_access(CLI::App& app, Run& run);      // token, audit
void add_completion(CLI::App& app, Run& run);  // and version
void add_man(CLI::App& app, Run& run);

// Options that several commands have. Each is added only where it takes effect.
void add_connection(CLI::App& command, Options& options);
void add_format(CLI::App& command, Options& options);
void add_wide_format(CLI::App& command, Options& options);  // with wide, where there is more to show
void add_wait(CLI::App& command, Options& options, const std::string& what);
void add_examples(CLI::App& command, const std::string& lines);

}  // namespace holdfast::cli
