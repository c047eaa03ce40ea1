#include "aws/words.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace holdfast::aws {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'') {
      if (i + 1 == text.size()) return std::nullopt;
      const char next = text[++i];
      // Within double quotes a backslash stands for itself but before these.
      if (quote == '"' && next != '"' && next != '\\') word += c;
      word += next;
      in_word = true;
    } else if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (is_space(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

Result<std::optional<std::string>> read_small_file(const std::string& path, size_t most) {
  // Not blocking: a FIFO in the file's place must not hold us.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return Failure(system_error("reading " + path, errno));
  }
  struct stat about {};
  if (::fstat(file.fd, &about) != 0) return Failure(system_error("reading " + path, errno));
  // Devices too: /dev/null is how people say "no such file".
  if (!S_ISREG(about.st_mode) && !S_ISCHR(about.st_mode))
    return fail(ErrorKind::invalid, "NotAFile", fmt::format("{} is not a regular file", path));
  std::string text;
  char piece[16 << 10];
  while (true) {
    const ssize_t got = ::read(file.fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure(system_error("reading " + path, errno));
    if (got == 0) return std::optional<std::string>(std::move(text));
    text.append(piece, static_cast<size_t>(got));
    if (text.size() > most)
      return fail(ErrorKind::invalid, "FileTooLarge", fmt::format("{} is larger than {} bytes", path, most));
  }
}

}  // namespace holdfast::aws
