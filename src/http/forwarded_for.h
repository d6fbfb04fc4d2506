// The client behind trusted proxies, as X-Forwarded-For tells it. Text of peers in, address out; pure.
#pragma once

#include <span>
#include <string_view>

#include "base/address.h"
#include "http/message.h"

namespace gh::http {

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80"; unset when it is none of them.
Address parse_address_and_port(std::string_view text);

/// When `address` is a trusted one, the last element of the last X-Forwarded-For takes its place; with `recursive`, as
/// long as that is a trusted one again, the element before it. What is no address ends the search.
Address forwarded_address(Address address, std::span<const Field> fields, std::span<const Cidr> trusted,
                          bool recursive);

}  // namespace gh::http
