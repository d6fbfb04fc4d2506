#include "base/text.h"
#include "http/authority.h"
#include "http/field_section.h"
#include "http/h1.h"
#include "http/llhttp_judge.h"
#include "http/request_fields.h"
#include "http/request_line.h"

namespace gh::http {

namespace {

bool read_fields(std::string_view section, const HeadLimits& limits, LineEnd line_end, Arena& arena, RequestHead& out,
                 RequestFields& seen, HeadError& error) {
  FieldReader reader(section, limits, line_end);
  FieldList list(arena);
  Field field;
  for (;;) {
    const FieldStep step = reader.next(field);
    if (step == FieldStep::bad || step == FieldStep::end) {
      out.fields = list.span();
      if (step == FieldStep::bad) error = reader.fault();
      break;
    }
    if (step == FieldStep::unusual && is_dropped(field, limits)) continue;
    list.push(field);
    if (const char* reason = seen.note(field)) {
      out.fields = list.span();
      return refuse(error, 400, reason);
    }
  }
  if (error.status != 0) return false;
  if (reader.position() != section.data() + section.size()) return refuse(error, 400, "bytes behind the blank line");
  return true;
}

/// RFC 9112 3.2: four forms. The authority of an absolute target beats the Host field.
bool judge_target(RequestHead& out, HeadError& error) {
  std::string_view name;
  int port = -1;
  if (out.method == Method::connect) {
    if (!split_authority(out.target, name, port) || port < 0) return refuse(error, 400, "invalid CONNECT target");
    out.host = out.target;
    return true;
  }
  if (out.target[0] == '/') return true;
  if (out.target == "*" && out.method == Method::options) return true;
  std::string_view authority;
  std::string_view rest;
  if (!split_absolute(out.target, authority, rest)) return refuse(error, 400, "invalid request target");
  if (!split_authority(authority, name, port)) return refuse(error, 400, "invalid authority in the request target");
  out.host = authority;
  return true;
}

bool judge_host(const RequestFields& seen, RequestHead& out, HeadError& error) {
  if (!seen.has_host && out.version_minor > 0) return refuse(error, 400, "no Host field");  // RFC 9112 3.2
  std::string_view name;
  int port = -1;
  // An empty Host is what a client sends whose URI has no authority (RFC 9110 7.2).
  if (!seen.host.empty() && !split_authority(seen.host, name, port)) return refuse(error, 400, "invalid Host");
  out.host = seen.host;
  return true;
}

/// RFC 9112 6.1 and 6.3.
bool judge_framing(const FramingFields& seen, RequestHead& out, HeadError& error) {
  if (seen.has_encoding) {
    if (seen.has_length) return refuse(error, 400, "both Transfer-Encoding and Content-Length");
    if (out.version_minor == 0) return refuse(error, 400, "Transfer-Encoding in HTTP/1.0");
    if (!seen.chunked) return refuse(error, 501, "Transfer-Encoding is not exactly chunked");
    out.framing = BodyFraming::chunked;
  } else if (seen.has_length) {
    out.framing = BodyFraming::length;
    out.content_length = seen.length;
  }
  return true;
}

bool ask_llhttp(std::string_view head, bool later_minor, const FramingFields& framing, const RequestHead& out,
                HeadError& error) {
  Reading ours;
  ours.method = out.method_text;
  ours.usual_method = out.method != Method::other;
  ours.has_length = framing.has_length;
  ours.length = framing.length;
  ours.chunked = framing.chunked;
  ours.later_minor_version = later_minor;
  const char* reason = nullptr;
  return llhttp_agrees_request(head, ours, reason) || refuse(error, 400, reason);
}

}  // namespace

bool parse_request_head(std::string_view head, const HeadLimits& limits, Arena& arena, RequestHead& out,
                        HeadError& error) {
  out = RequestHead{};
  error = {0, ""};
  const std::size_t given = head.size();
  if (head.starts_with("\r\n")) head.remove_prefix(2);  // RFC 9112 2.2
  if (head.empty() || head.back() != '\n') return refuse(error, 400, "incomplete head");
  const std::size_t line_size = head.find('\n') + 1;
  bool later_minor = false;
  if (!parse_request_line(head.substr(0, line_size), limits, out, later_minor, error)) return false;
  if (given > limits.total_bytes) {
    error = {400, "request head too large", true};
    return false;
  }
  RequestFields seen;
  if (line_size == head.size()) return refuse(error, 400, "incomplete head");
  // RFC 9112 2.2 lets a recipient take a single LF for a line's end. A server on the way would have written CRLF:
  // behind a first line that ends with it, a bare LF may be what that server passed as part of a value.
  const LineEnd line_end = line_size > 1 && head[line_size - 2] == '\r' ? LineEnd::crlf : LineEnd::lf;
  if (!read_fields(head.substr(line_size), limits, line_end, arena, out, seen, error)) return false;
  if (!judge_host(seen, out, error) || !judge_target(out, error)) return false;
  if (!judge_framing(seen.framing, out, error)) return false;
  const bool http_1_1 = out.version_minor > 0;
  out.keep_alive = !seen.framing.close && (http_1_1 || seen.framing.keep_alive);  // RFC 9112 9.3
  out.expect_continue = seen.expect_continue && http_1_1;                         // RFC 9110 10.1.1
  out.has_upgrade = seen.has_upgrade && seen.framing.upgrade_named && http_1_1;   // RFC 9110 7.8
  out.has_connection_names = seen.framing.other_names;
  return ask_llhttp(line_end == LineEnd::crlf ? head : with_crlf(head, arena), later_minor, seen.framing, out, error);
}

}  // namespace gh::http
