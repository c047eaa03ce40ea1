#include "aws/config_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "aws/words.h"
#include "base/text.h"

namespace holdfast::aws {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// Reads line by line, as Python's RawConfigParser does: a line indented deeper than its key's belongs to the key.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<void> line(std::string_view text) {
    ++number_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!is_utf8(text)) return refuse("this line is not UTF-8");
    const std::string_view content = trim(text);
    if (content.empty() || content[0] == '#' || content[0] == ';') return {};
    const size_t indent = static_cast<size_t>(content.data() - text.data());
    if (!key_.empty() && indent > indent_) return continuation(content);
    indent_ = indent;
    return content[0] == '[' ? section(content) : option(content);
  }
  std::vector<ConfigSection> take() { return std::move(sections_); }

 private:
  Result<void> section(std::string_view content) {
    const size_t end = content.rfind(']');
    if (end == std::string_view::npos || end < 2) return refuse("a section is written [name]");
    const std::string name(content.substr(1, end - 1));
    const auto [place, is_new] = names_.emplace(name, number_);
    if (!is_new)
      return refuse(fmt::format("section [{}] is there already, in line {}: join the two", name, place->second));
    sections_.emplace_back();
    sections_.back().name = name;
    sections_.back().line = number_;
    key_.clear();
    return {};
  }

  Result<void> option(std::string_view content) {
    if (sections_.empty()) return refuse("a line before the first section: begin with [default] or [profile NAME]");
    const size_t delimiter = content.find_first_of("=:");
    if (delimiter == std::string_view::npos) return refuse("neither [section] nor key = value");
    key_ = lower(trim(content.substr(0, delimiter)));
    if (key_.empty()) return refuse("a value without a key");
    const bool is_new = section_().values.emplace(key_, trim(content.substr(delimiter + 1))).second;
    if (!is_new) return refuse(fmt::format("key {} is doubled in this section: keep one of the two", key_));
    return {};
  }

  Result<void> continuation(std::string_view content) {
    std::string& value = section_().values[key_];
    if (!value.empty()) {
      value.append("\n").append(content);
      return {};
    }
    const size_t equals = content.find('=');
    if (equals == std::string_view::npos) return refuse(fmt::format("below {} = each line is key = value", key_));
    section_().nested[key_][std::string(trim(content.substr(0, equals)))] = trim(content.substr(equals + 1));
    return {};
  }

  Failure refuse(std::string what) const {
    return fail(ErrorKind::invalid, "ConfigFile", fmt::format("{}:{}: {}", file_, number_, what));
  }
  ConfigSection& section_() { return sections_.back(); }

  const std::string& file_;
  int number_ = 0;
  size_t indent_ = 0;
  std::string key_;  // that an indented line would belong to
  std::map<std::string, int> names_;
  std::vector<ConfigSection> sections_;
};

// "profile x", `profile "x y"` -> the name; nothing if it is another kind of section.
std::optional<std::string> name_in(const std::string& section, std::string_view kind) {
  const auto words = split_words(section);
  if (!words || words->size() != 2 || words->front() != kind) return std::nullopt;
  return words->back();
}

void merge(ConfigValues& into, ConfigValues from) {
  for (auto& [key, value] : from) into[key] = std::move(value);
}

Result<std::vector<ConfigSection>> read_file(const std::string& path) {
  HF_TRY(auto text, read_small_file(path, kLargestConfigFile));
  if (!text) return std::vector<ConfigSection>();
  return parse_config(*text, path);
}

}  // namespace

Result<std::vector<ConfigSection>> parse_config(std::string_view text, const std::string& file) {
  if (text.size() > kLargestConfigFile)
    return fail(ErrorKind::invalid, "ConfigFile", fmt::format("{}: larger than {} bytes", file, kLargestConfigFile));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader reader(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    HF_TRY_VOID(reader.line(text.substr(at, end - at)));
    at = end + 1;
  }
  return reader.take();
}

std::optional<std::string> Profile::get(const std::string& key) const {
  for (const ConfigValues* values : {&credentials, &config}) {
    auto found = values->find(key);
    if (found != values->end() && !found->second.empty()) return found->second;
  }
  return std::nullopt;
}

bool Profile::has_static_keys() const {
  return get("aws_access_key_id").has_value() || get("aws_secret_access_key").has_value();
}

Result<SharedConfig> SharedConfig::load(const Environment& environment) {
  SharedConfig shared;
  shared.config_path_ = environment.expand_home(environment.get("AWS_CONFIG_FILE").value_or("~/.aws/config"));
  shared.credentials_path_ =
      environment.expand_home(environment.get("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"));
  HF_TRY(auto config, read_file(shared.config_path_));
  HF_TRY(auto credentials, read_file(shared.credentials_path_));
  shared.add_config(std::move(config));
  shared.add_credentials(std::move(credentials));
  return shared;
}

Result<SharedConfig> SharedConfig::from_text(std::string_view config, std::string_view credentials) {
  SharedConfig shared;
  HF_TRY(auto config_sections, parse_config(config, shared.config_path_));
  HF_TRY(auto credentials_sections, parse_config(credentials, shared.credentials_path_));
  shared.add_config(std::move(config_sections));
  shared.add_credentials(std::move(credentials_sections));
  return shared;
}

// [default] and [profile default] are one profile; of the two the later one counts, as botocore has it.
void SharedConfig::add_config(std::vector<ConfigSection> sections) {
  for (ConfigSection& section : sections) {
    auto profile = section.name == "default" ? std::optional<std::string>("default") : name_in(section.name, "profile");
    if (profile) {
      profiles_[*profile] = Profile{std::move(section.values), {}, std::move(section.nested)};
    } else if (auto services = name_in(section.name, "services")) {
      services_[*services] = std::move(section);
    }
  }
}

void SharedConfig::add_credentials(std::vector<ConfigSection> sections) {
  for (ConfigSection& section : sections) merge(profiles_[section.name].credentials, std::move(section.values));
}

std::string SharedConfig::chosen_profile(const Environment& environment) {
  if (auto name = environment.get("AWS_DEFAULT_PROFILE")) return *name;
  return environment.get("AWS_PROFILE").value_or("default");
}

const Profile* SharedConfig::find(const std::string& name) const {
  auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

Result<Profile> SharedConfig::chosen(const Environment& environment) const {
  const std::string name = chosen_profile(environment);
  if (const Profile* profile = find(name)) return *profile;
  const bool is_named = environment.get("AWS_DEFAULT_PROFILE") || environment.get("AWS_PROFILE");
  if (!is_named) return Profile();
  return fail(ErrorKind::invalid, "ProfileNotFound",
              fmt::format("profile '{}' is named by AWS_PROFILE but is neither in {} ([profile {}]) nor in {} ([{}])",
                          name, config_path_, name, credentials_path_, name),
              "AWS_PROFILE");
}

std::optional<ConfigValues> SharedConfig::service(const std::string& name, const std::string& service) const {
  auto section = services_.find(name);
  if (section == services_.end()) return std::nullopt;
  auto found = section->second.nested.find(service);
  if (found == section->second.nested.end()) return std::nullopt;
  return found->second;
}

}  // namespace holdfast::aws
