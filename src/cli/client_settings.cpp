#include "cli/client_settings.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "cli/parts.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Where the service keeps its token, unless it was told another place.
std::string default_token_file() {
  if (geteuid() == 0) return "/var/lib/holdfast/token";
  if (std::string state = environment("XDG_STATE_HOME"); !state.empty()) return state + "/holdfast/token";
  return environment("HOME") + "/.local/state/holdfast/token";
}

}  // namespace

EffectiveSetting url_of(const Options& options) {
  if (!options.url.empty()) return {"client.url", options.url, "flag --url"};
  if (std::string url = environment("HOLDFAST_URL"); !url.empty())
    return {"client.url", url, "environment HOLDFAST_URL"};
  return {"client.url", kDefaultUrl, "default"};
}

EffectiveSetting ca_file_of(const Options& options) {
  if (!options.ca_file.empty()) return {"client.ca_file", options.ca_file, "flag --ca-file"};
  return {"client.ca_file", environment("HOLDFAST_CA_FILE"),
          environment("HOLDFAST_CA_FILE").empty() ? "default" : "environment HOLDFAST_CA_FILE"};
}

TokenPlace token_place(const Options& options) {
  if (!options.token_file.empty()) return {{}, options.token_file, true, "flag --token-file"};
  if (std::string token = environment("HOLDFAST_TOKEN"); !token.empty())
    return {token, {}, true, "environment HOLDFAST_TOKEN"};
  if (std::string file = environment("HOLDFAST_TOKEN_FILE"); !file.empty()) {
    return {{}, file, true, "environment HOLDFAST_TOKEN_FILE"};
  }
  if (std::string data = environment("HOLDFAST_DATA_DIR"); !data.empty()) {
    return {{}, data + "/token", false, "environment HOLDFAST_DATA_DIR"};
  }
  return {{}, default_token_file(), false, "default"};
}

std::string token_in(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return in ? std::string(trim(text.str())) : std::string();
}

void add_client_settings(CLI::App& command, Options& options) {
  add_format(command, options);
  add_connection(command, options);
}

std::vector<EffectiveSetting> client_settings(const Options& options) {
  const TokenPlace place = token_place(options);
  const bool known = !place.token.empty() || !token_in(place.file).empty();
  std::vector<EffectiveSetting> all{url_of(options), ca_file_of(options)};
  if (!place.file.empty()) all.push_back({"client.token_file", place.file, place.from});
  all.push_back({"client.token", known ? "(hidden)" : "(cannot be read)",
                 place.file.empty() ? place.from : "file " + place.file});
  return all;
}

std::string settings_text(const std::vector<EffectiveSetting>& settings, const Options& options,
                          const Terminal& terminal) {
  if (format_of(options) == Format::table) {
    Table table({"SETTING", "VALUE", "FROM"});
    for (const EffectiveSetting& one : settings) table.add({one.name, one.value, one.from});
    return table.text(terminal.width, terminal.colour);
  }
  json::array all;
  for (const EffectiveSetting& one : settings) {
    all.push_back({{"setting", one.name},
                   {"value", one.value.empty() ? json::value(nullptr) : json::value(one.value)},
                   {"from", one.from}});
  }
  return written(all, format_of(options));
}

}  // namespace holdfast::cli
