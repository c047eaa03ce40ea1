#include "aws/credentials_json.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace holdfast::aws {
namespace {

namespace json = boost::json;

Failure malformed(const std::string& source, std::string what) {
  return fail(ErrorKind::unavailable, "MalformedCredentials", fmt::format("{}: {}", source, what));
}

// Nothing if it is missing, null or empty.
std::optional<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string() || value->get_string().empty()) return std::nullopt;
  return std::string(value->get_string());
}

Result<json::object> parse_object(std::string_view text, const std::string& source) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  // What the parser says may quote the text.
  if (error || !value.is_object()) return malformed(source, "the answer is not a JSON object");
  return std::move(value.get_object());
}

Result<void> check_form(const json::object& object, CredentialsForm form, const std::string& source) {
  if (form == CredentialsForm::process) {
    const json::value* version = object.if_contains("Version");
    if (version == nullptr || !version->is_int64() || version->get_int64() != 1)
      return malformed(source, "\"Version\" must be the number 1");
    return {};
  }
  const auto code = text_of(object, "Code");
  if (code && *code != "Success") return malformed(source, "it refuses with code " + quoted(*code));
  return {};
}

}  // namespace

std::optional<Time> read_expiration(std::string_view text) {
  if (auto time = from_iso(text)) return time;
  constexpr size_t kOffset = 6;  // "+01:30"
  if (text.size() <= kOffset) return std::nullopt;
  const std::string_view offset = text.substr(text.size() - kOffset);
  if ((offset[0] != '+' && offset[0] != '-') || offset[3] != ':') return std::nullopt;
  const auto hours = parse_int(offset.substr(1, 2)), minutes = parse_int(offset.substr(4, 2));
  auto time = from_iso(std::string(text.substr(0, text.size() - kOffset)) + "Z");
  if (!time || !hours || !minutes || *hours < 0 || *minutes < 0) return std::nullopt;
  const Duration ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return offset[0] == '+' ? *time - ahead : *time + ahead;
}

Result<Credentials> read_credentials_json(std::string_view text, CredentialsForm form, std::string source) {
  HF_TRY(const json::object object, parse_object(text, source));
  HF_TRY_VOID(check_form(object, form, source));
  Credentials credentials;
  for (const auto& [name, into] : {std::pair("AccessKeyId", &credentials.key.access_key),
                                   std::pair("SecretAccessKey", &credentials.key.secret_key)}) {
    auto value = text_of(object, name);
    if (!value) return malformed(source, fmt::format("there is no \"{}\" in the answer", name));
    *into = std::move(*value);
  }
  const bool is_process = form == CredentialsForm::process;
  credentials.key.session_token = text_of(object, is_process ? "SessionToken" : "Token").value_or("");
  if (auto expiration = text_of(object, "Expiration")) {
    credentials.expires = read_expiration(*expiration);
    if (!credentials.expires) return malformed(source, "\"Expiration\" is not a time as 2026-01-31T12:00:00Z");
  }
  credentials.source = std::move(source);
  return credentials;
}

}  // namespace holdfast::aws
