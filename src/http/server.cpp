// libmicrohttpd behind server.h. One thread of its own moves bytes and never waits for a handler: a whole request goes
// to the pool and its connection is suspended until the answer is there; a streamed answer has a thread of its own
// (stream.h). What clients take is watched by watch.h.
//
//   target read ─ headers ─ body ─ whole ──► pool: handler ──► resumed: answer queued ─► sent ─► next request
//                    │        └ too large: read on, answered 413      └ stream: thread pumps until an end
//                    └ too large: 431
#include "http/server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "http/listener.h"
#include "http/loaded_pair.h"
#include "http/pool.h"
#include "http/stream.h"
#include "http/target.h"
#include "http/watch.h"

namespace holdfast::http {
namespace {

constexpr size_t kMaxTag = 100;
constexpr size_t kStreamBlock = 16 << 10;
constexpr size_t kReadBeyondBody = 8;  // so many times the limit is read and thrown away, so that the 413 is seen
constexpr auto kDrainLimit = std::chrono::seconds(2);
constexpr int kSpareConnections = 64;  // for those that are being closed to make room
constexpr char kTlsVersions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// One request on its way through; libmicrohttpd's thread owns it, the pool has it while the connection is suspended.
struct Exchange {
  std::string target;
  Request request;
  size_t header_bytes = 0;
  size_t body_bytes = 0;
  bool begun = false;
  bool handed_over = false;
  bool counted = false;  // among the answers under way
  std::optional<Response> answer;
  std::shared_ptr<Stream> stream;  // to tell it of the disconnect
};

std::string peer_of(const sockaddr* address) {
  if (!address) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  } else if (address->sa_family == AF_UNIX) {  // an adopted connection's tag travels as a name
    return reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

MHD_Result take_header(void* to, MHD_ValueKind, const char* key, size_t key_size, const char* value,
                       size_t value_size) {
  auto& exchange = *static_cast<Exchange*>(to);
  std::string_view text(value ? value : "", value ? value_size : 0);
  exchange.header_bytes += key_size + text.size() + 4;
  std::string& slot = exchange.request.headers[lower(std::string_view(key, key_size))];
  if (!slot.empty()) slot += ", ";  // given twice: as RFC 9110 joins them
  slot += text;
  return MHD_YES;
}

}  // namespace

std::optional<std::string> Request::query_value(const std::string& name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::header(const std::string& lower_case_name) const {
  auto found = headers.find(lower_case_name);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

struct Server::Impl {
  struct Running {
    std::shared_ptr<Stream> stream;  // shared with libmicrohttpd's response and the thread
    std::atomic<bool> done = false;
    std::thread thread;
  };

  Impl(ServerOptions given, Handler handle)
      : options(std::move(given)),
        handler(std::move(handle)),
        watch({options.idle_timeout, static_cast<size_t>(options.max_connections), !options.tls}),
        pool(options.threads) {}

  Result<void> begin();
  void end();

  // libmicrohttpd's callbacks.
  static void* on_target(void* self, const char* target, MHD_Connection* connection);
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char* version, const char* data, size_t* size, void** context);
  static void on_completed(void* self, MHD_Connection* connection, void** context, MHD_RequestTerminationCode why);
  static int on_handshake(gnutls_session_t session, const gnutls_datum_t* authorities, int authority_count,
                          const gnutls_pk_algorithm_t* algorithms, int algorithm_count, gnutls_pcert_st** certificates,
                          unsigned* count, gnutls_privkey_t* key);
  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode what);

  MHD_Result take_head(Exchange& exchange, MHD_Connection* connection, const char* method);
  MHD_Result take_body(Exchange& exchange, const char* data, size_t* size);
  MHD_Result hand_over(Exchange& exchange, MHD_Connection* connection);
  MHD_Result answer(Exchange& exchange, MHD_Connection* connection);
  MHD_Response* begin_stream(Exchange& exchange, Response& response, MHD_Connection* connection);
  Response call_handler(const Request& request);
  Response refuse(int status, const std::string& why);
  void reap_streams(bool all);
  static Watch::Connection* watched(MHD_Connection* connection);

  Result<void> take_key_pair(const KeyPair& pair);

  // GnuTLS asks for a certificate without saying for which server, but on the server's one thread (on_connection).
  static thread_local Impl* of_this_thread;

  const ServerOptions options;
  const Handler handler;
  int listening = -1;
  uint16_t port = 0;
  MHD_Daemon* daemon = nullptr;
  std::atomic<bool> stopping = false;

  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  int in_hand = 0;    // given to the pool, connection suspended
  int under_way = 0;  // answers not sent yet
  std::list<Running> streams;
  // The last one is in use. Former ones stay, for handshakes that have begun with them: each is small, and another one
  // comes every few weeks.
  std::vector<std::unique_ptr<LoadedPair>> pairs;
  std::optional<KeyPair> newest_pair;

  Watch watch;
  Pool pool;
};

thread_local Server::Impl* Server::Impl::of_this_thread = nullptr;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  CHECK(handler);
  if (options.threads < 1 || options.max_connections < 1 || options.max_streams < 0) {
    return fail(ErrorKind::invalid, "BadServerOptions", "A server needs at least one thread and one connection.");
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  auto begun = impl->begin();
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  if (!begun) return Failure(begun.error());
  return server;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->end();
}

Result<void> Server::use_key_pair(const KeyPair& pair) {
  CHECK(impl_->options.tls);
  return impl_->take_key_pair(pair);
}

uint16_t Server::port() const {
  return impl_->port;
}

Result<void> Server::adopt_connection(int descriptor, std::string tag) {
  if (tag.size() > kMaxTag || tag.find('\0') != std::string::npos) {
    ::close(descriptor);
    return fail(ErrorKind::invalid, "BadTag", "A connection's tag has at most 100 characters.");
  }
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, tag.data(), tag.size());
  // Closes the descriptor itself where it fails.
  if (MHD_add_connection(impl_->daemon, descriptor, reinterpret_cast<sockaddr*>(&name), sizeof name) != MHD_YES) {
    return fail(ErrorKind::unavailable, "ConnectionRefused", "The server has no room for another connection.");
  }
  return {};
}

Result<void> Server::Impl::take_key_pair(const KeyPair& pair) {
  HF_TRY(auto loaded, LoadedPair::load(pair));
  std::lock_guard lock(mutex);
  if (newest_pair == pair) return {};
  pairs.push_back(std::move(loaded));
  newest_pair = pair;
  return {};
}

int Server::Impl::on_handshake(gnutls_session_t, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int,
                               gnutls_pcert_st** certificates, unsigned* count, gnutls_privkey_t* key) {
  CHECK(of_this_thread);
  std::lock_guard lock(of_this_thread->mutex);
  LoadedPair& pair = *of_this_thread->pairs.back();
  *certificates = pair.certificates();
  *count = pair.count();
  *key = pair.key();
  return 0;
}

Result<void> Server::Impl::begin() {
  // Not epoll: libmicrohttpd 0.9.75 uses it edge-triggered and loses the end of a connection that comes together with
  // data, which then holds its place until the time limit. With some hundred connections poll costs little.
  unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (options.listen) {
    HF_TRY(listening, listen_on(options.address, options.port));
    HF_TRY(port, port_of(listening));
  } else {
    flags |= MHD_USE_NO_LISTEN_SOCKET;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.idle_timeout).count();
  // Headers are parsed where they were read, and the answer's are written there too: room for twice.
  const size_t memory = 2 * options.max_headers + 4096;
  auto keep_raw = +[](void*, MHD_Connection*, char* text) -> size_t { return std::strlen(text); };
  std::vector<MHD_OptionItem> items{
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, static_cast<intptr_t>(memory), nullptr},
      {MHD_OPTION_CONNECTION_LIMIT, options.max_connections + kSpareConnections, nullptr},
      {MHD_OPTION_CONNECTION_TIMEOUT, static_cast<intptr_t>(std::max<int64_t>(1, seconds)), nullptr},
      {MHD_OPTION_STRICT_FOR_CLIENT, 1, nullptr},
      {MHD_OPTION_UNESCAPE_CALLBACK, reinterpret_cast<intptr_t>(keep_raw), nullptr},
      {MHD_OPTION_URI_LOG_CALLBACK, reinterpret_cast<intptr_t>(&on_target), this},
      {MHD_OPTION_NOTIFY_COMPLETED, reinterpret_cast<intptr_t>(&on_completed), this},
      {MHD_OPTION_NOTIFY_CONNECTION, reinterpret_cast<intptr_t>(&on_connection), this}};
  if (options.tls) {
    HF_TRY_VOID(take_key_pair(*options.tls));
    flags |= MHD_USE_TLS;
    items.push_back({MHD_OPTION_HTTPS_CERT_CALLBACK, 0, reinterpret_cast<void*>(&on_handshake)});
    items.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kTlsVersions)});
  }
  if (options.listen) items.push_back({MHD_OPTION_LISTEN_SOCKET, listening, nullptr});
  items.push_back({MHD_OPTION_END, 0, nullptr});
  daemon =
      MHD_start_daemon(flags, 0, nullptr, nullptr, &on_request, this, MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
  if (!daemon) return Failure(system_error("starting the HTTP server", errno));
  return {};
}

void Server::Impl::end() {
  stopping = true;  // from now on requests are refused and streams end
  if (daemon) {
    if (options.listen) MHD_quiesce_daemon(daemon);
    std::unique_lock lock(mutex);
    for (auto& running : streams) running.stream->stop();
    changed.wait(lock, [this] { return in_hand == 0; });   // handlers are bounded, and no connection stays suspended
    for (auto& running : streams) running.stream->stop();  // those that began meanwhile
    changed.wait_for(lock, kDrainLimit, [this] { return under_way == 0; });
    lock.unlock();
    MHD_stop_daemon(daemon);
    daemon = nullptr;
  }
  if (listening >= 0) ::close(listening);
  listening = -1;
  reap_streams(true);
}

Watch::Connection* Server::Impl::watched(MHD_Connection* connection) {
  auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  CHECK(info && info->socket_context);
  return static_cast<Watch::Connection*>(info->socket_context);
}

void Server::Impl::on_connection(void* self, MHD_Connection* connection, void** context,
                                 MHD_ConnectionNotificationCode what) {
  auto& impl = *static_cast<Impl*>(self);
  of_this_thread = &impl;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = impl.watch.opened(info->connect_fd);
  } else if (*context) {
    impl.watch.closed(static_cast<Watch::Connection*>(*context));
    *context = nullptr;
  }
}

void* Server::Impl::on_target(void* self, const char* target, MHD_Connection* connection) {
  auto& impl = *static_cast<Impl*>(self);
  impl.watch.receiving(watched(connection));
  auto* exchange = new Exchange;  // given back in on_completed
  exchange->target = target;
  return exchange;
}

void Server::Impl::on_completed(void* self, MHD_Connection* connection, void** context, MHD_RequestTerminationCode) {
  auto& impl = *static_cast<Impl*>(self);
  std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(*context));
  *context = nullptr;
  if (!exchange) return;
  if (exchange->stream) exchange->stream->disconnected();
  impl.watch.idle(watched(connection));
  if (!exchange->counted) return;
  std::lock_guard lock(impl.mutex);
  --impl.under_way;
  impl.changed.notify_all();
}

MHD_Result Server::Impl::on_request(void* self, MHD_Connection* connection, const char*, const char* method,
                                    const char*, const char* data, size_t* size, void** context) {
  auto& impl = *static_cast<Impl*>(self);
  auto& exchange = *static_cast<Exchange*>(*context);
  try {
    if (!exchange.begun) return impl.take_head(exchange, connection, method);
    if (*size > 0) return impl.take_body(exchange, data, size);
    if (!exchange.handed_over && !exchange.answer) return impl.hand_over(exchange, connection);
    return impl.answer(exchange, connection);
  } catch (...) {  // out of memory, or no thread to be had: this connection is given up
    return MHD_NO;
  }
}

MHD_Result Server::Impl::take_head(Exchange& exchange, MHD_Connection* connection, const char* method) {
  exchange.begun = true;
  Request& request = exchange.request;
  request.method = method;
  for (char& c : request.method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  auto* peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  request.peer = peer ? peer_of(peer->client_addr) : "";
  exchange.header_bytes = exchange.target.size();
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &take_header, &exchange);

  auto target = parse_target(exchange.target);
  if (exchange.header_bytes > options.max_headers) {
    exchange.answer = refuse(431, "The request's headers are too large.");
  } else if (!target) {
    exchange.answer = refuse(400, target.error().message);
  } else {
    request.path = std::move(target->path);
    request.query = std::move(target->query);
  }
  auto announced = parse_int(request.header("content-length").value_or("0"));
  // Far too large: not even read. Answered now, and libmicrohttpd closes the connection after it.
  if (!announced || static_cast<uint64_t>(*announced) > options.max_body * kReadBeyondBody) {
    exchange.answer = refuse(413, fmt::format("The body is too large; the limit is {} bytes.", options.max_body));
    return answer(exchange, connection);
  }
  return MHD_YES;
}

MHD_Result Server::Impl::take_body(Exchange& exchange, const char* data, size_t* size) {
  exchange.body_bytes += *size;
  if (exchange.body_bytes <= options.max_body && !exchange.answer) {
    exchange.request.body.append(data, *size);
  } else if (!exchange.answer) {
    exchange.request.body.clear();
    exchange.answer = refuse(413, fmt::format("The body is too large; the limit is {} bytes.", options.max_body));
  }
  *size = 0;
  return exchange.body_bytes <= options.max_body * kReadBeyondBody ? MHD_YES : MHD_NO;
}

// Suspended first, handed over then: the pool may be done before this returns.
MHD_Result Server::Impl::hand_over(Exchange& exchange, MHD_Connection* connection) {
  if (!watch.received(watched(connection))) return MHD_NO;
  exchange.handed_over = true;
  {
    std::lock_guard lock(mutex);
    if (stopping) {
      exchange.answer = refuse(503, "The service is stopping.");
      return answer(exchange, connection);
    }
    ++in_hand;
    ++under_way;
    exchange.counted = true;
  }
  MHD_suspend_connection(connection);
  pool.run([this, &exchange, connection] {
    exchange.answer = call_handler(exchange.request);
    MHD_resume_connection(connection);
    std::lock_guard lock(mutex);
    --in_hand;
    changed.notify_all();
  });
  return MHD_YES;
}

Response Server::Impl::call_handler(const Request& request) {
  try {
    return handler(request);
  } catch (...) {
    return refuse(500, "The service made a mistake; its log may say more.");
  }
}

Response Server::Impl::refuse(int status, const std::string& why) {
  try {
    if (options.refusal) return options.refusal(status, why);
  } catch (...) {  // answered without its looks
  }
  Response response;
  response.status = status;
  response.body = fmt::format("{{\"error\":\"{}\"}}", why);  // our own sentences: nothing in them to escape
  return response;
}

MHD_Result Server::Impl::answer(Exchange& exchange, MHD_Connection* connection) {
  Response& response = *exchange.answer;
  if (response.hang_up) return MHD_NO;
  if (!exchange.handed_over && !watch.received(watched(connection))) return MHD_NO;
  MHD_Response* out = nullptr;
  if (response.stream) out = begin_stream(exchange, response, connection);
  if (!out) {
    out = MHD_create_response_from_buffer(response.body.size(), response.body.data(), MHD_RESPMEM_MUST_COPY);
  }
  if (!out) return MHD_NO;
  bool has_type = false, good = true;
  for (const auto& [name, value] : response.headers) {
    has_type = has_type || lower(name) == "content-type";
    good = MHD_add_response_header(out, name.c_str(), value.c_str()) == MHD_YES && good;
  }
  if (!has_type) MHD_add_response_header(out, "Content-Type", "application/json");
  // A header that cannot be written (a line break in it) must not be left out in silence.
  MHD_Result queued = good ? MHD_queue_response(connection, static_cast<unsigned>(response.status), out) : MHD_NO;
  MHD_destroy_response(out);
  return queued;
}

// Nothing where there is no room for another stream; `response` is then the refusal to send instead.
MHD_Response* Server::Impl::begin_stream(Exchange& exchange, Response& response, MHD_Connection* connection) {
  reap_streams(false);
  std::lock_guard lock(mutex);
  if (stopping || static_cast<int>(streams.size()) >= options.max_streams) {
    response = refuse(503, stopping ? "The service is stopping." : "Too many streams are open; try again later.");
    return nullptr;
  }
  int descriptor = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  auto stream = std::make_shared<Stream>(std::move(response.stream), std::move(response.body), connection, descriptor);
  auto read = +[](void* holder, uint64_t, char* to, size_t room) -> ssize_t {
    return (*static_cast<std::shared_ptr<Stream>*>(holder))->read(to, room);
  };
  auto drop = +[](void* holder) { delete static_cast<std::shared_ptr<Stream>*>(holder); };
  auto* holder = new std::shared_ptr<Stream>(stream);
  MHD_Response* out = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kStreamBlock, read, holder, drop);
  if (!out) {
    delete holder;
    response = refuse(503, "No memory for another stream; try again later.");
    return nullptr;
  }
  exchange.stream = stream;
  auto& running = streams.emplace_back();
  running.stream = stream;
  try {
    running.thread = std::thread([stream, done = &running.done] {
      stream->pump();
      *done = true;
    });
  } catch (const std::system_error&) {
    streams.pop_back();
    MHD_destroy_response(out);
    response = refuse(503, "No thread for another stream; try again later.");
    return nullptr;
  }
  return out;
}

void Server::Impl::reap_streams(bool all) {
  std::list<Running> ended;
  {
    std::lock_guard lock(mutex);
    for (auto it = streams.begin(); it != streams.end();) {
      auto here = it++;
      if (all || here->done) ended.splice(ended.end(), streams, here);
    }
  }
  for (auto& running : ended) {
    if (all) running.stream->stop();
    running.thread.join();
  }
}

}  // namespace holdfast::http
