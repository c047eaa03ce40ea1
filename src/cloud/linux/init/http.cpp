// Just enough HTTP to talk to the metadata service: one request a connection, answers with a Content-Length or until
// the connection's end.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cloud/linux/init/parts.h"

namespace holdfast_init {
namespace {

constexpr const char* address = "169.254.169.254";
constexpr int answer_limit_seconds = 5;
constexpr size_t largest_answer = 256 * 1024;  // user data is at most 16 KiB

int connect_to_service() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const timeval limit{answer_limit_seconds, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(80);
  ::inet_pton(AF_INET, address, &to.sin_addr);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

// -1 if there is none in these header lines.
long content_length(const std::string& head) {
  constexpr const char* name = "\r\ncontent-length:";
  const size_t length = ::strlen(name);
  for (size_t i = 0; i + length <= head.size(); ++i) {
    if (::strncasecmp(head.data() + i, name, length) == 0) return ::strtol(head.c_str() + i + length, nullptr, 10);
  }
  return -1;
}

HttpAnswer read_answer(int fd) {
  std::string text;
  size_t head_end = std::string::npos;
  long length = -1;
  char buffer[4096];
  while (text.size() < largest_answer) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {};
    if (count == 0) break;
    text.append(buffer, static_cast<size_t>(count));
    if (head_end == std::string::npos) {
      head_end = text.find("\r\n\r\n");
      if (head_end != std::string::npos) length = content_length(text.substr(0, head_end + 2));
    }
    if (length >= 0 && text.size() >= head_end + 4 + static_cast<size_t>(length)) break;
  }
  if (head_end == std::string::npos || text.compare(0, 7, "HTTP/1.") != 0) return {};
  HttpAnswer answer;
  answer.body = text.substr(head_end + 4);
  if (length >= 0 && answer.body.size() < static_cast<size_t>(length)) return {};  // cut short: no answer
  answer.status = ::atoi(text.c_str() + 9);
  return answer;
}

}  // namespace

HttpAnswer ask_metadata(const HttpRequest& request) {
  const int fd = connect_to_service();
  if (fd < 0) return {};
  std::string text = request.method + " " + request.path + " HTTP/1.1\r\nHost: " + address +
                     "\r\nConnection: close\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n" +
                     request.headers + "\r\n" + request.body;
  HttpAnswer answer;
  if (write_all(fd, text.data(), text.size())) answer = read_answer(fd);
  ::close(fd);
  return answer;
}

}  // namespace holdfast_init
