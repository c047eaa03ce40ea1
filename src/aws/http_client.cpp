#include "aws/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "aws/transfer.h"
#include "base/check.h"

namespace holdfast::aws {
namespace {

// libcurl wakes us for everything that happens; this is only how long it may sleep when nothing does.
constexpr int kIdleMillis = 1000;

// One for a call of `perform`, on its caller's stack.
struct Job {
  std::unique_ptr<Transfer> transfer;
  std::optional<Result<HttpResponse>> outcome;
};

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

}  // namespace

const std::string* HttpResponse::header(std::string_view lower_case_name) const {
  auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& h) { return h.first == lower_case_name; });
  return found == headers.end() ? nullptr : &found->second;
}

// The HTTP thread owns the multi handle and the transfers in it. Callers hand jobs over under the lock and wait for
// `outcome`; until it is set they may not leave, since the job is theirs.
struct HttpClient::Impl {
  HttpClientOptions options;
  CURLM* multi = nullptr;
  std::atomic<uint64_t> opened = 0;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job*> arriving;  // at most max_in_flight of arriving and running together
  std::deque<Job*> leaving;   // their callers do not want to wait any longer
  int in_flight = 0;
  int callers = 0;  // inside perform: the end waits for them to leave
  bool closing = false;

  std::map<CURL*, Job*> running;  // the HTTP thread's own
  std::thread thread;

  ~Impl() { curl_multi_cleanup(multi); }

  void run() {
    while (take_in()) {
      int busy = 0;
      curl_multi_perform(multi, &busy);
      gather();
      curl_multi_poll(multi, nullptr, 0, kIdleMillis, nullptr);
    }
    while (!running.empty()) drop(running.begin()->second, "the HTTP client is closing");
  }

  // Jobs come and go; false: close.
  bool take_in() {
    std::deque<Job*> come, go;
    bool close = false;
    {
      std::lock_guard lock(mutex);
      come.swap(arriving);
      go.swap(leaving);
      close = closing;
    }
    for (Job* job : come) begin(job);
    for (Job* job : go) drop(job, "the caller stopped waiting");
    return !close;
  }

  void begin(Job* job) {
    CURL* easy = job->transfer->handle();
    running[easy] = job;
    if (curl_multi_add_handle(multi, easy) != CURLM_OK) {
      running.erase(easy);
      finish(job, fail(ErrorKind::unavailable, "NotSent", "libcurl did not take the request"));
    }
  }

  void drop(Job* job, const char* why) {
    auto found = std::find_if(running.begin(), running.end(), [&](const auto& entry) { return entry.second == job; });
    if (found == running.end()) return;  // ended meanwhile
    curl_multi_remove_handle(multi, found->first);
    running.erase(found);
    finish(job, Failure(job->transfer->abandoned(why)));
  }

  void gather() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;  // message is gone after the removal
      Job* job = running.at(easy);
      if (job->transfer->opened_connection()) ++opened;
      auto outcome = job->transfer->outcome(code);
      curl_multi_remove_handle(multi, easy);
      running.erase(easy);
      finish(job, std::move(outcome));
    }
  }

  void finish(Job* job, Result<HttpResponse> outcome) {
    std::lock_guard lock(mutex);
    job->outcome = std::move(outcome);
    --in_flight;
    // Its caller may have asked to leave in this very moment; the job is his again, so it must not be looked at.
    std::erase(leaving, job);
    changed.notify_all();
  }
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpClient>> HttpClient::start(HttpClientOptions options) {
  start_libcurl();
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->multi = curl_multi_init();
  if (impl->multi == nullptr) return fail(ErrorKind::unavailable, "HttpSetup", "libcurl gave no multi handle");
  curl_multi_setopt(impl->multi, CURLMOPT_MAXCONNECTS, static_cast<long>(impl->options.max_idle));
  curl_multi_setopt(impl->multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  Impl* raw = impl.get();
  impl->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

HttpClient::~HttpClient() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
  }
  curl_multi_wakeup(impl_->multi);
  impl_->thread.join();
  std::unique_lock lock(impl_->mutex);
  impl_->changed.notify_all();
  impl_->changed.wait(lock, [&] { return impl_->callers == 0; });
}

uint64_t HttpClient::connections_opened() const {
  return impl_->opened;
}

// A caller's stay in perform.
struct HttpClient::Visit {
  explicit Visit(Impl& impl) : impl(impl) {
    std::lock_guard lock(impl.mutex);
    ++impl.callers;
  }
  ~Visit() {
    std::lock_guard lock(impl.mutex);
    --impl.callers;
    impl.changed.notify_all();
  }
  Impl& impl;
};

Result<HttpResponse> HttpClient::perform(const HttpRequest& request, std::stop_token stop) {
  Job job;
  HF_TRY(job.transfer, Transfer::make(request, impl_->options));
  Impl& impl = *impl_;
  const Visit visit(impl);
  std::stop_callback wake(stop, [&impl] {
    std::lock_guard lock(impl.mutex);
    impl.changed.notify_all();
  });
  std::unique_lock lock(impl.mutex);
  const auto room = [&] {
    return impl.closing || stop.stop_requested() || impl.in_flight < impl.options.max_in_flight;
  };
  if (!impl.changed.wait_for(lock, request.total_timeout, room))
    return fail(ErrorKind::unavailable, "NotSent", "too many requests are under way: this one never began");
  if (impl.closing || stop.stop_requested())
    return fail(ErrorKind::unavailable, "NotSent", "the request was called off");
  ++impl.in_flight;
  impl.arriving.push_back(&job);
  curl_multi_wakeup(impl.multi);
  impl.changed.wait(lock, [&] { return job.outcome || stop.stop_requested(); });
  if (!job.outcome) {
    impl.leaving.push_back(&job);
    curl_multi_wakeup(impl.multi);
    impl.changed.wait(lock, [&] { return job.outcome.has_value(); });
  }
  return std::move(*job.outcome);
}

}  // namespace holdfast::aws
