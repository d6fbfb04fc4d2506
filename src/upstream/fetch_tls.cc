#include "upstream/fetch_tls.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <uv.h>

#include "net/tls.h"

namespace gh::upstream {

namespace {

bool is_address(const std::string& host) {
  in6_addr any;
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

Unexpected<Error> cannot_load(std::string_view what, const std::string& file) {
  const std::string reason = net::take_tls_errors();
  return fail(fmt::format("cannot load {} \"{}\": {}", what, file,
                          reason.empty() ? "OpenSSL does not take it" : reason));
}

Result<void> trust(SSL_CTX* context, const std::string& trusted_file, const std::string& revocations_file) {
  if (trusted_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return fail("the system's certificates cannot be used");
  } else if (SSL_CTX_load_verify_file(context, trusted_file.c_str()) != 1) {
    return cannot_load("trusted certificates", trusted_file);
  }
  if (revocations_file.empty()) return {};
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (!lookup || X509_load_crl_file(lookup, revocations_file.c_str(), X509_FILETYPE_PEM) <= 0) {
    return cannot_load("revocations", revocations_file);
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

}  // namespace

Result<std::shared_ptr<const FetchTls>> FetchTls::make(const std::string& trusted_file,
                                                       const std::string& revocations_file) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (!context) return fail("no memory for TLS");
  std::shared_ptr<const FetchTls> made(new FetchTls(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (auto trusted = trust(context, trusted_file, revocations_file); !trusted) return fail(trusted.error().text);
  ERR_clear_error();
  return made;
}

FetchTls::~FetchTls() { SSL_CTX_free(context_); }

SSL* FetchTls::open(const std::string& host) const {
  SSL* const ssl = SSL_new(context_);
  if (!ssl) return nullptr;
  SSL_set_connect_state(ssl);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // RFC 6066 3: an address is not sent as a name.
  const bool is_set = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                                       : SSL_set1_host(ssl, host.c_str()) == 1 &&
                                             SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (is_set) return ssl;
  SSL_free(ssl);
  return nullptr;
}

std::string FetchTls::failure(int error, const SSL* ssl, std::string_view tls_error) {
  const long verdict = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
  if (verdict != X509_V_OK) {
    return fmt::format("the server's certificate cannot be trusted: {}", X509_verify_cert_error_string(verdict));
  }
  if (error == UV_EPROTO && !tls_error.empty()) return fmt::format("the TLS handshake failed: {}", tls_error);
  return fmt::format("the TLS handshake failed: {}", uv_strerror(error));
}

}  // namespace gh::upstream
