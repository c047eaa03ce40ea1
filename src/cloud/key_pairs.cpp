#include "cloud/key_pairs.h"

#include <fmt/core.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "base/text.h"

// Fingerprints, as EC2's manual has them: of an RSA key that EC2 made, SHA-1 over the private key's PKCS#8 form; of one
// that was imported, MD5 over the public key's X.509 form; of an ED25519 key, OpenSSH's SHA-256.
namespace holdfast::cloud {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;

Failure no_key() {
  return fail(ErrorKind::unavailable, "InternalError", "No key could be made; ask again.");
}

Failure bad_key() {
  return fail(ErrorKind::invalid, "InvalidKey.Format",
              "The key is not in OpenSSH's public key format (ssh-rsa AAAA… or ssh-ed25519 AAAA…).",
              "PublicKeyMaterial");
}

std::string digest(const std::string& bytes, const EVP_MD* how) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out, &size, how, nullptr) != 1) return {};
  return {reinterpret_cast<char*>(out), size};
}

std::string with_colons(const std::string& bytes) {
  std::string text;
  for (unsigned char c : bytes) text += fmt::format("{}{:02x}", text.empty() ? "" : ":", c);
  return text;
}

// OpenSSH's SHA-256, without its padding.
std::string ssh_fingerprint(const std::string& blob) {
  std::string text = base64_encode(digest(blob, EVP_sha256()));
  while (text.ends_with('=')) text.pop_back();
  return text;
}

// A string of SSH's wire format: its length, then itself.
std::string ssh_string(const std::string& bytes) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((bytes.size() >> shift) & 0xff);
  return out + bytes;
}

std::string ssh_number(const BIGNUM* number) {
  std::string bytes(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0) bytes.insert(0, 1, '\0');
  return ssh_string(bytes);
}

std::string rsa_blob(EVP_PKEY* key) {
  BIGNUM *n = nullptr, *e = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n);
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e);
  const Number modulus(n), exponent(e);
  if (!modulus || !exponent) return {};
  return ssh_string("ssh-rsa") + ssh_number(e) + ssh_number(n);
}

std::string ed25519_blob(EVP_PKEY* key) {
  std::string raw(32, '\0');
  size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1) return {};
  return ssh_string("ssh-ed25519") + ssh_string(raw);
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<size_t>(size));
}

// The next string of a blob; false if there is none.
bool take_string(std::string_view& blob, std::string_view& to) {
  if (blob.size() < 4) return false;
  size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(blob[static_cast<size_t>(i)]);
  if (size > blob.size() - 4) return false;
  to = blob.substr(4, size);
  blob.remove_prefix(4 + size);
  return true;
}

// The X.509 form of an RSA key, for its fingerprint.
std::string rsa_der(std::string_view exponent, std::string_view modulus) {
  // SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { n, e } } }
  auto tlv = [](char tag, const std::string& body) {
    std::string out(1, tag);
    if (body.size() > 0xff) {
      out += static_cast<char>(0x82);
      out += static_cast<char>((body.size() >> 8) & 0xff);
    } else if (body.size() > 0x7f) {
      out += static_cast<char>(0x81);
    }
    out += static_cast<char>(body.size() & 0xff);
    return out + body;
  };
  const std::string oid("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 13);
  const std::string numbers = tlv(0x02, std::string(modulus)) + tlv(0x02, std::string(exponent));
  return tlv(0x30, tlv(0x30, oid) + tlv(0x03, std::string(1, '\0') + tlv(0x30, numbers)));
}

}  // namespace

Result<KeyMaterial> make_key(const std::string& type) {
  constexpr unsigned kBits = 2048;
  const bool rsa = type.empty() || type == "rsa";
  if (!rsa && type != "ed25519") {
    return fail(ErrorKind::invalid, "InvalidParameterValue", "A key is of type rsa or ed25519, not '" + type + "'.",
                "KeyType");
  }
  const Key key(rsa ? EVP_RSA_gen(kBits) : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const Bio pem(BIO_new(BIO_s_mem()));
  if (!key || !pem) return no_key();
  const int written =
      rsa ? PEM_write_bio_PrivateKey_traditional(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)
          : PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  const std::string blob = rsa ? rsa_blob(key.get()) : ed25519_blob(key.get());
  const Bio der(BIO_new(BIO_s_mem()));
  const bool whole = der && i2d_PKCS8PrivateKey_bio(der.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (written != 1 || blob.empty() || !whole) return no_key();
  const std::string name = rsa ? "ssh-rsa" : "ssh-ed25519";
  return KeyMaterial{rsa ? "rsa" : "ed25519", contents(pem.get()), name + " " + base64_encode(blob),
                     rsa ? with_colons(digest(contents(der.get()), EVP_sha1())) : ssh_fingerprint(blob)};
}

Result<KeyMaterial> read_public_key(const std::string& text) {
  constexpr size_t kLargest = 16 * 1024, kMostModulus = 2049;
  if (text.empty()) {
    return fail(ErrorKind::invalid, "MissingParameter", "The request must contain the parameter PublicKeyMaterial.",
                "PublicKeyMaterial");
  }
  const std::string line(trim(text));
  const auto space = line.find(' ');
  if (line.size() > kLargest || space == std::string::npos) return bad_key();
  const std::string name = line.substr(0, space);
  const std::string coded = line.substr(space + 1, line.find(' ', space + 1) - space - 1);
  const auto blob = base64_decode(coded);
  if (!blob) return bad_key();
  std::string_view rest = *blob, kind, first, second;
  if (!take_string(rest, kind) || kind != name || !take_string(rest, first)) return bad_key();
  if (name == "ssh-ed25519" && first.size() == 32 && rest.empty()) {
    return KeyMaterial{"ed25519", "", name + " " + coded, ssh_fingerprint(*blob)};
  }
  const bool rsa = name == "ssh-rsa" && take_string(rest, second) && rest.empty() && second.size() >= 128 &&
                   second.size() <= kMostModulus && !first.empty() && first.size() <= 8;
  if (!rsa) return bad_key();
  return KeyMaterial{"rsa", "", name + " " + coded, with_colons(digest(rsa_der(first, second), EVP_md5()))};
}

}  // namespace holdfast::cloud
