// TlsClient: one worker's side of TLS to peers: an SSL_CTX for each plan of the table, sessions to resume, certificates
// that only requests name. Workers share none of it: OpenSSL locks what lies in a context. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "table/tls_client_plan.h"
#include "upstream/client_certificates.h"

namespace gh::table {
struct Table;
}

namespace gh::upstream {

/// TLS as one request wants it of its connection. Texts are valid inside the call.
struct TlsUse {
  const table::TlsClientPlan* plan;
  std::string_view name;              // of the peer: without port
  std::string_view certificate, key;  // with variables in their names: what these are; empty: none
};

/// What connections of one plan have in common. Lives as long as one of them, or the table that has the plan.
class TlsContext {
 public:
  explicit TlsContext(const table::TlsClientPlan& plan);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();
  SSL_CTX* context = nullptr;         // null: `error` tells
  std::string error;
  const std::string identity;         // TlsClientPlan::identity
  const bool verifies, reuses_sessions;
  bool retired = false;               // no table has the plan any more: its connections are not kept

  [[nodiscard]] SSL_SESSION* session(const std::string& key) const;
  void keep_session(const std::string& key, SSL_SESSION* session);  // takes it over

 private:
  const std::shared_ptr<LogFile> key_log_;
  std::unordered_map<std::string, SSL_SESSION*> sessions_;
  static int take_session(SSL* ssl, SSL_SESSION* session);
  static void log_key(const SSL* ssl, const char* line);
};

/// A connection's TLS. Until its session goes to a stream it is owned here.
class TlsPeer {
 public:
  TlsPeer(std::shared_ptr<TlsContext> context, const TlsUse& use, bool http2);
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;
  ~TlsPeer();
  /// Would a connection for that one be the same?
  [[nodiscard]] bool fits(const TlsUse& use, bool http2) const;
  [[nodiscard]] bool is_kept() const { return !context_->retired; }
  SSL* take_session() { return std::exchange(ssl_, nullptr); }
  /// Why a handshake that ended with `error` failed, for the log; empty: it has not. `ssl` is its session.
  [[nodiscard]] std::string failure(int error, SSL* ssl, std::string_view tls_error) const;

 private:
  friend class TlsClient;
  const std::shared_ptr<TlsContext> context_;
  const std::string name_, certificate_, key_;
  const bool http2_;
  SSL* ssl_ = nullptr;
};

class TlsClient {
 public:
  TlsClient() = default;
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  /// A session for a new connection to the peer at `address`, in connect state. Null: error() tells why.
  std::unique_ptr<TlsPeer> open(const TlsUse& use, bool http2, std::string_view address, std::int64_t now_ms);
  [[nodiscard]] const std::string& error() const { return error_; }
  /// Forgets what plans need that `table` does not have.
  void keep_only(const table::Table& table);

 private:
  std::shared_ptr<TlsContext> context_of(const table::TlsClientPlan& plan);
  bool prepare(TlsPeer& peer, const TlsUse& use, std::string_view address, std::int64_t now_ms);
  std::unordered_map<std::string, std::shared_ptr<TlsContext>> contexts_;  // by TlsClientPlan::identity
  ClientCertificates certificates_;
  std::string error_;
};

}  // namespace gh::upstream
