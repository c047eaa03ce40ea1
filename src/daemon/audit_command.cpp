#include "daemon/audit_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <ostream>

#include "access/audit_log.h"
#include "cli/parts.h"
#include "cli/session.h"
#include "daemon/access.h"
#include "store/access_sqlite_store.h"

namespace holdfast::daemon {
namespace {

struct VerifyOptions : cli::Options {
  std::string data_dir;
  std::string end;
};

int tell(const cli::Terminal& terminal, const std::string& fault, const std::string& end) {
  if (fault.empty()) {
    terminal.out << fmt::format("The audit log is whole. It ends at {}\n", end);
    return cli::kOk;
  }
  terminal.err << fmt::format("holdfast: the audit log is broken: {}. Up to {} it is whole.\n", fault, end);
  return cli::kFailed;
}

Result<int> verify_files(const VerifyOptions& options, const cli::Terminal& terminal) {
  std::optional<access::AuditEnd> known;
  if (!options.end.empty()) {
    HF_TRY(known, access::end_named(options.end));
  }
  HF_TRY(auto store, store::AccessSqliteStore::open_to_read(options.data_dir + "/" + kAccessFile));
  HF_TRY(const access::AuditVerdict verdict, access::verify(*store, known));
  return tell(terminal, verdict.at ? verdict.why : "", fmt::format("{}:{}", verdict.end.sequence, verdict.end.hash));
}

Result<int> ask_service(cli::Session& session, const VerifyOptions& options) {
  const std::string path = "/audit/verify" + (options.end.empty() ? "" : "?end=" + cli::escaped(options.end));
  HF_TRY(boost::json::value verdict, cli::only_item(session.api().call({"GET", path, {}})));
  return tell(session.terminal(), cli::text_at(verdict, "why"), cli::text_at(verdict, "end"));
}

}  // namespace

void add_audit_verify(CLI::App& app, cli::Run& run) {
  CLI::App* audit = app.get_subcommand("audit");  // the client's; CLI11 throws if it is not there: our own mistake
  CLI::App* command = audit->add_subcommand("verify", "Look through the whole audit log; name the first broken entry");
  auto options = std::make_shared<VerifyOptions>();  // shared with the callback, which CLI11 copies
  command->add_option("--data-dir", options->data_dir, "Read the files of this data directory, asking no service")
      ->type_name("DIR");
  command->add_option("--end", options->end, "An end that was told earlier: the log must have held it")
      ->type_name("ENTRY:HASH");
  cli::add_connection(*command, *options);
  command->footer(
      "Whoever can write the files can also make a shorter log that is whole in itself: keep the end that is told "
      "here\n"
      "elsewhere, and give it as --end the next time. Exit status: 0 whole, 1 broken.\n\n"
      "Examples:\n  holdfast audit verify\n  holdfast audit verify --data-dir /var/lib/holdfast --end 41:9f86d0…");
  command->callback([options, &run] {
    if (options->data_dir.empty()) {
      return cli::run_in_session(*options, run, [&](cli::Session& s) { return ask_service(s, *options); });
    }
    const Result<int> status = verify_files(*options, run.terminal);
    run.exit_status = status ? *status : cli::report(run.terminal, status.error());
  });
}

}  // namespace holdfast::daemon
