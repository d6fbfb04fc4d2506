// What the tests of TLS share: a certificate made on the spot, contexts of both sides, ends that speak TLS.
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "unit/net/net_bench.h"

namespace gh::net::test {

struct FreeSsl {
  void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Context = std::unique_ptr<SSL_CTX, FreeSsl>;

inline Context client_context(int version = TLS1_3_VERSION) {
  Context ctx(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(ctx.get(), version);
  return ctx;
}

/// With a P-256 key and a certificate that it signed itself.
inline Context server_context(int version = TLS1_3_VERSION) {
  Context ctx(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_max_proto_version(ctx.get(), version);
  const std::unique_ptr<EVP_PKEY, FreeSsl> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, FreeSsl> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  REQUIRE(SSL_CTX_use_certificate(ctx.get(), certificate.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(ctx.get(), key.get()) == 1);
  return ctx;
}

inline SSL* accepting(const Context& ctx) {
  SSL* ssl = SSL_new(ctx.get());
  SSL_set_accept_state(ssl);
  return ssl;
}

inline SSL* connecting(const Context& ctx) {
  SSL* ssl = SSL_new(ctx.get());
  SSL_set_connect_state(ssl);
  return ssl;
}

/// A TCP connection whose two ends then speak TLS.
struct TlsPair : Pair {
  Context server_ctx, client_ctx;
  explicit TlsPair(int version = TLS1_3_VERSION)
      : server_ctx(server_context(version)), client_ctx(client_context(version)) {}
  void start() {
    REQUIRE(peer->stream.start_tls(accepting(server_ctx)) == 0);
    REQUIRE(client.stream.start_tls(connecting(client_ctx)) == 0);
  }
  void secure() {
    start();
    REQUIRE(run_until(loop, [&] { return client.secured != 1 && peer->secured != 1; }));
    REQUIRE(client.secured == 0);
    REQUIRE(peer->secured == 0);
  }
};

}  // namespace gh::net::test
