// What a request on a socket with TLS must bring: TLS, a server that its handshake was for, a client's certificate
// where the server wants one. Refused with nginx's statuses (421, 495, 496, 497; the last three go out as 400).
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/tls_contexts.h"

namespace gh::proxy {

namespace {

using table::VerifyClient;

/// Faults that only say that nobody we know vouches for the certificate.
bool is_only_unknown(long result) {
  return result == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || result == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
         result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || result == X509_V_ERR_CERT_UNTRUSTED ||
         result == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/// One that was not verified, or not in time, must not be resumed as one that was.
void forget_session(SSL* ssl) { SSL_CTX_remove_session(SSL_get_SSL_CTX(ssl), SSL_get_session(ssl)); }

/// A client with a session of one server may not use it for another one that verifies clients itself (RFC 7540 9.1.2).
bool is_misdirected(const Exchange& x, const SSL* ssl) {
  if (x.server->verify_client == VerifyClient::off || !named_server(*x.listen, ssl)) return false;
  std::string_view name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name.ends_with('.')) name.remove_suffix(1);
  return !iequals(name, x.host_name);
}

}  // namespace

/// True: it is answered.
bool Exchange::refused_by_tls() {
  SSL* const ssl = client->tls();
  if (!ssl) {
    log(LogLevel::info, "client sent plain HTTP request to HTTPS port");
    discard_body();
    error(497, {}, "plain HTTP on a socket for TLS");
    return true;
  }
  if (is_misdirected(*this, ssl)) {
    log(LogLevel::info, "client attempted to request the server name different from the one that was negotiated");
    error(421, {"ssl_verify_client", {}}, "the handshake was for another server");
    return true;
  }
  if (request.http2 && !server->settings.http2 && !listen->http2) {
    log(LogLevel::info, "client attempted to request over HTTP/2 a server that does not speak it");
    error(421, {"http2", {}}, "HTTP/2 is off for this server");
    return true;
  }
  const VerifyClient wanted = server->verify_client;
  if (wanted == VerifyClient::off) return false;
  const long result = SSL_get_verify_result(ssl);
  if (result != X509_V_OK && (wanted != VerifyClient::optional_no_ca || !is_only_unknown(result))) {
    log(LogLevel::info, fmt::format("client SSL certificate verify error: ({}:{})", result,
                                    X509_verify_cert_error_string(result)));
    forget_session(ssl);
    error(495, {"ssl_verify_client", {}}, "the certificate of the client was not verified");
    return true;
  }
  if (wanted == VerifyClient::on && !SSL_get0_peer_certificate(ssl)) {
    log(LogLevel::info, "client sent no required SSL certificate");
    forget_session(ssl);
    error(496, {"ssl_verify_client", {}}, "the client sent no certificate");
    return true;
  }
  return false;
}

}  // namespace gh::proxy
