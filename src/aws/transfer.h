// One request on its way through libcurl: the easy handle, what was handed over of the body, what came back, and the
// judgement on what a failure means. Private to http_client.cpp; the HTTP thread alone touches one between its start
// and its end.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "aws/http_client.h"

namespace holdfast::aws {

class Transfer {
 public:
  // `request` must outlive the transfer.
  static Result<std::unique_ptr<Transfer>> make(const HttpRequest& request, const HttpClientOptions& options);
  Transfer(const Transfer&) = delete;
  ~Transfer();

  CURL* handle() const { return easy_; }
  // After libcurl's end of it.
  Result<HttpResponse> outcome(CURLcode code);
  // It is taken off before its end.
  Error abandoned(std::string why) const;
  bool opened_connection() const;

 private:
  explicit Transfer(const HttpRequest& request) : request_(request) {}
  Result<void> set_up(const HttpClientOptions& options);
  Result<void> set_method();
  Result<void> set_headers();
  bool may_have_acted() const;
  Error failure(CURLcode code) const;

  static size_t on_read(char* buffer, size_t size, size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static size_t on_header(char* data, size_t size, size_t count, void* self);

  const HttpRequest& request_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  size_t handed_over_ = 0;  // of the body, to libcurl
  bool too_large_ = false;
  bool head_complete_ = false;  // the empty line after the headers was seen
  HttpResponse response_;
};

}  // namespace holdfast::aws
