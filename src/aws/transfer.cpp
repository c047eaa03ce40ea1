#include "aws/transfer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace holdfast::aws {
namespace {

// Errors of libcurl that come before the first byte of the request, whatever the method: nobody can have acted.
bool is_before_sending(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:              // the proxy's own handshake
    case CURLE_SSL_CONNECT_ERROR:  // the handshake; later TLS errors are CURLE_SEND_ERROR and CURLE_RECV_ERROR
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_INTERFACE_FAILED:
    case CURLE_NO_CONNECTION_AVAILABLE:
      return true;
    default:
      return false;
  }
}

// Our own side is set up wrongly: asking again cannot help, and nothing was sent.
bool is_our_setup(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_NOT_BUILT_IN:
      return true;
    default:
      return false;
  }
}

bool is_certificate(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR;
}

// Scheme, host and port: the rest may hold what should not be in a log.
std::string authority_of(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  std::string authority = url.substr(0, std::min(url.find_first_of("/?#", start), url.size()));
  const size_t at = authority.rfind('@');
  if (at != std::string::npos) authority.erase(start, at + 1 - start);
  return authority;
}

template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

long millis(Duration duration) {
  return static_cast<long>(std::max<int64_t>(1, duration.count()));
}

Failure refused_setup(std::string what) {
  return fail(ErrorKind::invalid, "HttpSetup", std::move(what));
}

}  // namespace

Transfer::~Transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

Result<std::unique_ptr<Transfer>> Transfer::make(const HttpRequest& request, const HttpClientOptions& options) {
  std::unique_ptr<Transfer> transfer(new Transfer(request));
  transfer->easy_ = curl_easy_init();
  if (transfer->easy_ == nullptr) return fail(ErrorKind::unavailable, "HttpSetup", "libcurl gave no handle");
  HF_TRY_VOID(transfer->set_up(options));
  return transfer;
}

Result<void> Transfer::set_up(const HttpClientOptions& options) {
  bool good = set(easy_, CURLOPT_URL, request_.url.c_str()) && set(easy_, CURLOPT_PROTOCOLS_STR, "http,https") &&
              set(easy_, CURLOPT_NOSIGNAL, 1L) && set(easy_, CURLOPT_FOLLOWLOCATION, 0L) &&
              // One request, one answer on a connection: no frames of HTTP/2 that could be refused half way.
              set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
              set(easy_, CURLOPT_SSL_VERIFYPEER, 1L) && set(easy_, CURLOPT_SSL_VERIFYHOST, 2L) &&
              set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
              set(easy_, CURLOPT_CONNECTTIMEOUT_MS, millis(request_.connect_timeout)) &&
              set(easy_, CURLOPT_TIMEOUT_MS, millis(request_.total_timeout)) &&
              set(easy_, CURLOPT_ERRORBUFFER, error_text_) && set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body) &&
              set(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this)) &&
              set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header) &&
              set(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this)) &&
              set(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
  // Paths are sent as they were signed.
  good = good && set(easy_, CURLOPT_PATH_AS_IS, 1L);
  if (!options.ca_bundle.empty()) good = good && set(easy_, CURLOPT_CAINFO, options.ca_bundle.c_str());
  if (request_.proxy == Proxy::none) good = good && set(easy_, CURLOPT_PROXY, "");
  // A proxy's answer to CONNECT is not the endpoint's.
  good = good && set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!good) return refused_setup(fmt::format("libcurl refuses the settings for {}", authority_of(request_.url)));
  HF_TRY_VOID(set_method());
  return set_headers();
}

// The body is handed over piece by piece, and never from its beginning again: when a kept connection turns out to be
// dead after the request was written, libcurl would send it anew on another one, POST or not. The server may have had
// the first; with a seek that refuses, libcurl gives up instead (CURLE_SEND_FAIL_REWIND), and the caller decides.
Result<void> Transfer::set_method() {
  if (request_.method == "GET") {
    if (!request_.body.empty()) return refused_setup("a GET has no body");
    return set(easy_, CURLOPT_HTTPGET, 1L) ? Result<void>() : refused_setup("GET");
  }
  if (request_.method != "POST" && request_.method != "PUT") return refused_setup("method " + request_.method);
  const bool good =
      set(easy_, CURLOPT_POST, 1L) && set(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str()) &&
      set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size())) &&
      set(easy_, CURLOPT_READFUNCTION, &Transfer::on_read) && set(easy_, CURLOPT_READDATA, static_cast<void*>(this)) &&
      set(easy_, CURLOPT_SEEKFUNCTION, &Transfer::on_seek) && set(easy_, CURLOPT_SEEKDATA, static_cast<void*>(this));
  return good ? Result<void>() : refused_setup("method " + request_.method);
}

Result<void> Transfer::set_headers() {
  // Not waiting a second for "100 Continue", and no header that we did not sign or mean.
  ec2::Pairs headers = {{"Expect", ""}};
  const bool typed = std::any_of(request_.headers.begin(), request_.headers.end(),
                                 [](const auto& header) { return header.first == "Content-Type"; });
  if (!typed) headers.emplace_back("Content-Type", "");
  headers.insert(headers.end(), request_.headers.begin(), request_.headers.end());
  for (const auto& [name, value] : headers) {
    // A line break would begin another header.
    if (name.find_first_of("\r\n:") != std::string::npos ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return refused_setup(fmt::format("header {} holds a line break", name.substr(0, 40)));
    curl_slist* longer = curl_slist_append(headers_, (name + ":" + (value.empty() ? "" : " " + value)).c_str());
    if (longer == nullptr) return fail(ErrorKind::unavailable, "HttpSetup", "out of memory");
    headers_ = longer;
  }
  return set(easy_, CURLOPT_HTTPHEADER, headers_) ? Result<void>() : refused_setup("headers");
}

size_t Transfer::on_read(char* buffer, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const size_t piece = std::min(size * count, transfer->request_.body.size() - transfer->handed_over_);
  std::memcpy(buffer, transfer->request_.body.data() + transfer->handed_over_, piece);
  transfer->handed_over_ += piece;
  return piece;
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto* transfer = static_cast<Transfer*>(self);
  const bool untouched = transfer->handed_over_ == 0 && origin == SEEK_SET && offset == 0;
  return untouched ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const size_t length = size * count;
  if (transfer->response_.body.size() + length > transfer->request_.max_answer) {
    transfer->too_large_ = true;
    return 0;  // ends the transfer with CURLE_WRITE_ERROR
  }
  transfer->response_.body.append(data, length);
  return length;
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // a new block: what came before was a 1xx
    transfer->response_.headers.clear();
    transfer->head_complete_ = false;
  }
  if (line == "\r\n" || line == "\n") transfer->head_complete_ = true;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(trim(line.substr(0, colon)));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  transfer->response_.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  return line.size();
}

// The signature covers the whole body, and Content-Length its end: a server that did not get the last byte cannot have
// accepted the request. What libcurl did not take from us it cannot have sent. Without a body, any byte may have done.
bool Transfer::may_have_acted() const {
  if (!request_.body.empty()) return handed_over_ == request_.body.size();
  long sent = 0;
  return curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &sent) != CURLE_OK || sent > 0;
}

bool Transfer::opened_connection() const {
  long opened = 0;
  return curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &opened) == CURLE_OK && opened > 0;
}

Error Transfer::failure(CURLcode code) const {
  const std::string who = authority_of(request_.url);
  const std::string why = error_text_[0] != 0 ? error_text_ : curl_easy_strerror(code);
  // The same codes come for answers that libcurl does not understand: then the request was sent.
  if (is_our_setup(code) && !may_have_acted())
    return {ErrorKind::invalid, "HttpSetup", fmt::format("{}: {}", who, why), {}};
  if (is_certificate(code))
    return {ErrorKind::unavailable,
            "TlsVerification",
            fmt::format(
                "{}: {}; if a proxy or a private cloud signs its own certificates, name its bundle in AWS_CA_BUNDLE",
                who, why),
            {}};
  if (is_before_sending(code) || !may_have_acted())
    return {ErrorKind::unavailable, "NotSent", fmt::format("{}: {}", who, why), {}};
  if (too_large_)
    return {ErrorKind::unknown_outcome,
            "AnswerTooLarge",
            fmt::format("{}: the answer is larger than {} bytes", who, request_.max_answer),
            {}};
  return {ErrorKind::unknown_outcome, "NoAnswer", fmt::format("{}: {}", who, why), {}};
}

Result<HttpResponse> Transfer::outcome(CURLcode code) {
  // To libcurl a connection that closes within the headers is an answer.
  if (code == CURLE_OK && !head_complete_) code = CURLE_PARTIAL_FILE;
  if (code != CURLE_OK) return Failure(failure(code));
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

Error Transfer::abandoned(std::string why) const {
  const bool acted = may_have_acted();
  return {acted ? ErrorKind::unknown_outcome : ErrorKind::unavailable,
          acted ? "NoAnswer" : "NotSent",
          fmt::format("{}: {}", authority_of(request_.url), why),
          {}};
}

}  // namespace holdfast::aws
