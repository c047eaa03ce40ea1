// AWS's shared files, ~/.aws/config and ~/.aws/credentials: an INI dialect, read as botocore reads it. Called by the
// credentials chain and by the choice of region and endpoint; the files are small and read anew each time.
//
// What holds always: a file that is not understood is refused whole, with the file and the line in the error, and
// values never appear in an error: they may be secrets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"

namespace holdfast::aws {

using ConfigValues = std::map<std::string, std::string>;

struct ConfigSection {
  std::string name;  // as between the brackets: "profile build"
  int line = 0;
  ConfigValues values;                         // keys in lower case
  std::map<std::string, ConfigValues> nested;  // "s3 =" and indented lines below it
};

inline constexpr size_t kLargestConfigFile = 1 << 20;

// `file` is for errors. Error: invalid, "ConfigFile": no section yet, a doubled section or key, a line that is neither,
// not UTF-8, too large.
Result<std::vector<ConfigSection>> parse_config(std::string_view text, const std::string& file);

// What both files say of one profile; the credentials file goes first where both have a key.
struct Profile {
  ConfigValues config;
  ConfigValues credentials;
  std::map<std::string, ConfigValues> nested;  // of the config file

  std::optional<std::string> get(const std::string& key) const;  // nothing if empty, too
  bool has_static_keys() const;
};

class SharedConfig {
 public:
  // Files that are not there are empty ones (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, ~/.aws/…). Errors: a file
  // that cannot be read or understood.
  static Result<SharedConfig> load(const Environment& environment);
  // For tests and the fuzzer.
  static Result<SharedConfig> from_text(std::string_view config, std::string_view credentials);

  // AWS_DEFAULT_PROFILE, AWS_PROFILE, or "default".
  static std::string chosen_profile(const Environment& environment);
  // Nullptr if neither file has it.
  const Profile* find(const std::string& name) const;
  // The chosen one. Error: it was named by the environment and is in neither file. Without a name and files: an empty
  // one.
  Result<Profile> chosen(const Environment& environment) const;
  // "[services NAME]", of one service ("ec2"); nothing if there is none.
  std::optional<ConfigValues> service(const std::string& name, const std::string& service) const;
  const std::string& config_path() const { return config_path_; }
  const std::string& credentials_path() const { return credentials_path_; }

 private:
  void add_config(std::vector<ConfigSection> sections);
  void add_credentials(std::vector<ConfigSection> sections);

  std::string config_path_ = "config";
  std::string credentials_path_ = "credentials";
  std::map<std::string, Profile> profiles_;
  std::map<std::string, ConfigSection> services_;
};

}  // namespace holdfast::aws
