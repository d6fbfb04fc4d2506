// The second opinion: llhttp reads the same head and must come to the same message, or the head is refused. Two readers
// that do not share a line of code make it unlikely that both misread a hostile head in the same way.
// Called by request_head.cc and response_head.cc, after our own check. Pure.
#pragma once

#include "base/arena.h"
#include "http/message.h"

namespace gh::http {

/// What we read; llhttp must agree on each point.
struct Reading {
  std::string_view method;   // requests: as it stands at the head's beginning
  bool usual_method = true;  // false: llhttp need not know it
  std::uint16_t status = 0;  // responses
  bool has_length = false;
  std::uint64_t length = 0;
  bool chunked = false;
  bool later_minor_version = false;  // HTTP/1.2 to 1.9, read as 1.1 (RFC 9110 2.5): llhttp must be told to take it
};

/// llhttp wants CRLF: the rare head of LF lines is written out for it.
std::string_view with_crlf(std::string_view head, Arena& arena);

/// `head` without leading empty lines, CRLF line ends, up to and with the blank line. False: llhttp refuses it, ends it
/// elsewhere, or reads another message. `reason` (never null then) is static text.
bool llhttp_agrees_request(std::string_view head, const Reading& ours, const char*& reason);
bool llhttp_agrees_response(std::string_view head, const Reading& ours, const char*& reason);

}  // namespace gh::http
