// SQS's Query protocol (2012-11-05) over the queues: what is enough to be told of events by AWS's own clients.
#pragma once

#include <atomic>
#include <string>

#include "cloud/endpoint/queues.h"
#include "cloud/endpoint/services.h"

namespace holdfast::cloud::endpoint {

class SqsService {
 public:
  // `most_waiting`: long receives at once; beyond it they are answered without waiting, which SQS allows.
  SqsService(Queues& queues, std::string region, int most_waiting)
      : queues_(queues), region_(std::move(region)), most_waiting_(most_waiting) {}

  // `base`: the URL that the client knows this endpoint by; a queue's is below it. `path`: of this request, which may
  // name the queue.
  http::Response answer(const Asked& asked, const std::string& base, const std::string& path);

 private:
  struct Call;
  Result<void> carry_out(Call& call);
  Result<void> create(Call& call);
  Result<void> list(Call& call);
  Result<void> show_attributes(Call& call);
  Result<void> send(Call& call);
  Result<void> receive(Call& call);
  Result<void> erase_batch(Call& call);

  Queues& queues_;
  const std::string region_;
  const int most_waiting_;
  std::atomic<int> waiting_ = 0;
};

}  // namespace holdfast::cloud::endpoint
