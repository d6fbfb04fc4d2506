// TlsClientPlan: what TLS to upstreams is in a location: what is negotiated, whom it trusts, the certificate it shows.
// Loaded and checked on the main thread (tls_client_loader.h), immutable, shared by all workers and by locations that
// state the same; each worker makes an SSL_CTX of its own from it (upstream/tls_client.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "config/source.h"
#include "table/template.h"
#include "table/tls_files.h"
#include "table/tls_plan.h"

namespace gh::table {

/// proxy_ssl_certificate_cache: each worker keeps one for each place where it is stated.
struct CertificateCacheRule {
  std::size_t most = 0;  // certificates and keys
  std::int64_t inactive_ms = 10'000;
  std::int64_t valid_ms = 60'000;
};

/// As stated in a block. Empty words: not stated.
struct TlsClientSettings {
  TlsWord ciphers{"DEFAULT", {}};
  TlsWord certificate, certificate_key, trusted_certificate, revocations, password_file, key_log;
  std::optional<Template> name, certificate_name, key_name;  // the last two: of names with variables
  std::shared_ptr<const CertificateCacheRule> cache;         // null: off
  config::Span verify_where;
  std::int64_t verify_depth = 1;
  std::uint64_t refused_versions = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
  const void* versions_in = nullptr;  // the block whose lines they come from
  bool verify = false;
  bool sends_name = false;            // server_name
  bool reuses_sessions = true;
};
using TlsCommandList = std::vector<std::pair<TlsWord, TlsWord>>;

/// Whose settings: the directives' prefix, and groups of its own.
struct ProxySide {
  static constexpr std::string_view prefix = "proxy_ssl_";
};
struct GrpcSide {
  static constexpr std::string_view prefix = "grpc_ssl_";
};
template <class Side>
struct TlsClientGroup : TlsClientSettings {};
template <class Side>
struct TlsClientCommands { TlsCommandList list; };   // an inner block replaces it as a whole

struct TlsClientPlan {
  std::string_view prefix;                                    // of its directives: "proxy_ssl_"
  std::string ciphers;
  std::vector<std::pair<std::string, std::string>> commands;  // proxy_ssl_conf_command
  std::shared_ptr<const TlsIdentity> certificate;             // shown to upstreams; null: none, or named by variables
  std::shared_ptr<X509_STORE> trusted;                        // null: nobody; with lists of revocations
  std::shared_ptr<LogFile> key_log;                           // null: none
  std::optional<Template> name;                               // proxy_ssl_name; without: $proxy_host
  std::optional<Template> certificate_name, key_name;         // with variables
  std::string main_dir;                                       // where relative ones of them start; ends with "/"
  std::shared_ptr<const std::vector<Secret>> passwords;   // of keys that requests name; null: none
  std::shared_ptr<const CertificateCacheRule> cache;          // of what they name; null: none
  std::uint64_t refused_versions = 0;                         // SSL_OP_NO_...
  int verify_depth = 1;
  bool verify = false, sends_name = false, reuses_sessions = true;
  /// A digest of what a connection's security rests on, but for names. What one generation has (connections, sessions)
  /// serves the next one where this has not changed.
  std::string identity;
};

}  // namespace gh::table
