// The local cloud over HTTP, as AWS's own tools and SDKs speak to it: EC2's Query protocol at POST / (or GET with the
// form in the URL), and beside it what they ask for too: STS, and SQS with queues that are told of the cloud's events.
//
//   request ──▶ signature verified ──▶ form read ──▶ its service ──▶ XML with a request id
//
// What always holds: an unverified request has no effect and learns nothing; every answer, also a refusal, is in the
// form of the service and carries a request id, in the document and in the header x-amzn-RequestId. Body sizes and slow
// senders are the HTTP server's business (http/server.h); `refuse` gives its refusals EC2's looks.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "cloud/cloud.h"
#include "ec2/events.h"
#include "http/server.h"

namespace holdfast::cloud {

struct EndpointOptions {
  std::string access_key;
  std::string secret_key;
  std::function<Time()> now;               // for the dates of signatures and messages
  std::filesystem::path queues_file = {};  // where the queues are kept; empty: nowhere
  std::string first_queue = {};            // there from the start on; empty: none
  int most_waiting = 16;                   // long receives at once: each holds a thread of the server's
};

class Endpoint {
 public:
  // The cloud must outlive it. Errors: invalid, for a key that no client could sign with.
  static Result<std::unique_ptr<Endpoint>> make(Cloud& cloud, EndpointOptions options);
  ~Endpoint();

  // Thread: any, several at once.
  http::Response handle(const http::Request& request);

  // Puts the event into every queue, as though an EventBridge rule for all of EC2's events led to each. For
  // Cloud::listen.
  void take(const ec2::CloudEvent& event);
  // Ends all waiting: to be called before the server's end, which waits for its handlers.
  void close();

  // For http::ServerOptions: what the server refuses by itself.
  static http::Response refuse(int status, const std::string& why);

 private:
  struct Parts;
  explicit Endpoint(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::cloud
