// One queue of AWS's SQS, by its Query protocol (2012-11-05): received by long poll, deleted by the batch. Called by
// notices and check.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aws/query_service.h"
#include "aws/session.h"

namespace holdfast::aws {

struct QueueMessage {
  std::string id;
  std::string receipt_handle;  // names this receipt of it, for the deletion
  std::string body;
};

class Sqs {
 public:
  static constexpr int kMostMessages = 10;  // of one receipt or deletion
  static constexpr Duration kLongestPoll = std::chrono::seconds(20);

  // `queue`: its URL, or its name in the session's account and region, which is then asked for. The session must
  // outlive it. Errors: no such queue (not_found), a URL that is none (field "queue").
  static Result<std::unique_ptr<Sqs>> open(Session& session, const std::string& queue, std::stop_token stop);

  // Waits up to `wait` for a first message; an empty list is none. What is received stays hidden from others for
  // `hidden`, then it comes again unless it was deleted.
  Result<std::vector<QueueMessage>> receive(Duration wait, Duration hidden, std::stop_token stop);
  // At most kMostMessages. How many were deleted: the rest will come again.
  Result<size_t> remove(const std::vector<std::string>& receipt_handles, std::stop_token stop);
  // How many messages it shows at present, about. Takes none out.
  Result<int64_t> waiting(std::stop_token stop);
  const std::string& url() const { return service_.endpoint().url; }

 private:
  Sqs(ServiceOptions options, Session& session);
  QueryService service_;
};

// "https://sqs.eu-central-1.amazonaws.com/…" -> "eu-central-1"; nothing for hosts that are not AWS's.
std::optional<std::string> region_of_queue(std::string_view host);

}  // namespace holdfast::aws
