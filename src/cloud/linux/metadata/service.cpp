#include "cloud/linux/metadata/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "base/check.h"
#include "base/text.h"
#include "cloud/linux/network/netlink.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr const char* address = "169.254.169.254";
constexpr uint16_t port = 80;
constexpr int backlog = 64;
constexpr int most_connections = 4096;  // of all machines together
constexpr int events_at_once = 64;

// Bound to lo: the address is no secret, and a neighbour that routes it to this machine must find nobody.
Result<Fd> listen_in(int namespace_fd) {
  HF_TRY(const auto inside, InNamespace::enter(namespace_fd));
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return Failure(system_error("opening the metadata service's socket", errno));
  const int yes = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::setsockopt(listener.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0) {
    return Failure(system_error("binding the metadata service to lo", errno));
  }
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &at.sin_addr);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(listener.get(), backlog) != 0) {
    return Failure(system_error("listening at the metadata service's address in a machine", errno));
  }
  return listener;
}

Time wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

Result<std::unique_ptr<MetadataService>> MetadataService::start(TokenKey key, TakeStatus take_status) {
  std::unique_ptr<MetadataService> service(new MetadataService(key, std::move(take_status)));
  service->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  service->stop_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;
  if (!service->epoll_.valid() || !service->stop_.valid() ||
      ::epoll_ctl(service->epoll_.get(), EPOLL_CTL_ADD, service->stop_.get(), &event) != 0) {
    return Failure(system_error("starting the metadata service", errno));
  }
  http::ServerOptions options;
  options.listen = false;
  options.threads = 2;
  options.max_connections = most_connections;
  options.max_body = 4096;
  HF_TRY(service->server_, http::Server::start(options, [raw = service.get()](const http::Request& request) {
           return raw->respond(request);
         }));
  service->thread_ = std::thread([raw = service.get()] { raw->accept_connections(); });
  return service;
}

MetadataService::~MetadataService() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    CHECK(::write(stop_.get(), &one, sizeof one) == sizeof one);
    thread_.join();
  }
  server_.reset();
}

Result<void> MetadataService::open(int namespace_fd, MachineFacts facts) {
  const InstanceId id = facts.spec.id;
  {
    const std::lock_guard guard(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) {
      found->second.facts = std::move(facts);
      return {};
    }
  }
  HF_TRY(Fd listener, listen_in(namespace_fd));
  const std::lock_guard guard(mutex_);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = ++last_number_;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.get(), &event) != 0) {
    return Failure(system_error("watching a metadata listener", errno));
  }
  by_number_[last_number_] = id;
  entries_[id] = Entry{std::move(facts), std::move(listener)};
  return {};
}

void MetadataService::close(const InstanceId& machine) {
  const std::lock_guard guard(mutex_);
  entries_.erase(machine);  // closing the listener takes it out of epoll
  std::erase_if(by_number_, [&](const auto& entry) { return entry.second == machine; });
}

void MetadataService::change(const InstanceId& machine, const std::function<void(MachineFacts&)>& change) {
  const std::lock_guard guard(mutex_);
  const auto found = entries_.find(machine);
  if (found != entries_.end()) change(found->second.facts);
}

http::Response MetadataService::respond(const http::Request& request) {
  const InstanceId machine(request.peer);
  if (request.path == "/holdfast/user-data-status") {
    http::Response response;
    const auto status = parse_int(trim(request.body));
    const bool good = request.method == "PUT" && status && *status >= 0 && *status <= 255;
    response.status = !good ? 400 : take_status_(machine, static_cast<int>(*status)) ? 200 : 503;
    response.headers = {{"Content-Type", "text/plain"}};
    if (!good) response.body = "PUT an exit status from 0 to 255\n";
    return response;
  }
  MachineFacts facts;
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(machine);
    if (found == entries_.end()) {
      http::Response gone;
      gone.status = 404;  // the machine is ending
      return gone;
    }
    facts = found->second.facts;
  }
  return answer(facts, key_, wall_clock(), request);
}

void MetadataService::accept_from(uint64_t number) {
  InstanceId machine;
  int accepted = -1;
  {
    const std::lock_guard guard(mutex_);
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return;
    machine = found->second;
    accepted = ::accept4(entries_.at(machine).listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  }
  if (accepted < 0) return;  // gone again, or too many open files: the listener stays readable, we come back
  if (const auto adopted = server_->adopt_connection(accepted, machine.str()); !adopted) {
    spdlog::warn("metadata service: a connection of {} was refused: {}", machine.str(), describe(adopted.error()));
  }
}

void MetadataService::accept_connections() {
  epoll_event events[events_at_once];
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), events, events_at_once, -1);
    if (count < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == 0) return;
      accept_from(events[i].data.u64);
    }
  }
}

}  // namespace holdfast::cloud::linux_
