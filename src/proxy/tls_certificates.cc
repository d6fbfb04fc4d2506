#include "proxy/tls_certificates.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/text.h"
#include "proxy/arrival.h"
#include "proxy/exchange.h"
#include "table/tls_client_plan.h"
#include "table/tls_context.h"
#include "upstream/client_certificates.h"
#include "upstream/tls_client.h"

namespace gh::proxy {

namespace {

/// Who asks, for variables: there is no request yet, and nobody to answer to.
class HandshakeClient final : public Client {
 public:
  HandshakeClient(const Arrival::Side& side, SSL* ssl) : side_(side), ssl_(ssl) {}
  void send_head(Exchange&, std::span<const iovec>, bool) override {}
  void send_interim(Exchange&, unsigned) override {}
  void send_body(Exchange&, std::span<const iovec>, bool) override {}
  [[nodiscard]] net::Stream* body_stream(Exchange&) override { return nullptr; }
  void moved(Exchange&, std::size_t, bool) override {}
  void abort_body(Exchange&) override {}
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  void want_body(Exchange&, bool) override {}
  void drop(Exchange&) override {}
  [[nodiscard]] const Address& peer_address() override { return side_.peer; }
  [[nodiscard]] const Address& local_address() override { return side_.local; }
  [[nodiscard]] std::uint64_t serial() const override { return side_.serial; }
  [[nodiscard]] std::uint64_t requests() const override { return 0; }
  [[nodiscard]] std::uint64_t bytes_sent() const override { return 0; }
  [[nodiscard]] bool is_tls() const override { return true; }
  [[nodiscard]] SSL* tls() const override { return ssl_; }
  [[nodiscard]] const http::ProxyLine* proxy_line() const override { return side_.proxy_line; }
  [[nodiscard]] std::int64_t connected_ms() const override { return side_.connected_ms; }
  [[nodiscard]] int socket_fd() const override { return -1; }

 private:
  const Arrival::Side& side_;
  SSL* ssl_;
};

/// An exchange that is only there so that templates can be rendered.
class Renderer {
 public:
  Renderer(const TlsHandshake& handshake, const Arrival::Side& side, SSL* ssl)
      : client_(side, ssl), exchange_(*side.worker.new_exchange()) {
    exchange_.client = &client_;
    exchange_.snapshot = handshake.snapshot;
    side.worker.pin(handshake.snapshot);
    exchange_.listen = handshake.listen;
    exchange_.server = handshake.server;
    exchange_.route = &handshake.server->base;
    exchange_.started_us = side.worker.loop.clock().now_us();
    exchange_.started_unix_ms = side.worker.loop.clock().unix_ms();
  }
  ~Renderer() { exchange_.worker.free_exchange(&exchange_); }
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  std::string_view name(const table::Template& text, const std::string& main_dir) {
    const std::string_view name = text.render(exchange_, exchange_.arena);
    if (name.empty() || name.starts_with('/') || name.starts_with("data:")) return name;
    return exchange_.arena.copy(main_dir + std::string(name));
  }

 private:
  HandshakeClient client_;
  Exchange& exchange_;
};

/// The name that a client sends becomes part of a file's: it must not lead to another folder.
bool is_safe(std::string_view name) {
  const auto may_be = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':'; };
  return !name.starts_with('.') && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), may_be);
}

void free_cache(void*, void* cache, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<upstream::ClientCertificates*>(cache);
}

int cache_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_cache);
  return index;
}

upstream::ClientCertificates* cache_of(SSL_CTX* context) {
  if (void* const cache = SSL_CTX_get_ex_data(context, cache_index())) {
    return static_cast<upstream::ClientCertificates*>(cache);
  }
  auto made = std::make_unique<upstream::ClientCertificates>();
  return SSL_CTX_set_ex_data(context, cache_index(), made.get()) == 1 ? made.release() : nullptr;
}

constexpr int given = 1, refused = 0;  // what OpenSSL's callback answers

int give_certificates(SSL* ssl, void*) {
  SSL_CTX* const context = SSL_get_SSL_CTX(ssl);
  const table::TlsPlan& plan = table::plan_of(context);
  TlsHandshake* const handshake = handshake_of(ssl);
  Arrival* const arrival = handshake ? handshake->arrival : nullptr;
  upstream::ClientCertificates* const cache = cache_of(context);
  if (!arrival || !cache) return refused;
  const char* const sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (sent && !is_safe(sent)) {
    arrival->tell(LogLevel::info, "the server name that the client sent cannot be part of a file's name");
    return refused;
  }
  const Arrival::Side side = arrival->side();
  Renderer renderer(*handshake, side, ssl);
  for (const auto& [certificate, key] : plan.named_identities) {
    const upstream::TlsUse use{plan.reader.get(), {}, renderer.name(certificate, plan.reader->main_dir),
                               renderer.name(key, plan.reader->main_dir)};
    std::string why = use.certificate.empty() ? "the certificate's name is empty" : "";
    if (why.empty() && cache->use(ssl, use, side.worker.loop.clock().now_ms(), why)) continue;
    arrival->tell(LogLevel::error, why);
    return refused;
  }
  return given;
}

}  // namespace

void ask_for_certificates(SSL_CTX* context) { SSL_CTX_set_cert_cb(context, give_certificates, nullptr); }

}  // namespace gh::proxy
