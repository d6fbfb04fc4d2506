// Arrival's second stage: the TLS handshake, on sockets with `listen ... ssl`. The server that the client names is
// chosen within it (tls_contexts.cc).
#include <fmt/format.h>

#include "proxy/arrival.h"
#include "proxy/tls_certificates.h"
#include "table/tls_plan.h"

namespace gh::proxy {

namespace {

/// A record of TLS begins with 22 (handshake), an SSLv2 ClientHello with the upper bit set; no request line does.
bool looks_like_tls(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte == 22 || byte >= 128;
}

}  // namespace

/// Plain HTTP is answered in plain HTTP, with a hint (Exchange::refused_by_tls).
void Arrival::start_tls(std::string_view bytes) {
  if (!looks_like_tls(bytes.front())) return speak_http1(bytes);
  const table::ListenAddress& listen = listen_address();
  handshake_ = std::make_unique<TlsHandshake>(TlsHandshake{point_.snapshot, &listen, listen.fallback.get(),
                                                           transport_.stream.peer_address()});
  worker_.pin(handshake_->snapshot);
  SSL* const ssl = handshake_->accept();
  if (!ssl) {
    log(LogLevel::alert, "no memory for a TLS session");
    return close();
  }
  handshake_->arrival = this;
  const std::size_t record_bytes = handshake_->server->tls->record_bytes;
  if (transport_.stream.start_tls(ssl, bytes, record_bytes) != 0) close();
}

Arrival::Side Arrival::side() {
  return {worker_,           client_address(),        own_address(), transport_.serial, transport_.connected_ms,
          transport_.proxy_line.get()};
}

void Arrival::end_tls() {
  if (!handshake_) return;
  const std::unique_ptr<TlsHandshake> over = std::move(handshake_);
  over->end(transport_.stream.tls());
  worker_.unpin(over->snapshot);
}

void Arrival::on_secured(int error) {
  if (error == 0) {
    if (const auto& plan = handshake_->server->tls) transport_.stream.set_tls_record_bytes(plan->record_bytes);
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(transport_.stream.tls(), &protocol, &size);
    const bool is_http2 = std::string_view(reinterpret_cast<const char*>(protocol), size) == "h2";
    return is_http2 ? speak_http2({}) : speak_http1({});
  }
  log_failed_handshake(error);
  close();
}

void Arrival::log_failed_handshake(int error) {
  if (!transport_.addresses) transport_.addresses = std::make_unique<Transport::Addresses>();
  transport_.addresses->peer = handshake_->peer;
  if (error == UV_EPROTO) {
    log(LogLevel::info, fmt::format("SSL_do_handshake() failed (SSL: {}) while SSL handshaking",
                                    transport_.stream.tls_error()));
  } else if (error == UV_EOF) {
    log(LogLevel::info, "peer closed connection in SSL handshake while SSL handshaking");
  } else {
    log(LogLevel::info, fmt::format("SSL_do_handshake() failed ({}: {}) while SSL handshaking", -error,
                                    uv_strerror(error)));
  }
}

}  // namespace gh::proxy
