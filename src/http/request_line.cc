#include "http/request_line.h"

#include "base/text.h"
#include "http/char_class.h"
#include "http/field_section.h"
#include "http/method.h"

namespace gh::http {

namespace {

constexpr std::string_view preface_method = "PRI";  // RFC 9113 3.4: what nobody who speaks HTTP/1.1 sends

std::size_t count_class(std::string_view text, CharClass wanted) {
  std::size_t n = 0;
  while (n < text.size() && is_class(text[n], wanted)) ++n;
  return n;
}

/// A method is a token (RFC 9110 9.1); of tokens only names in capitals are taken for a method at all, as in nginx.
bool has_lower_case(std::string_view token) {
  for (const char c : token)
    if (c >= 'a' && c <= 'z') return true;
  return false;
}

/// "HTTP/1.1"; RFC 9112 2.3. Case counts.
bool parse_version(std::string_view text, std::uint8_t& minor, bool& later_minor, HeadError& error) {
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7]))
    return refuse(error, 400, "invalid HTTP version");
  if (text[5] == '0') return refuse(error, 400, "HTTP/0.9 is not taken");
  if (text[5] != '1') return refuse(error, 505, "HTTP version not supported");
  minor = text[7] == '0' ? 0 : 1;
  later_minor = text[7] > '1';
  return true;
}

}  // namespace

bool check_method_start(std::string_view bytes, HeadError& error) {
  const std::size_t size = count_class(bytes, cls_token);
  const std::string_view token = bytes.substr(0, size);
  const bool ended = size < bytes.size();
  if (ended && (size == 0 || bytes[size] != ' ')) return refuse(error, 400, "invalid method");
  if (has_lower_case(token)) return refuse(error, 400, "invalid method");
  Method method;
  const bool hopeless = ended ? !find_method(token, method) : size > longest_method;
  if (ended && token == preface_method) return refuse(error, 400, "HTTP/2's preface");
  return !hopeless || refuse(error, 501, "unknown method");
}

bool parse_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out, bool& later_minor,
                        HeadError& error) {
  out.request_line = line.substr(0, line.size() - (line.ends_with("\r\n") ? 2 : 1));
  if (line.size() > limits.line_bytes) return refuse(error, 414, "request line too large");
  std::string_view rest = out.request_line;
  const std::size_t method_size = count_class(rest, cls_token);
  if (method_size == 0 || method_size == rest.size() || rest[method_size] != ' ')
    return refuse(error, 400, "invalid method");
  out.method_text = rest.substr(0, method_size);
  if (has_lower_case(out.method_text)) return refuse(error, 400, "invalid method");
  rest.remove_prefix(method_size + 1);
  const std::size_t target_size = count_class(rest, cls_target);
  if (target_size == 0) return refuse(error, 400, "no request target");
  out.target = rest.substr(0, target_size);
  if (target_size == rest.size()) return refuse(error, 400, "no HTTP version");  // HTTP/0.9's simple request
  if (rest[target_size] != ' ') return refuse(error, 400, "invalid byte in the request target");
  rest.remove_prefix(target_size + 1);
  HeadError version_error;
  const bool version_ok = parse_version(rest, out.version_minor, later_minor, version_error);
  if (!version_ok && version_error.status == 400) return refuse(error, 400, version_error.reason);
  if (out.method_text == preface_method) return refuse(error, 400, "HTTP/2's preface");
  if (!find_method(out.method_text, out.method)) return refuse(error, 501, "unknown method");
  if (!version_ok) return refuse(error, version_error.status, version_error.reason);
  return true;
}

}  // namespace gh::http
