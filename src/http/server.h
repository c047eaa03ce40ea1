// The one small HTTP server that the API, the EC2 endpoint and the metadata service share. It knows nothing of what it
// serves: a handler turns a request into a response. libmicrohttpd is behind it; limits on sizes, time and the number
// of connections are set here, once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "http/key_pair.h"

namespace holdfast::http {

struct Request {
  std::string method;                                      // upper case
  std::string path;                                        // decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::map<std::string, std::string> headers;              // names in lower case
  std::string body;
  std::string peer;  // address of the client, or the tag of an adopted connection

  std::optional<std::string> query_value(const std::string& name) const;
  std::optional<std::string> header(const std::string& lower_case_name) const;
};

// Writes a stream's next piece; an empty answer ends it. Called on a server thread and may block up to a second before
// it answers (an engaged but empty string means "nothing yet, ask again").
using NextPiece = std::function<std::optional<std::string>()>;

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Type defaults to application/json
  std::string body;
  NextPiece stream;      // if set, sent after body, chunked
  bool hang_up = false;  // nothing is answered: the connection just ends
};

// Must answer within a bounded time: the server's end waits for it.
using Handler = std::function<Response(const Request&)>;
// The body of the server's own refusals (400, 408 excepted, 413, 431, 500, 503), so that they look like the service's.
using Refusal = std::function<Response(int status, const std::string& why)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;   // 0: any free one
  bool listen = true;  // false: only adopted connections
  int threads = 4;     // requests handled at once are bounded by this; streams have their own threads, bounded too
  int max_streams = 64;
  size_t max_body = 1 << 20;      // over it: 413
  size_t max_headers = 32 << 10;  // over it: 431
  // A request not received whole within it: 408 (with TLS: closed). Silent between two requests, or not reading its
  // answer: closed.
  Duration idle_timeout = std::chrono::seconds(30);
  // One more is taken all the same, in the place of the one that has kept the server waiting longest for a request: so
  // whoever opens many and says nothing locks nobody out.
  int max_connections = 512;
  std::optional<KeyPair> tls = {};  // empty: plain HTTP
  Refusal refusal = {};             // empty: {"error": why}
};

class Server {
 public:
  // `handler` is called on server threads; exceptions in it become a 500 without detail.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
  ~Server();  // stops accepting, lets running requests end (bounded), closes
  uint16_t port() const;
  // TLS only: for handshakes that begin from now on. An error leaves the pair that is in use. Any thread.
  Result<void> use_key_pair(const KeyPair& pair);
  // A connection accepted elsewhere (the metadata service's, in another network namespace); `tag` becomes
  // Request::peer. Takes over the descriptor, also when it fails. At most 100 characters of tag.
  Result<void> adopt_connection(int descriptor, std::string tag);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::http
