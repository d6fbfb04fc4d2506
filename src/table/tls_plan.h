// TlsPlan: what a server's TLS is, loaded and checked: certificates, keys, whom it trusts, what it negotiates. Made on
// the main thread (tls_loader.h), immutable, shared by all workers and by servers that state the same; each worker
// makes an SSL_CTX of its own from it (tls_context.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "config/source.h"
#include "state/spin_lock.h"
#include "table/plan.h"
#include "table/tls_files.h"

namespace gh::state {
class OcspStaple;
class OcspStaples;
class TlsSessions;
class TlsTickets;
}  // namespace gh::state

namespace gh::table {

struct CertificateCacheRule;  // table/tls_client_plan.h

/// ssl_protocols. A bit set.
enum TlsProtocols : std::uint8_t { ssl_v2 = 1, ssl_v3 = 2, tls_v1 = 4, tls_v1_1 = 8, tls_v1_2 = 16, tls_v1_3 = 32 };

/// A word with its place, for what is said about it.
struct TlsWord {
  std::string text;
  config::Span where;
};

/// ssl_session_cache.
struct TlsSessionCache {
  enum class Kind : std::uint8_t { none, off, builtin, shared };
  Kind kind = Kind::none;
  std::int64_t builtin_sessions = 20480;
  std::shared_ptr<state::TlsSessions> zone;  // shared
};

/// As stated in a block. Empty words: not stated.
struct TlsSettings {
  TlsWord ciphers{"HIGH:!aNULL:!MD5", {}}, curves{"auto", {}};
  TlsWord dh_parameters, client_certificate, trusted_certificate, revocations, password_file;
  TlsWord stapling_file, stapling_responder;
  config::Span verify_where, stapling_where, early_data_where;
  std::int64_t record_bytes = 16 * 1024;
  std::int64_t verify_depth = 1;
  std::int64_t session_timeout_s = 300;
  std::int64_t watch_ms = 0;  // ssl_certificate_watch; 0: off
  TlsSessionCache session_cache;
  std::shared_ptr<const CertificateCacheRule> certificate_cache;  // null: off
  bool has_tickets = true;
  bool staples = false, verifies_stapled = false;
  std::uint8_t protocols = tls_v1_2 | tls_v1_3;
  VerifyClient verify_client = VerifyClient::off;
  const void* protocols_in = nullptr;  // the block whose lines they come from
  bool prefers_own_ciphers = false;
  bool rejects = false;
  bool takes_early_data = false;
};
/// Lists that an inner block replaces as a whole.
struct TlsFiles {
  std::vector<TlsWord> list;
  std::vector<Template> names;  // of the same ranks
  bool has_variables = false;
};
struct TlsCertificates : TlsFiles {};
struct TlsKeys : TlsFiles {};
struct TlsTicketFiles { std::vector<TlsWord> list; };
struct TlsCommands { std::vector<std::pair<TlsWord, TlsWord>> list; };

/// One certificate with its key.
struct TlsIdentity {
  std::string name;  // as it may be shown
  CertificatePtr certificate;
  std::vector<CertificatePtr> chain;
  KeyPtr key;
};

/// Whom to ask for the status of one certificate (ssl_stapling), and where his answer is.
struct OcspSource {
  std::shared_ptr<const TlsIdentity> identity;
  CertificatePtr issuer;
  std::string responder;  // http://...
  bool verifies = false;  // ssl_stapling_verify: by the plan's `trusted`
  std::shared_ptr<state::OcspStaple> staple;
};

struct TlsPlan;

/// The newest plan in the place of one whose files have changed. Any thread.
class TlsRenewal {
 public:
  [[nodiscard]] std::shared_ptr<const TlsPlan> get() const;  // null: none
  void set(std::shared_ptr<const TlsPlan> plan) const;

 private:
  mutable state::SpinLock lock_;
  mutable std::shared_ptr<const TlsPlan> plan_;
};

/// RFC 8446 4.6.1: what one client may send before its handshake is over.
constexpr std::uint32_t most_early_data_bytes = 16 * 1024;

struct TlsPlan {
  std::vector<std::shared_ptr<const TlsIdentity>> identities;  // of several kinds (RSA, ECDSA): OpenSSL chooses
  /// Of names with variables, which handshakes find; then there are no others. `reader`: its passwords and cache.
  std::vector<std::pair<Template, Template>> named_identities;
  std::shared_ptr<const TlsClientPlan> reader;
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
  std::uint32_t early_data_bytes = 0;                          // most of it a connection; 0: ssl_early_data off
  std::string stapled;                                         // an OCSP response, in DER; empty: none
  std::vector<OcspSource> staples;                             // those of responders; empty: none is asked
  std::shared_ptr<state::OcspStaples> known_staples;           // where they are found again; main thread
  std::shared_ptr<state::TlsSessions> sessions;                // null: none are kept
  std::shared_ptr<state::TlsTickets> tickets;                  // null: none are given
  long session_timeout_s = 300;
  bool hides_session_id = false;                               // ssl_session_cache off: clients are told, too
  /// Sessions are resumed only under the same certificates and the same trust.
  std::array<unsigned char, 32> session_context{};
  TlsRenewal renewal;                                          // what changes; all else is as it was loaded
};

inline std::shared_ptr<const TlsPlan> TlsRenewal::get() const {
  const std::lock_guard guard(lock_);
  return plan_;
}

inline void TlsRenewal::set(std::shared_ptr<const TlsPlan> plan) const {
  const std::lock_guard guard(lock_);
  plan_.swap(plan);
}

}  // namespace gh::table
