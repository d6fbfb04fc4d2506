// Certificates whose names hold variables (`ssl_certificate $ssl_server_name.pem`): asked for within a handshake, when
// the server was chosen. The files are read then, as nginx does; ssl_certificate_cache keeps what was read. Each
// SSL_CTX has a cache of its own, so it is one worker's. Worker thread.
#pragma once

struct ssl_ctx_st;
struct ssl_st;

namespace gh::proxy {

class Arrival;

/// Whose handshake it is, while it goes on; null: nobody's. Kept where OpenSSL has user data for a callback that no
/// handshake calls, the one for passwords: application data would cost each connection 100 bytes for all its life.
void set_arrival(ssl_st* ssl, Arrival* arrival);
Arrival* arrival_of(ssl_st* ssl);
/// The context asks for them.
void ask_for_certificates(ssl_ctx_st* context);

}  // namespace gh::proxy
