// The wire form of an HTTP/1.1 reply head: status line, the fields the gateway itself sets, then the reply's own.
#pragma once

#include "proxy/output.h"

namespace gh::proxy {

class Client;
class Exchange;

struct HeadForm {
  bool keep_alive;
  bool chunked;
};

void write_reply_head(Output& out, Exchange& exchange, Client& client, HeadForm form);
/// Value of the Server field.
std::string_view server_field(const Exchange& exchange);
/// Value of Location: absolute as absolute_redirect, port_in_redirect and server_name_in_redirect say.
void write_location(Output& out, Exchange& exchange, Client& client);
/// "0", the trailer section, the empty line (RFC 9112 7.1).
void write_last_chunk(Output& out, Exchange& exchange);

}  // namespace gh::proxy
