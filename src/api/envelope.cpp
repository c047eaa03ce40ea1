#include "api/envelope.h"

#include <boost/json.hpp>

#include "base/check.h"
#include "base/text.h"
#include "engine/engine.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr char kRetryAfterSeconds[] = "1";

json::object envelope(const Asked& asked, int status, json::object response) {
  response["status"] = {{"code", status}, {"message", reason_of(status)}};
  return {
      {"request", {{"id", asked.id}, {"url", asked.url}, {"method", asked.method}, {"timestamp", to_iso(asked.at)}}},
      {"response", std::move(response)}};
}

std::string code_of(const Error& error) {
  if (!error.code.empty()) return error.code;
  return std::string(to_string(error.kind));
}

}  // namespace

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::no_capacity:
      return 507;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::unknown_outcome:
      return 504;
  }
  return 500;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

namespace {

// Errors may repeat what a stranger sent: an answer holds text only.
std::string as_text(const std::string& words) {
  return is_utf8(words) ? words : quoted(words, words.size());
}

}  // namespace

http::Response answer_items(const Asked& asked, std::string_view kind, json::array items) {
  http::Response response;
  const size_t count = items.size();
  json::object body{{"kind", kind}, {"items", std::move(items)}, {"count", count}};
  response.body = json::serialize(envelope(asked, 200, std::move(body)));
  return response;
}

http::Response answer_errors(const Asked& asked, int status, const std::vector<Error>& errors) {
  CHECK(!errors.empty());
  http::Response response;
  response.status = status;
  json::array list;
  for (const Error& error : errors) {
    json::object entry{{"code", code_of(error)}, {"message", as_text(error.message)}};
    if (!error.field.empty()) entry["field"] = as_text(error.field);
    list.push_back(std::move(entry));
  }
  response.body = json::serialize(envelope(asked, status, {{"errors", std::move(list)}}));
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

http::Response answer_error(const Asked& asked, const Error& error) {
  return answer_errors(asked, status_of(error.kind), {error});
}

http::Response refused(const Asked& asked, const model::Faults& faults) {
  CHECK(!faults.errors.empty());
  const Error& first = faults.errors.front();
  return answer_errors(asked, first.code == engine::kPreconditionFailed ? 412 : status_of(first.kind), faults.errors);
}

}  // namespace holdfast::api
