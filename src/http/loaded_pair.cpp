#include "http/loaded_pair.h"

#include <fmt/format.h>
#include <gnutls/x509.h>

#include <array>

#include "base/check.h"

namespace holdfast::http {
namespace {

constexpr unsigned kMostCertificates = 16;

gnutls_datum_t datum_of(const std::string& text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

Failure bad(std::string_view what, int code) {
  return fail(ErrorKind::invalid, "BadKeyPair", fmt::format("{} ({})", what, gnutls_strerror(code)));
}

using KeyId = std::array<unsigned char, 20>;

// Of what a certificate and a private key have in common.
Result<KeyId> id_of(gnutls_pubkey_t key) {
  KeyId id{};
  size_t size = id.size();
  if (int code = gnutls_pubkey_get_key_id(key, 0, id.data(), &size); code != GNUTLS_E_SUCCESS) {
    return bad("the public key cannot be told", code);
  }
  return id;
}

}  // namespace

LoadedPair::~LoadedPair() {
  for (gnutls_pcert_st& one : certificates_) gnutls_pcert_deinit(&one);
  if (key_) gnutls_privkey_deinit(key_);
}

Result<std::unique_ptr<LoadedPair>> LoadedPair::load(const KeyPair& pair) {
  std::unique_ptr<LoadedPair> loaded(new LoadedPair);
  HF_TRY_VOID(loaded->take_certificate(pair.certificate));
  HF_TRY_VOID(loaded->take_key(pair.key));
  HF_TRY_VOID(loaded->check_match());
  return loaded;
}

Result<void> LoadedPair::take_certificate(const std::string& pem) {
  std::array<gnutls_x509_crt_t, kMostCertificates> found{};
  unsigned count = kMostCertificates;
  const gnutls_datum_t text = datum_of(pem);
  const int read = gnutls_x509_crt_list_import(found.data(), &count, &text, GNUTLS_X509_FMT_PEM,
                                               GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
  if (read < 0) return bad("the certificate cannot be read: it must be PEM, at most 16 of them", read);
  count = static_cast<unsigned>(read);
  int code = GNUTLS_E_SUCCESS;
  if (count > 0) {
    valid_until_ = std::chrono::time_point_cast<Duration>(
        std::chrono::system_clock::from_time_t(gnutls_x509_crt_get_expiration_time(found[0])));
  }
  for (unsigned i = 0; i < count; ++i) {
    gnutls_pcert_st one{};
    if (code == GNUTLS_E_SUCCESS) code = gnutls_pcert_import_x509(&one, found[i], 0);
    if (code == GNUTLS_E_SUCCESS) certificates_.push_back(one);
    gnutls_x509_crt_deinit(found[i]);
  }
  if (code != GNUTLS_E_SUCCESS || certificates_.empty()) return bad("the certificate cannot be used", code);
  return {};
}

Result<void> LoadedPair::take_key(const std::string& pem) {
  if (int code = gnutls_privkey_init(&key_); code != GNUTLS_E_SUCCESS) return bad("no memory for the key", code);
  const gnutls_datum_t text = datum_of(pem);
  const int code = gnutls_privkey_import_x509_raw(key_, &text, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (code != GNUTLS_E_SUCCESS) return bad("the key cannot be read: it must be PEM, without a password", code);
  return {};
}

Result<void> LoadedPair::check_match() const {
  gnutls_pubkey_t of_key = nullptr;
  if (int code = gnutls_pubkey_init(&of_key); code != GNUTLS_E_SUCCESS) return bad("no memory for the key", code);
  std::unique_ptr<gnutls_pubkey_st, decltype(&gnutls_pubkey_deinit)> owner(of_key, gnutls_pubkey_deinit);
  if (int code = gnutls_pubkey_import_privkey(of_key, key_, 0, 0); code != GNUTLS_E_SUCCESS) {
    return bad("the key cannot be used", code);
  }
  HF_TRY(const KeyId mine, id_of(of_key));
  HF_TRY(const KeyId theirs, id_of(certificates_.front().pubkey));
  if (mine == theirs) return {};
  return fail(ErrorKind::invalid, "BadKeyPair", "the key is not the certificate's");
}

Result<Time> inspect(const KeyPair& pair) {
  HF_TRY(auto loaded, LoadedPair::load(pair));
  return loaded->valid_until();
}

}  // namespace holdfast::http
