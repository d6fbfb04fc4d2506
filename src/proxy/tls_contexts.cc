#include "proxy/tls_contexts.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include "base/log.h"
#include "base/text.h"
#include "http/authority.h"
#include "net/tls.h"
#include "proxy/tls_certificates.h"
#include "proxy/worker.h"
#include "table/tls_context.h"
#include "table/tls_resumption.h"

namespace gh::proxy {

namespace {

/// A server name as clients send it (RFC 6066 3), lower-cased; empty when it is none.
std::string normal_name(std::string_view sent) {
  std::string_view name;
  int port = -1;
  if (!http::split_authority(sent, name, port) || port != -1) return {};
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

const table::Server* server_called(const table::ListenAddress& listen, std::string_view sent) {
  const std::string name = normal_name(sent);
  if (name.empty()) return nullptr;
  const table::ServerNames::Hit hit = listen.names.find(name);
  return hit.server == table::ServerNames::npos ? nullptr : listen.servers[hit.server].get();
}

/// The host name in a ClientHello's server_name extension: a list of one (RFC 6066 3). Empty: none.
std::string_view asked_name(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1 || size < 5) return {};
  const auto number = [bytes](std::size_t at) { return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]); };
  const std::size_t list = number(0), name = number(3);
  if (list + 2 != size || bytes[2] != TLSEXT_NAMETYPE_host_name || name + 5 > size) return {};
  return {reinterpret_cast<const char*>(bytes) + 5, name};
}

/// Before OpenSSL looks at versions and ciphers, so that all of the named server's settings count.
int choose_server(SSL* ssl, int* alert, void*) {
  TlsHandshake& handshake = *handshake_of(ssl);
  if (const auto* const named = server_called(*handshake.listen, asked_name(ssl))) handshake.server = named;
  const std::shared_ptr<const table::TlsPlan>& plan = handshake.server->tls;
  if (!plan) return SSL_CLIENT_HELLO_SUCCESS;
  if (plan->rejects) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  SSL_CTX* const context = handshake.snapshot->tls.of(plan);
  SSL_set_max_early_data(ssl, plan->early_data_bytes);
  if (context == SSL_get_SSL_CTX(ssl)) return SSL_CLIENT_HELLO_SUCCESS;
  if (context) {
    table::adopt_settings(ssl, context);
    if (SSL_set_SSL_CTX(ssl, context)) return SSL_CLIENT_HELLO_SUCCESS;
  }
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

/// The name is accepted, which keeps it with the session. A client that was verified by one server must not bring
/// that session to another one that verifies, too.
int accept_name(SSL* ssl, int* alert, void*) {
  table::settle_session(ssl, table::plan_of(SSL_get_SSL_CTX(ssl)));
  if (handshake_of(ssl)->server->verify_client == table::VerifyClient::off) return SSL_TLSEXT_ERR_OK;
  const SSL_SESSION* const session = SSL_get0_session(ssl);
  const char* const before = session ? SSL_SESSION_get0_hostname(session) : nullptr;
  const char* const now = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!before || std::string_view(before) == (now ? now : "")) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_ACCESS_DENIED;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr std::string_view all = "\x02h2\x08http/1.1\x08http/1.0\x08http/0.9";
  const TlsHandshake& handshake = *handshake_of(ssl);
  const bool has_http2 = handshake.listen->http2 || handshake.server->settings.http2;
  const std::string_view ours = all.substr(has_http2 ? 0 : 3);
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

void set_callbacks(SSL_CTX* context) {
  SSL_CTX_set_client_hello_cb(context, choose_server, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, accept_name);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

TlsContexts::~TlsContexts() {
  for (const auto& [plan, context] : made_) SSL_CTX_free(context);
}

SSL_CTX* TlsContexts::of(const std::shared_ptr<const table::TlsPlan>& plan) {
  // Its files may have changed since (ssl_certificate_watch).
  const std::shared_ptr<const table::TlsPlan> renewed = plan->renewal.get();
  const std::shared_ptr<const table::TlsPlan>& newest = renewed ? renewed : plan;
  SSL_CTX*& made = made_[plan.get()];
  if (made && &table::plan_of(made) == newest.get()) return made;
  table::TlsContextPtr context = table::new_server_context(newest);
  if (!context || !table::configure_server(context.get(), *newest).empty()) {
    process_log()->write(LogLevel::alert, 0, fmt::format("no context for TLS: {}", net::take_tls_errors()));
    return made;
  }
  set_callbacks(context.get());
  if (!newest->named_identities.empty()) ask_for_certificates(context.get());
  SSL_CTX_free(made);  // connections and handshakes under way hold it themselves
  return made = context.release();
}

SSL* TlsHandshake::accept() {
  const std::shared_ptr<const table::TlsPlan>& plan = server->tls;
  SSL_CTX* const context = plan ? snapshot->tls.of(plan) : nullptr;
  SSL* const ssl = context ? SSL_new(context) : nullptr;
  if (!ssl) return nullptr;
  SSL_set_default_passwd_cb_userdata(ssl, this);
  SSL_set_max_early_data(ssl, listen->early_data_bytes);  // whether it is looked for; the named server's counts
  SSL_set_accept_state(ssl);
  return ssl;
}

void TlsHandshake::end(SSL* ssl) const {
  if (ssl) SSL_set_default_passwd_cb_userdata(ssl, nullptr);
}

TlsHandshake* handshake_of(SSL* ssl) { return static_cast<TlsHandshake*>(SSL_get_default_passwd_cb_userdata(ssl)); }

const table::Server* named_server(const table::ListenAddress& listen, const SSL* ssl) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name ? server_called(listen, name) : nullptr;
}

}  // namespace gh::proxy
