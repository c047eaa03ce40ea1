// Certificates made on the spot, for localhost and 127.0.0.1, signed by themselves. Included by tests only.
#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <string>

#include "http/key_pair.h"

namespace holdfast::http {

// `name` becomes the common name: it tells one from the other. `days` below 0: expired already.
inline KeyPair make_pair_for_test(const std::string& name, int days = 30) {
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_init(&key);
  gnutls_x509_crt_init(&crt);
  EXPECT_EQ(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
  const time_t now = std::time(nullptr);
  const unsigned char serial[] = {1};
  const unsigned char address[] = {127, 0, 0, 1};
  gnutls_x509_crt_set_version(crt, 3);
  gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
  gnutls_x509_crt_set_activation_time(crt, now - 86400 * 60);
  gnutls_x509_crt_set_expiration_time(crt, now + 86400 * days);
  gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(), static_cast<unsigned>(name.size()));
  gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, sizeof address, GNUTLS_FSAN_APPEND);
  gnutls_x509_crt_set_basic_constraints(crt, 1, -1);
  gnutls_x509_crt_set_key(crt, key);
  EXPECT_EQ(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
  auto text_of = [](auto write) {
    std::array<char, 8192> buffer;
    size_t size = buffer.size();
    EXPECT_EQ(write(buffer.data(), &size), 0);
    return std::string(buffer.data(), size);
  };
  KeyPair pair;
  pair.certificate =
      text_of([&](char* to, size_t* size) { return gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, to, size); });
  pair.key =
      text_of([&](char* to, size_t* size) { return gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, to, size); });
  gnutls_x509_crt_deinit(crt);
  gnutls_x509_privkey_deinit(key);
  return pair;
}

}  // namespace holdfast::http
