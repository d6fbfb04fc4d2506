// The names in a client's certificate: its subject alternative names (RFC 5280 4.2.1.6), of those kinds that name a
// service. Only of a certificate that was verified.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gh::proxy {

class Exchange;

struct ClientName {
  enum class Kind : std::uint8_t { uri, dns } kind = Kind::uri;
  std::string_view text;  // in the exchange's arena; printable ASCII; of a host name in lower case
};

/// In the order of the certificate, at most 64; none without a certificate, or with one that was not verified.
std::span<const ClientName> client_names(Exchange& exchange);

}  // namespace gh::proxy
