// A key pair as GnuTLS uses it in a handshake. Called by key_pair.cpp and server.cpp.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include <memory>
#include <vector>

#include "http/key_pair.h"

namespace holdfast::http {

class LoadedPair {
 public:
  static Result<std::unique_ptr<LoadedPair>> load(const KeyPair& pair);
  ~LoadedPair();
  LoadedPair(const LoadedPair&) = delete;

  Time valid_until() const { return valid_until_; }
  // For gnutls_certificate_retrieve_function2; used until this is destroyed.
  gnutls_pcert_st* certificates() { return certificates_.data(); }
  unsigned count() const { return static_cast<unsigned>(certificates_.size()); }
  gnutls_privkey_t key() { return key_; }

 private:
  LoadedPair() = default;
  Result<void> take_certificate(const std::string& pem);
  Result<void> take_key(const std::string& pem);
  Result<void> check_match() const;

  std::vector<gnutls_pcert_st> certificates_;
  gnutls_privkey_t key_ = nullptr;
  Time valid_until_{};
};

}  // namespace holdfast::http
