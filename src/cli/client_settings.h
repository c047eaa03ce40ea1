// Where the client finds its service and its token, and where each of these comes from: a flag beats the environment,
// which beats the default. Every session takes them from here, and `config` shows the same.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace holdfast::cli {

struct EffectiveSetting {
  std::string name;
  std::string value;  // empty: nothing is set, and nothing is needed
  std::string from;   // "flag --url", "environment HOLDFAST_URL", "file /etc/holdfast.yaml", "default"
};

EffectiveSetting url_of(const Options& options);
EffectiveSetting ca_file_of(const Options& options);

struct TokenPlace {
  std::string token;  // the token itself; or
  std::string file;   // where it is,
  bool must = false;  // and whether that was asked for: then it must be there
  std::string from;
};
TokenPlace token_place(const Options& options);
// What the file holds; empty if it cannot be read.
std::string token_in(const std::string& file);

// For `config`: the connection's options and --output, then the client's settings (the token never shown), then how any
// settings are written.
void add_client_settings(CLI::App& command, Options& options);
std::vector<EffectiveSetting> client_settings(const Options& options);
std::string settings_text(const std::vector<EffectiveSetting>& settings, const Options& options,
                          const Terminal& terminal);

}  // namespace holdfast::cli
