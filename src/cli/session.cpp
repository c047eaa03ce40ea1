#include "cli/session.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>
#include <regex>

#include "base/text.h"
#include "cli/client_settings.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr char kCommandTimeout[] = "CommandTimeout";  // the service's code: an exec was ended at its --timeout

Result<std::string> read_token(const TokenPlace& place) {
  if (!place.token.empty()) return place.token;
  std::string token = token_in(place.file);
  if (!token.empty() || !place.must) return token;  // the service will say that it wants one
  return fail(ErrorKind::invalid, "NoToken",
              fmt::format("The token file {} cannot be read or is empty; the service writes it at its first start",
                          place.file));
}

Failure several(const std::string& word, const json::array& found) {
  std::vector<std::string> ids;
  for (const json::value& one : found) ids.push_back(text_at(one, "id"));
  return fail(ErrorKind::conflict, "Ambiguous",
              fmt::format("{} managed instances are named '{}': give the id ({})", ids.size(), word, join(ids, ", ")));
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const Options& options, Run& run) {
  Endpoint endpoint;
  endpoint.url = url_of(options).value;
  while (endpoint.url.size() > 1 && endpoint.url.back() == '/') endpoint.url.pop_back();
  endpoint.ca_file = ca_file_of(options).value;
  HF_TRY(endpoint.token, read_token(token_place(options)));
  return std::unique_ptr<Session>(new Session(options, std::move(endpoint), run));
}

Session::Session(Options options, Endpoint endpoint, Run& run)
    : options_(std::move(options)), endpoint_(std::move(endpoint)), run_(run), api_(another()) {}

std::unique_ptr<ApiClient> Session::another() const {
  return std::make_unique<ApiClient>(endpoint_);
}

Format Session::format() const {
  return format_of(options_);
}

Result<json::value> Session::status(const std::string& id) {
  return only_item(api().call({"GET", fmt::format("{}/{}/status", kManagedInstances, escaped(id)), {}}));
}

Result<json::array> Session::named(const std::string& name) {
  HF_TRY(json::array all, api().call({"GET", kManagedInstances, {}}));
  json::array found;
  for (const json::value& one : all) {
    if (text_at(one, "name") != name) continue;
    Result<json::value> status = this->status(text_at(one, "id"));
    if (!status && status.error().kind == ErrorKind::not_found) continue;  // it went in between
    HF_TRY(json::value known, std::move(status));
    found.push_back(std::move(known));
  }
  return found;
}

Result<std::string> Session::find(const std::string& word) {
  static const std::regex kId("smi-[0-9a-f]{8}");
  if (std::regex_match(word, kId)) return word;
  HF_TRY(json::array all, named(word));
  json::array living;
  for (const json::value& one : all) {
    if (!is_being_deleted(one)) living.push_back(one);
  }
  const json::array& found = living.empty() ? all : living;
  if (found.size() > 1) return several(word, found);
  if (found.size() == 1) return text_at(found.front(), "id");
  return fail(ErrorKind::not_found, "NotFound",
              fmt::format("No managed instance has the id or name '{}'; `holdfast get` lists them", word));
}

Format format_of(const Options& options) {
  return options.format == "json" ? Format::json : options.format == "yaml" ? Format::yaml : Format::table;
}

bool is_being_deleted(const json::value& status) {
  return text_at(status, "status") == "DEALLOCATING" || text_at(status, "status") == "DEALLOCATED";
}

Result<json::value> only_item(Result<json::array> items) {
  HF_TRY(json::array list, std::move(items));
  if (list.size() == 1) return std::move(list.front());
  return fail(ErrorKind::unknown_outcome, "BadAnswer",
              fmt::format("The service answered {} items instead of one", list.size()));
}

Time wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

int report(Terminal& terminal, const Error& error) {
  terminal.out.flush();
  terminal.err << "holdfast: " << (error.field.empty() ? "" : error.field + ": ") << error.message << std::endl;
  if (error.code == kCannotReach) return kUnreachable;
  if (error.code == kWaitOver || error.code == kCommandTimeout) return kTimedOut;
  switch (error.kind) {
    case ErrorKind::not_found:
      return kNotFound;
    case ErrorKind::conflict:
    case ErrorKind::denied:
    case ErrorKind::invalid:
      return kRefused;
    default:
      return kFailed;
  }
}

void run_in_session(const Options& options, Run& run, const std::function<Result<int>(Session&)>& command) {
  Result<std::unique_ptr<Session>> session = Session::open(options, run);
  if (!session) {
    run.exit_status = report(run.terminal, session.error());
    return;
  }
  Result<int> status = command(**session);
  run.exit_status = status ? *status : report(run.terminal, status.error());
  run.terminal.out.flush();
}

}  // namespace holdfast::cli
