#include "support/http_client.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <memory>
#include <mutex>

namespace holdfast::support {
namespace {

struct Cleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Prepared {
  std::unique_ptr<CURL, Cleanup> easy;
  std::unique_ptr<curl_slist, Cleanup> headers;
};

size_t collect(char* data, size_t size, size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

Prepared prepare(const HttpCall& call) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Prepared it;
  it.easy.reset(curl_easy_init());
  CURL* const easy = it.easy.get();
  curl_slist* headers = nullptr;
  for (const std::string& header :
       {"Accept: " + call.accept, std::string("Content-Type: application/json"), std::string("Expect:")}) {
    headers = curl_slist_append(headers, header.c_str());
  }
  if (!call.bearer.empty()) headers = curl_slist_append(headers, ("Authorization: Bearer " + call.bearer).c_str());
  it.headers.reset(headers);
  curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // the services here are on this host, whatever the environment says
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  if (call.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call.body.c_str());
  }
  return it;
}

Failure failure_of(CURLcode code, const HttpCall& call) {
  const bool unsent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
  return fail(unsent ? ErrorKind::unavailable : ErrorKind::unknown_outcome, "Http",
              fmt::format("{} {}: {}", call.method, call.url, curl_easy_strerror(code)));
}

struct Lines {
  std::string rest;
  const std::function<void(const std::string&)>* line = nullptr;
};

size_t hand_out(char* data, size_t size, size_t count, void* into) {
  auto* lines = static_cast<Lines*>(into);
  lines->rest.append(data, size * count);
  for (size_t end; (end = lines->rest.find('\n')) != std::string::npos; lines->rest.erase(0, end + 1)) {
    std::string line = lines->rest.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    (*lines->line)(line);
  }
  return size * count;
}

int stop_asked(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

}  // namespace

Result<HttpAnswer> http_call(const HttpCall& call) {
  const Prepared prepared = prepare(call);
  CURL* const easy = prepared.easy.get();
  HttpAnswer answer;
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call.limit.count()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
  if (const CURLcode code = curl_easy_perform(easy); code != CURLE_OK) return failure_of(code, call);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

Result<void> http_lines(const HttpCall& call, const std::atomic<bool>& stop,
                        const std::function<void(const std::string&)>& line) {
  const Prepared prepared = prepare(call);
  CURL* const easy = prepared.easy.get();
  Lines lines{{}, &line};
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, hand_out);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &lines);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, stop_asked);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stop));
  const CURLcode code = curl_easy_perform(easy);
  if (code != CURLE_OK && !stop.load()) return failure_of(code, call);
  return {};
}

}  // namespace holdfast::support
