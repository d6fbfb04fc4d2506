// Where a head ends, and whether it is worth waiting for the rest of it.
//
// Why llhttp 8.1 does not judge alone: even in strict mode it takes HTTP/0.9 and 2.0, RTSP methods, "#" in a target,
// double spaces, folded lines, white space before a colon, "Transfer-Encoding: xchunked" and status 99. So our own
// rules run first (request_line.cc, field_section.cc, response_head.cc) and llhttp must agree (llhttp_judge.cc).
#include <cstring>

#include "http/field_section.h"
#include "http/h1.h"
#include "http/request_line.h"

namespace gh::http {

namespace {

/// Offset of the first byte that is not part of a leading empty line. A CR at the very end may still become one.
std::size_t leading_empty_lines(std::string_view bytes) {
  std::size_t at = 0;
  for (;;) {
    if (at < bytes.size() && bytes[at] == '\n')
      at += 1;
    else if (at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] == '\n')
      at += 2;
    else
      return at;
  }
}

/// RFC 9112 2.2: one empty line before a request line is skipped (some clients send it behind a body).
std::string_view skip_one_empty_line(std::string_view bytes) {
  if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  return bytes;
}

/// Bytes behind the last LF.
std::size_t open_line_bytes(std::string_view bytes) {
  const void* lf = memrchr(bytes.data(), '\n', bytes.size());
  if (lf == nullptr) return bytes.size();
  return static_cast<std::size_t>(bytes.data() + bytes.size() - static_cast<const char*>(lf)) - 1;
}

}  // namespace

std::size_t head_end(std::string_view bytes, std::size_t from) {
  const std::size_t first = leading_empty_lines(bytes);
  std::size_t at = from > first + 3 ? from - 3 : first;  // the blank line may straddle `from`
  const char* const end = bytes.data() + bytes.size();
  while (at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
    if (found == nullptr) return 0;
    const char* next = static_cast<const char*>(found) + 1;
    if (next < end && *next == '\r') ++next;
    if (next < end && *next == '\n') return static_cast<std::size_t>(next - bytes.data()) + 1;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) + 1;
  }
  return 0;
}

HeadError check_partial_request(std::string_view bytes, const HeadLimits& limits) {
  constexpr HeadError wait{0, ""};
  HeadError error = wait;
  const std::string_view head = skip_one_empty_line(bytes);
  if (head.empty() || (bytes.data() == head.data() && head == "\r")) return wait;
  if (!check_method_start(head, error)) return error;
  const std::size_t line_end = head.find('\n');
  if (line_end == std::string_view::npos) {
    if (head.size() >= limits.line_bytes) return {414, "request line too large"};
  } else {
    RequestHead line;
    bool later_minor = false;
    if (!parse_request_line(head.substr(0, line_end + 1), limits, line, later_minor, error)) return error;
    if (open_line_bytes(head) >= limits.line_bytes) return {400, "header line too large", true};
  }
  if (bytes.size() >= limits.total_bytes) return {400, "request head too large", true};
  return wait;
}

HeadError check_partial_response(std::string_view bytes, const HeadLimits& limits) {
  constexpr std::string_view start = "HTTP/1.";
  const std::size_t common = bytes.size() < start.size() ? bytes.size() : start.size();
  if (bytes.substr(0, common) != start.substr(0, common)) return {502, "not an HTTP/1 response"};
  if (open_line_bytes(bytes) >= limits.line_bytes) return {502, "response header line too large"};
  if (bytes.size() >= limits.total_bytes) return {502, "response head too large"};
  return {0, ""};
}

}  // namespace gh::http
