#include "upstream/tls_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <uv.h>

#include <cstring>
#include <unordered_set>

#include "net/tls.h"
#include "table/plan.h"
#include "table/tls_client_context.h"

namespace gh::upstream {

namespace {

constexpr std::size_t most_sessions = 1000;  // of a plan: a session holds its peer's certificates

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void free_text(void*, void* text, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(text); }

/// Under which key a session is kept: lives with the SSL, as tickets may come as long as it does.
int session_key_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_text);
  return index;
}
int name_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_text);
  return index;
}

/// RFC 6066 3: a name, not an address.
bool may_be_sent(const std::string& name) {
  in_addr v4;
  return !name.empty() && name.front() != '[' && inet_pton(AF_INET, name.c_str(), &v4) != 1;
}

}  // namespace

// ---- contexts ------------------------------------------------------------------------------------------------------

TlsContext::TlsContext(const table::TlsClientPlan& plan)
    : identity(plan.identity), verifies(plan.verify), reuses_sessions(plan.reuses_sessions), key_log_(plan.key_log) {
  context = SSL_CTX_new(TLS_client_method());
  if (!context) {
    error = table::tls_reason_or("no memory");
    return;
  }
  if (const auto fault = table::configure_client(context, plan)) {
    error = fault->reason;
    SSL_CTX_free(std::exchange(context, nullptr));
    return;
  }
  SSL_CTX_set_ex_data(context, context_index(), this);
  if (key_log_) SSL_CTX_set_keylog_callback(context, log_key);
  if (!reuses_sessions) return;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, take_session);
}

/// A stream may outlive its peer connection (a tunnel), and with it the SSL.
TlsContext::~TlsContext() {
  for (const auto& [key, session] : sessions_) SSL_SESSION_free(session);
  if (!context) return;
  SSL_CTX_set_ex_data(context, context_index(), nullptr);
  SSL_CTX_free(context);
}

SSL_SESSION* TlsContext::session(const std::string& key) const {
  const auto at = sessions_.find(key);
  return at == sessions_.end() ? nullptr : at->second;
}

void TlsContext::keep_session(const std::string& key, SSL_SESSION* session) {
  if (sessions_.size() >= most_sessions && !sessions_.contains(key)) {
    const auto victim = sessions_.begin();
    SSL_SESSION_free(victim->second);
    sessions_.erase(victim);
  }
  SSL_SESSION*& slot = sessions_[key];
  SSL_SESSION_free(slot);
  slot = session;
}

int TlsContext::take_session(SSL* ssl, SSL_SESSION* session) {
  auto* const self = static_cast<TlsContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
  const auto* const key = static_cast<const std::string*>(SSL_get_ex_data(ssl, session_key_index()));
  if (!self || !key || SSL_SESSION_is_resumable(session) == 0) return 0;
  self->keep_session(*key, session);
  return 1;
}

void TlsContext::log_key(const SSL* ssl, const char* line) {
  const auto* const self = static_cast<TlsContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
  if (self) self->key_log_->write(std::string(line) + "\n");
}

// ---- connections ---------------------------------------------------------------------------------------------------

TlsPeer::TlsPeer(std::shared_ptr<TlsContext> context, const TlsUse& use, bool http2)
    : context_(std::move(context)), name_(use.name), certificate_(use.certificate), key_(use.key), http2_(http2) {}

TlsPeer::~TlsPeer() { SSL_free(ssl_); }

bool TlsPeer::fits(const TlsUse& use, bool http2) const {
  return http2_ == http2 && name_ == use.name && certificate_ == use.certificate && key_ == use.key &&
         context_->identity == use.plan->identity;
}

std::string TlsPeer::failure(int error, SSL* ssl, std::string_view tls_error) const {
  if (context_->verifies && ssl) {
    const long verdict = SSL_get_verify_result(ssl);
    const bool unnamed = SSL_is_init_finished(ssl) != 0 && !SSL_get0_peer_certificate(ssl);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || unnamed) {
      return fmt::format("upstream SSL certificate does not match \"{}\"", name_);
    }
    if (verdict != X509_V_OK) {
      return fmt::format("upstream SSL certificate verify error: ({}:{})", verdict,
                         X509_verify_cert_error_string(verdict));
    }
  }
  if (error == 0) return {};
  if (error == UV_EOF) return "peer closed connection in SSL handshake";
  if (error == UV_EPROTO) return fmt::format("SSL_do_handshake() failed (SSL: {})", tls_error);
  return fmt::format("SSL_do_handshake() failed ({}: {})", -error, std::strerror(-error));
}

// ---- the worker's --------------------------------------------------------------------------------------------------

std::shared_ptr<TlsContext> TlsClient::context_of(const table::TlsClientPlan& plan) {
  const auto at = contexts_.find(plan.identity);
  if (at != contexts_.end()) return at->second;
  auto made = std::make_shared<TlsContext>(plan);
  if (made->context) contexts_.emplace(plan.identity, made);
  return made;
}

std::unique_ptr<TlsPeer> TlsClient::open(const TlsUse& use, bool http2, std::string_view address,
                                         std::int64_t now_ms) {
  error_.clear();
  ERR_clear_error();
  auto peer = std::make_unique<TlsPeer>(context_of(*use.plan), use, http2);
  if (!peer->context_->context) error_ = peer->context_->error;
  else if (!prepare(*peer, use, address, now_ms) && error_.empty()) error_ = table::tls_reason_or("no memory");
  if (!error_.empty()) return nullptr;
  return peer;
}

bool TlsClient::prepare(TlsPeer& peer, const TlsUse& use, std::string_view address, std::int64_t now_ms) {
  SSL* const ssl = peer.ssl_ = SSL_new(peer.context_->context);
  if (!ssl) return false;
  SSL_set_connect_state(ssl);
  auto* const name = new std::string(use.name);
  if (SSL_set_ex_data(ssl, name_index(), name) != 1) return delete name, false;
  table::expect_name(ssl, *name);
  if (use.plan->sends_name && may_be_sent(*name) && SSL_set_tlsext_host_name(ssl, name->c_str()) != 1) {
    error_ = fmt::format("the name \"{}\" cannot be sent: {}", *name, table::tls_reason_or("too long"));
    return false;
  }
  static constexpr unsigned char h2[] = {2, 'h', '2'};
  if (peer.http2_ && SSL_set_alpn_protos(ssl, h2, sizeof h2) != 0) return false;
  if (!use.certificate.empty() && !certificates_.use(ssl, use, now_ms, error_)) return false;
  if (!peer.context_->reuses_sessions) return true;
  // All that the peer may have looked at, and all that was found right about it.
  auto* const key = new std::string(fmt::format("{}\n{}\n{}\n{}\n{}", address, peer.http2_, use.name, use.certificate,
                                                use.key));
  if (SSL_set_ex_data(ssl, session_key_index(), key) != 1) return delete key, false;
  if (SSL_SESSION* const session = peer.context_->session(*key)) SSL_set_session(ssl, session);
  return true;
}

void TlsClient::keep_only(const table::Table& table) {
  std::unordered_set<std::string_view> used;
  for (const auto& plan : table.tls_clients) used.insert(plan->identity);
  for (auto it = contexts_.begin(); it != contexts_.end();) {
    if (used.contains(it->first)) {
      ++it;
      continue;
    }
    it->second->retired = true;
    it = contexts_.erase(it);
  }
  certificates_.keep_only(table);
}

}  // namespace gh::upstream
