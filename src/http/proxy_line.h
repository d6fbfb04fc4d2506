// The header of the PROXY protocol (versions 1 and 2): what a balancer says of the connection it passes on, before the
// client's own bytes. Bytes in, verdict out; strict, as whoever may send one may name any address. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"

namespace gh::http {

inline constexpr std::size_t most_proxy_line_v1 = 107;  // with its CRLF
inline constexpr std::size_t most_proxy_line = 4096;    // of version 2, with all that it brings along

/// What a header says. Without addresses (LOCAL, UNKNOWN, UDP, unix sockets) those of the connection itself count.
struct ProxyLine {
  Address source;       // the client's; unset: nothing said
  Address destination;  // that the client connected to; of the same family
  std::string tlvs;     // version 2: type, length, value, one behind the other; each is whole
  std::uint8_t version = 0;
};

struct ProxyLineVerdict {
  enum class State : std::uint8_t { incomplete, complete, broken };
  State state = State::incomplete;
  std::size_t consumed = 0;             // complete: bytes of the header
  const char* reason = "";              // broken
};

/// `bytes` is all that came so far. `line` is filled when the header is complete. What cannot become one is broken at
/// once, so that nobody is waited for in vain.
ProxyLineVerdict read_proxy_line(std::string_view bytes, ProxyLine& line);

/// The part of a broken header that a log shows: up to the first line end.
std::string_view first_line(std::string_view bytes);

/// The value of the first TLV of this type.
std::optional<std::string_view> find_tlv(std::string_view tlvs, unsigned type);

/// Which TLV the rest of $proxy_protocol_tlv_NAME means: a name ("alpn", "ssl_cn") or a number ("0xae", "ssl_0x21").
struct TlvName {
  enum class Kind : std::uint8_t { unknown, plain, in_ssl, ssl_verify };
  Kind kind = Kind::unknown;
  unsigned type = 0;
};
TlvName parse_tlv_name(std::string_view name);
/// Its value; `scratch` holds the digits of ssl_verify.
std::optional<std::string_view> find_tlv(std::string_view tlvs, const TlvName& name, std::string& scratch);

/// The header of a connection from `client` that came to `server`. IPv4 beside IPv6 is written as IPv6; what has no
/// address of these is said to be unknown. `version` is 1 or 2.
std::string write_proxy_line(unsigned version, const Address& client, const Address& server);

}  // namespace gh::http
