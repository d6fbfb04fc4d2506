// The one place where a TlsPlan becomes an SSL_CTX: by workers for their handshakes, and by the loader to try whether
// OpenSSL takes it. Any thread.
#pragma once

#include <string>
#include <vector>

#include "table/tls_plan.h"

namespace gh::table {

/// Which of a plan's settings OpenSSL does not take, and why.
struct TlsFault {
  enum class Part : std::uint8_t { memory, certificate, ciphers, curves, command };
  Part part;
  std::size_t index;  // of the certificate or command
  std::string reason;
};

/// Empty: it has taken all of them.
std::vector<TlsFault> configure_server(SSL_CTX* context, const TlsPlan& plan);

/// An empty context that configure_server() may fill. The plan lives as long as it.
TlsContextPtr new_server_context(std::shared_ptr<const TlsPlan> plan);
/// The plan of a context that new_server_context() made.
const TlsPlan& plan_of(const SSL_CTX* context);

/// What an SSL takes on when a server is chosen by name, beyond what SSL_set_SSL_CTX() changes, which comes next.
void adopt_settings(SSL* ssl, const SSL_CTX* chosen);

}  // namespace gh::table
