// Resumption of sessions: OpenSSL's callbacks between the sessions and keys that outlive a reload (state/tls_*.h) and
// the handshakes of a worker. OpenSSL asks the context that a connection began with; what holds is the plan of the one
// that was chosen by name. Any thread.
#pragma once

#include <openssl/ssl.h>

namespace gh::table {

struct TlsPlan;

/// False: no memory.
bool set_resumption(SSL_CTX* context, const TlsPlan& plan);
/// When the server was chosen, and the client's session was looked for.
void settle_session(SSL* ssl, const TlsPlan& plan);

}  // namespace gh::table
