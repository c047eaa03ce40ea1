// The files of the API's certificate and key. They are read at the start, at SIGHUP, and when one of them was changed;
// a pair that cannot be used leaves the one that is in use. Used by serve.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "http/key_pair.h"
#include "http/server.h"

namespace holdfast::daemon {

class TlsFiles {
 public:
  TlsFiles(std::string certificate, std::string key) : certificate_(std::move(certificate)), key_(std::move(key)) {}

  // Both files, checked. An expired certificate is taken, with a warning in the log: machines must go on.
  Result<http::KeyPair> read();
  // Hands a new pair to the server if there is one, or if `anyway`; says in the log what became of it.
  void reload(http::Server& server, bool anyway);

 private:
  std::string stamp() const;  // of both files: another one where one of them is another

  const std::string certificate_;
  const std::string key_;
  std::string seen_;
};

}  // namespace holdfast::daemon
