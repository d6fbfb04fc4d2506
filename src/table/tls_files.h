// Certificates, keys and lists of revocations in PEM form: from files, or from the configuration itself ("data:...").
// Errors are in OpenSSL's words and hold nothing of what was read. Main thread; what is made here any thread may use.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/openssl_ptr.h"
#include "base/result.h"
#include "base/secret.h"

namespace gh::table {

using RevocationsPtr = std::unique_ptr<X509_CRL, FreeBy<X509_CRL_free>>;
using KeyPtr = EvpKeyPtr;
using CertificateStorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using TlsContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;

/// The PEM text that `name` stands for: a file's, or what is behind "data:". Error::code is errno when the file cannot
/// be read.
Result<Secret> read_pem(std::string_view name);
/// How `name` may be shown: a path, or "data:..." without what follows.
std::string shown_pem_name(std::string_view name);

/// One or more certificates, in their order.
Result<std::vector<CertificatePtr>> parse_certificates(std::string_view pem);
/// Tries the passwords in turn when the key is encrypted; `stated_by` names their directive, for the error.
Result<KeyPtr> parse_key(std::string_view pem, const std::vector<Secret>& passwords,
                         std::string_view stated_by = "ssl_password_file");
/// Parameters of ssl_dhparam.
Result<KeyPtr> parse_dh_parameters(std::string_view pem);

struct TrustedItems {
  std::vector<CertificatePtr> certificates;
  std::vector<RevocationsPtr> revocations;
};
/// All certificates and lists of revocations of a text; at least one.
Result<TrustedItems> parse_trusted(std::string_view pem);

/// ssl_password_file: one a line.
Result<std::vector<Secret>> read_passwords(std::string_view path);

/// What is shown to peers; in the place of one of the same kind (RSA, ECDSA) that was given before, as in nginx.
bool use_certificate(SSL_CTX* context, X509* certificate, EVP_PKEY* key, std::span<const CertificatePtr> chain);
bool use_certificate(SSL* session, X509* certificate, EVP_PKEY* key, std::span<const CertificatePtr> chain);

/// Why OpenSSL did not do what it was asked to, as far as it says so.
std::string tls_reason_or(const char* otherwise);

}  // namespace gh::table
