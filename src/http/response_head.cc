#include <algorithm>

#include "base/text.h"
#include "http/char_class.h"
#include "http/field_section.h"
#include "http/h1.h"
#include "http/llhttp_judge.h"

namespace gh::http {

namespace {

constexpr std::uint16_t bad_gateway = 502;

/// "HTTP/1.1 200 OK", the reason and its space may be missing (RFC 9112 4; many servers leave the space out).
bool parse_status_line(std::string_view line, ResponseHead& out, HeadError& error) {
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
    return refuse(error, bad_gateway, "invalid status line");
  out.version_minor = static_cast<std::uint8_t>(line[7] - '0');
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]))
    return refuse(error, bad_gateway, "status is not of three digits");
  const int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status < 100 || status > 599) return refuse(error, bad_gateway, "status out of range");
  out.status = static_cast<std::uint16_t>(status);
  line.remove_prefix(12);
  if (line.empty()) return true;
  if (line[0] != ' ') return refuse(error, bad_gateway, "status is not of three digits");
  out.reason = line.substr(1);
  if (!all_of_class(out.reason, cls_value)) return refuse(error, bad_gateway, "invalid byte in the reason phrase");
  return true;
}

bool read_fields(std::string_view section, const HeadLimits& limits, LineEnd line_end, Arena& arena, ResponseHead& out,
                 FramingFields& framing, HeadError& error) {
  FieldReader reader(section, limits, line_end);
  FieldList list(arena);
  Field field;
  const char* reason = nullptr;
  FieldStep step = FieldStep::field;
  while (reason == nullptr) {
    step = reader.next(field);
    if (step == FieldStep::bad || step == FieldStep::end) break;
    list.push(field);
    reason = framing.note(field);
  }
  out.fields = list.span();
  if (reason == nullptr && step == FieldStep::bad) reason = reader.fault().reason;
  if (reason == nullptr && reader.position() != section.data() + section.size()) reason = "bytes behind the blank line";
  return reason == nullptr || refuse(error, bad_gateway, reason);
}

/// RFC 9112 6.3, for messages that may have a body.
void judge_body(const FramingFields& seen, ResponseHead& out) {
  if (seen.has_encoding) {
    out.framing = BodyFraming::chunked;
  } else if (seen.has_length) {
    out.framing = BodyFraming::length;
  } else {
    out.framing = BodyFraming::until_close;
    out.keep_alive = false;
  }
}

/// RFC 9110 8.6: no Content-Length in 1xx and 204.
void drop_length(ResponseHead& out) {
  const auto is_length = [](const Field& field) { return field.id == HeaderId::content_length; };
  const auto kept = std::remove_if(out.fields.begin(), out.fields.end(), is_length);
  out.fields = out.fields.first(static_cast<std::size_t>(kept - out.fields.begin()));
  out.has_content_length = false;
  out.content_length = 0;
}

bool judge_framing(const FramingFields& seen, bool to_head, ResponseHead& out, HeadError& error) {
  if (seen.has_encoding && seen.has_length)
    return refuse(error, bad_gateway, "both Transfer-Encoding and Content-Length");
  if (seen.has_encoding && out.version_minor == 0) return refuse(error, bad_gateway, "Transfer-Encoding in HTTP/1.0");
  if (seen.has_encoding && !seen.chunked) return refuse(error, bad_gateway, "Transfer-Encoding is not exactly chunked");
  out.has_content_length = seen.has_length;
  out.content_length = seen.length;
  const bool interim = out.status < 200;
  if (interim && (seen.has_encoding || seen.length > 0))
    return refuse(error, bad_gateway, "interim response announces a body");
  if (!interim && out.status != 204 && out.status != 304 && !to_head) {
    judge_body(seen, out);
    return true;
  }
  out.framing = BodyFraming::none;
  if (interim || out.status == 204) {
    // A server that announces a body for 204 (RFC 9112 6.1 forbids it) may well send one: never reuse the connection.
    if (seen.has_encoding || seen.length > 0) out.keep_alive = false;
    drop_length(out);
  }
  return true;
}

bool ask_llhttp(std::string_view head, const FramingFields& framing, const ResponseHead& out, HeadError& error) {
  Reading ours;
  ours.status = out.status;
  ours.has_length = framing.has_length;
  ours.length = framing.length;
  ours.chunked = framing.chunked;
  const char* reason = nullptr;
  return llhttp_agrees_response(head, ours, reason) || refuse(error, bad_gateway, reason);
}

}  // namespace

bool parse_response_head(std::string_view head, const HeadLimits& limits, bool to_head, Arena& arena, ResponseHead& out,
                         HeadError& error) {
  out = ResponseHead{};
  error = {0, ""};
  if (head.size() > limits.total_bytes) return refuse(error, bad_gateway, "response head too large");
  if (head.empty() || head.back() != '\n') return refuse(error, bad_gateway, "incomplete head");
  const std::size_t line_size = head.find('\n') + 1;
  const LineEnd line_end = line_size > 1 && head[line_size - 2] == '\r' ? LineEnd::crlf : LineEnd::lf;
  const std::size_t end_bytes = line_end == LineEnd::crlf ? 2 : 1;
  if (line_size > limits.line_bytes) return refuse(error, bad_gateway, "status line too large");
  if (!parse_status_line(head.substr(0, line_size - end_bytes), out, error)) return false;
  if (line_size == head.size()) return refuse(error, bad_gateway, "incomplete head");
  FramingFields framing;
  if (!read_fields(head.substr(line_size), limits, line_end, arena, out, framing, error)) return false;
  out.keep_alive = !framing.close && (out.version_minor > 0 || framing.keep_alive);  // RFC 9112 9.3
  out.has_connection_names = framing.other_names;
  if (!judge_framing(framing, to_head, out, error)) return false;
  return ask_llhttp(line_end == LineEnd::crlf ? head : with_crlf(head, arena), framing, out, error);
}

}  // namespace gh::http
