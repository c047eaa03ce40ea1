#include "daemon/tls.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace holdfast::daemon {
namespace {

constexpr size_t kMostBytes = 1 << 20;

Result<std::string> contents_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Failure(system_error("reading " + file, errno));
  std::string text(kMostBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMostBytes) return fail(ErrorKind::invalid, "BadKeyPair", file + " is too large");
  return text;
}

}  // namespace

Result<http::KeyPair> TlsFiles::read() {
  seen_ = stamp();
  http::KeyPair pair;
  HF_TRY(pair.certificate, contents_of(certificate_));
  HF_TRY(pair.key, contents_of(key_));
  auto valid_until = http::inspect(pair);
  if (!valid_until) {
    return fail(ErrorKind::invalid, "BadKeyPair",
                fmt::format("{} with {}: {}", certificate_, key_, valid_until.error().message),
                "listen.tls_certificate");
  }
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  if (*valid_until < now) {
    spdlog::warn("the certificate {} has expired at {}: clients will refuse it", certificate_, to_iso(*valid_until));
  } else {
    spdlog::info("the certificate {} is valid until {}", certificate_, to_iso(*valid_until));
  }
  return pair;
}

void TlsFiles::reload(http::Server& server, bool anyway) {
  if (!anyway && stamp() == seen_) return;
  auto pair = read();
  auto taken = pair ? server.use_key_pair(*pair) : Result<void>(Failure(pair.error()));
  if (taken) {
    spdlog::info("new connections get the certificate as it is now in {}", certificate_);
  } else {
    spdlog::error("the certificate and key cannot be used, so the former ones stay in use: {}",
                  describe(taken.error()));
  }
}

std::string TlsFiles::stamp() const {
  std::string text;
  for (const std::string& file : {certificate_, key_}) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) facts = {};
    text += fmt::format("{}:{}:{}.{}:{};", facts.st_dev, facts.st_ino, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec,
                        facts.st_size);
  }
  return text;
}

}  // namespace holdfast::daemon
