// Changes of protocol: what a request asks for, what a 101 answers. Pure. RFC 9110 7.8, RFC 6455 4.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace gh::http {

/// RFC 6455 4.2.1: a client's opening handshake, whole and valid.
bool is_websocket_request(const RequestHead& request);

/// An extended CONNECT for a WebSocket becomes the handshake that it stands for (RFC 8441 5). `key` lives as long as
/// the request.
void make_handshake(RequestHead& request, std::string_view key, Arena& arena);

/// RFC 6455 4.2.2: what a 101 has to say to this key in Sec-WebSocket-Accept.
std::string websocket_accept(std::string_view key);
bool accepts_key(const RequestHead& request, std::span<const Field> answer);

/// May a connection become what `answer`, the fields of a 101, says? Each protocol that its Upgrade names must be one
/// that the client asked for and one of `sent`, the Upgrade that went upstream. Versions of HTTP never are: requests
/// inside of such a tunnel would pass by all rules of the gateway.
bool is_asked_upgrade(const RequestHead& request, std::string_view sent, std::span<const Field> answer);

}  // namespace gh::http
