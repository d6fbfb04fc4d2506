// TlsPlan: what a server's TLS is, loaded and checked: certificates, keys, whom it trusts, what it negotiates. Made on
// the main thread (tls_loader.h), immutable, shared by all workers and by servers that state the same; each worker
// makes an SSL_CTX of its own from it (tls_context.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/source.h"
#include "table/plan.h"
#include "table/tls_files.h"

namespace gh::table {

/// ssl_protocols. A bit set.
enum TlsProtocols : std::uint8_t { ssl_v2 = 1, ssl_v3 = 2, tls_v1 = 4, tls_v1_1 = 8, tls_v1_2 = 16, tls_v1_3 = 32 };

/// A word with its place, for what is said about it.
struct TlsWord {
  std::string text;
  config::Span where;
};

/// As stated in a block. Empty words: not stated.
struct TlsSettings {
  TlsWord ciphers{"HIGH:!aNULL:!MD5", {}}, curves{"auto", {}};
  TlsWord dh_parameters, client_certificate, trusted_certificate, revocations, password_file;
  config::Span verify_where;
  std::int64_t record_bytes = 16 * 1024;
  std::int64_t verify_depth = 1;
  std::uint8_t protocols = tls_v1_2 | tls_v1_3;
  VerifyClient verify_client = VerifyClient::off;
  const void* protocols_in = nullptr;  // the block whose lines they come from
  bool prefers_own_ciphers = false;
  bool rejects = false;
};
/// Lists that an inner block replaces as a whole.
struct TlsCertificates { std::vector<TlsWord> list; };
struct TlsKeys { std::vector<TlsWord> list; };
struct TlsCommands { std::vector<std::pair<TlsWord, TlsWord>> list; };

/// One certificate with its key.
struct TlsIdentity {
  std::string name;  // as it may be shown
  CertificatePtr certificate;
  std::vector<CertificatePtr> chain;
  KeyPtr key;
};

struct TlsPlan {
  std::vector<std::shared_ptr<const TlsIdentity>> identities;  // of several kinds (RSA, ECDSA): OpenSSL chooses
  std::string ciphers, curves;
  std::vector<std::pair<std::string, std::string>> commands;   // ssl_conf_command
  KeyPtr dh_parameters;                                        // null: none
  std::vector<CertificatePtr> named_authorities;               // whose names clients are told
  CertificateStorePtr trusted;                                 // null: nobody; with lists of revocations
  std::size_t record_bytes = 0;
  int verify_depth = 1;
  std::uint8_t protocols = 0;                                  // TlsProtocols
  VerifyClient verify_client = VerifyClient::off;
  bool prefers_own_ciphers = false;
  bool rejects = false;                                        // ssl_reject_handshake
  /// Sessions are resumed only under the same certificates and the same trust.
  std::array<unsigned char, 32> session_context{};
};

}  // namespace gh::table
