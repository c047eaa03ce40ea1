#include "cli/api_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "cli/json_view.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kSilentSeconds = 60;
constexpr int kMostRepeats = 3;
constexpr auto kRetryAfter = std::chrono::seconds(1);
constexpr size_t kMaxAnswerBytes = 256 << 20;
constexpr size_t kMaxEventBytes = 1 << 20;

struct Answer {
  long status = 0;
  std::string body;
  std::string etag = {};
};

size_t append(char* data, size_t, size_t size, void* target) {
  auto* body = static_cast<std::string*>(target);
  if (body->size() + size > kMaxAnswerBytes) return 0;
  body->append(data, size);
  return size;
}

ErrorKind kind_of(long status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::not_found;
    case 409:
    case 412:
      return ErrorKind::conflict;
    case 429:
      return ErrorKind::throttled;
    case 503:
      return ErrorKind::unavailable;
    case 504:
      return ErrorKind::unknown_outcome;
    case 507:
      return ErrorKind::no_capacity;
    default:
      return status < 500 ? ErrorKind::invalid : ErrorKind::unknown_outcome;
  }
}

std::string remedy_for(long status) {
  if (status == 401) return "\nIs this a token of this service? Name its file with --token-file (DATA_DIR/token)";
  return {};
}

Failure failure_of(const Answer& answer, const std::string& url) {
  json::error_code bad;
  json::value body = json::parse(answer.body, bad);
  const ErrorKind kind = kind_of(answer.status);
  const json::array& errors = list_at(body, "response.errors");
  if (bad || errors.empty()) {
    return fail(kind, fmt::format("Http{}", answer.status),
                fmt::format("{} answered {} and no explanation; is that a Holdfast service?", url, answer.status));
  }
  Error error{kind, text_at(errors.front(), "code"), {}, {}};
  for (const json::value& entry : errors) {
    std::string field = text_at(entry, "field");
    if (!error.message.empty()) error.message += "\n";
    error.message += (field.empty() ? "" : field + ": ") + text_at(entry, "message");
  }
  error.message += remedy_for(answer.status);
  return Failure(std::move(error));
}

// Before the request was sent nothing was done; after that, who knows.
Failure transport_failure(CURLcode code, const std::string& url) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CONNECT_ERROR:
      return fail(ErrorKind::unavailable, kCannotReach,
                  fmt::format("No service answers at {} ({}).\nIs it running (`holdfast serve`)? Another address: "
                              "--url or HOLDFAST_URL",
                              url, curl_easy_strerror(code)));
    case CURLE_PEER_FAILED_VERIFICATION:
      return fail(ErrorKind::unavailable, kCannotReach,
                  fmt::format("The certificate of {} is not one to trust here ({}).\nName a file with the certificate "
                              "of who signed it: --ca-file or HOLDFAST_CA_FILE",
                              url, curl_easy_strerror(code)));
    case CURLE_SSL_CACERT_BADFILE:
      return fail(ErrorKind::invalid, "BadCaFile",
                  "The file of --ca-file or HOLDFAST_CA_FILE cannot be read, or holds no certificate (PEM)");
    default:
      return fail(ErrorKind::unknown_outcome, "NoAnswer",
                  fmt::format("{} did not answer ({}); it may have been done all the same: look with `holdfast get`",
                              url, curl_easy_strerror(code)));
  }
}

bool is_loopback(const std::string& url) {
  for (const char* host : {"://127.", "://localhost", "://[::1]"}) {
    if (url.find(host) != std::string::npos) return true;
  }
  return false;
}

// One line of server-sent events after another; a blank line ends an event.
struct EventReader {
  const ApiClient::Follow& follow;
  std::string line;
  std::string data;
  std::string start;  // of the answer, for the case that it is no stream
  bool stopped = false;

  bool take(std::string_view bytes) {
    for (char c : bytes) {
      if (c != '\n') {
        if (line.size() >= kMaxEventBytes) return false;
        line += c;
        continue;
      }
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.rfind("data:", 0) == 0) data += trim(std::string_view(line).substr(5));
      if (line.empty() && !data.empty() && !deliver()) return false;
      line.clear();
    }
    return true;
  }

  bool deliver() {
    json::error_code bad;
    json::value event = json::parse(data, bad);
    data.clear();
    if (!bad && !follow.happened(event)) stopped = true;
    return !stopped;
  }
};

size_t read_events(char* bytes, size_t, size_t size, void* target) {
  auto* reader = static_cast<EventReader*>(target);
  if (reader->start.size() < 64 << 10) reader->start.append(bytes, size);
  return reader->take({bytes, size}) ? size : 0;
}

int on_progress(void* target, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* reader = static_cast<EventReader*>(target);
  if (!reader->stopped && !reader->follow.tick()) reader->stopped = true;
  return reader->stopped ? 1 : 0;
}

}  // namespace

struct ApiClient::Impl {
  explicit Impl(Endpoint e) : endpoint(std::move(e)), curl(curl_easy_init()) { CHECK(curl != nullptr); }
  ~Impl() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
  }

  void header(const std::string& text) { headers = curl_slist_append(headers, text.c_str()); }

  // The connection is kept between calls, everything else is set anew.
  void prepare(const std::string& path, const char* accept) {
    curl_easy_reset(curl);
    curl_slist_free_all(headers);
    headers = nullptr;
    header(std::string("Accept: ") + accept);
    header("Expect:");
    if (!endpoint.token.empty()) header("Authorization: Bearer " + endpoint.token);
    curl_easy_setopt(curl, CURLOPT_URL, (endpoint.url + path).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!endpoint.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, endpoint.ca_file.c_str());
    if (is_loopback(endpoint.url)) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  }

  Result<Answer> perform(const Call& call) {
    prepare(call.path, "application/json");
    if (!call.body.empty()) header("Content-Type: application/json");
    if (!call.idempotency_key.empty()) header("Idempotency-Key: " + call.idempotency_key);
    if (!call.if_match.empty()) header("If-Match: " + call.if_match);
    Answer answer;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(call.limit.count()));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.c_str());
    }
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) return transport_failure(code, endpoint.url);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_header* told = nullptr;
    if (curl_easy_header(curl, "ETag", 0, CURLH_HEADER, -1, &told) == CURLHE_OK) answer.etag = told->value;
    return answer;
  }

  Endpoint endpoint;
  CURL* curl;
  curl_slist* headers = nullptr;
  std::string etag;
};

ApiClient::ApiClient(Endpoint endpoint) : impl_(std::make_unique<Impl>(std::move(endpoint))) {}
ApiClient::~ApiClient() = default;

const std::string& ApiClient::url() const {
  return impl_->endpoint.url;
}

const std::string& ApiClient::etag() const {
  return impl_->etag;
}

Result<json::array> ApiClient::call(const Call& call) {
  impl_->etag.clear();
  HF_TRY(Answer answer, impl_->perform(call));
  // Nothing was done, and the service says to ask a little later (Retry-After, always a second).
  for (int i = 0; answer.status == 429 && i < kMostRepeats; ++i) {
    std::this_thread::sleep_for(kRetryAfter);
    HF_TRY(answer, impl_->perform(call));
  }
  impl_->etag = answer.etag;
  if (answer.status != 200) return failure_of(answer, url());
  json::error_code bad;
  json::value body = json::parse(answer.body, bad);
  if (bad || at(body, "response").is_null()) {
    return fail(ErrorKind::unknown_outcome, "BadAnswer",
                fmt::format("{} does not answer like a Holdfast service", url()));
  }
  return list_at(body, "response.items");
}

Result<void> ApiClient::follow(const Follow& follow) {
  impl_->prepare(fmt::format("{}/{}/events?after={}{}", kManagedInstances, escaped(follow.id), follow.after,
                             follow.kinds.empty() ? "" : "&kind=" + escaped(follow.kinds)),
                 "text/event-stream");
  EventReader reader{follow, {}, {}, {}, false};
  CURL* curl = impl_->curl;
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, read_events);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reader);
  // The service gives a sign of life every 15 s: a stream without one is broken, though nobody said so.
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &reader);
  CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (reader.stopped) return {};
  if (status != 0 && status != 200) return failure_of({status, reader.start}, url());
  if (code != CURLE_OK) return transport_failure(code, url());
  return fail(ErrorKind::unavailable, "StreamEnded", fmt::format("{} ended the stream of events", url()));
}

std::string escaped(const std::string& text) {
  char* raw = curl_easy_escape(nullptr, text.c_str(), static_cast<int>(text.size()));
  CHECK(raw != nullptr);
  std::string safe(raw);
  curl_free(raw);
  return safe;
}

}  // namespace holdfast::cli
