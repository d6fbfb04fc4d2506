// The client's address in fields that proxies add: "X-Forwarded-For: client, proxy1, proxy2". Only what a trusted proxy
// wrote is believed: the list is read from its end, and reading stops at the first address nobody vouches for.
// Bytes in, verdict out; any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "http/message.h"

namespace gh::http {

/// Those who may name another client.
struct TrustedProxies {
  std::vector<Cidr> networks;
  bool unix_sockets = false;
  [[nodiscard]] bool holds(const Address& address) const;
};

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". False: none of them (names, zones, junk).
bool parse_forwarded(std::string_view text, Address& address);

/// `address` is the connection's at first. `values` are those of all the fields, in their order. With `recursive` the
/// last address that is not trusted itself, else the last one. False: nothing is to be believed, `address` stays.
bool find_client_address(std::span<const std::string_view> values, const TrustedProxies& trusted, bool recursive,
                         Address& address);
/// The same with the X-Forwarded-For of these fields.
bool find_client_address(std::span<const Field> fields, const TrustedProxies& trusted, bool recursive,
                         Address& address);

}  // namespace gh::http
