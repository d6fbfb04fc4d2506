// Certificates whose names hold variables (`ssl_certificate $ssl_server_name.pem`): asked for within a handshake, when
// the server was chosen. The files are read then, as nginx does; ssl_certificate_cache keeps what was read. Each
// SSL_CTX has a cache of its own, so it is one worker's. Worker thread.
#pragma once

struct ssl_ctx_st;
struct ssl_st;

namespace gh::proxy {

/// The context asks for them.
void ask_for_certificates(ssl_ctx_st* context);

}  // namespace gh::proxy
