// The one place where a TlsClientPlan becomes an SSL_CTX: by workers for their connections, and by the loader to try
// whether OpenSSL takes it. Any thread.
#pragma once

#include <optional>
#include <string>

#include "table/tls_client_plan.h"

namespace gh::table {

/// Which of a plan's settings OpenSSL does not take, and why.
struct TlsClientFault {
  enum class Part : std::uint8_t { memory, certificate, ciphers, command };
  Part part;
  std::size_t index;  // of the command
  std::string reason;
};

/// Makes a fresh context what the plan says, but for what belongs to a worker (sessions, logging of keys).
std::optional<TlsClientFault> configure_client(SSL_CTX* context, const TlsClientPlan& plan);

/// A session's peer must have a certificate for `name`, if its plan verifies. `name` lives as long as `ssl`.
void expect_name(SSL* ssl, const std::string& name);
/// Is `certificate` for it, a host or an address?
bool is_certificate_for(X509* certificate, const std::string& name);

}  // namespace gh::table
