// Message heads as slices. Bytes live in the caller's arena; nothing here owns memory. RFC 9110, RFC 9112.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gh::http {

/// Methods that llhttp knows are the only ones taken; all others are 501.
enum class Method : std::uint8_t {
  get, head, post, put, delete_, connect, options, trace, patch, copy, lock, mkcol, move, propfind, proppatch, unlock,
  search, other  // `other`: no meaning here
};
/// May be sent again when it is not known whether the first time counted (RFC 9110 9.2.2).
constexpr bool is_idempotent(Method m) {
  return m != Method::post && m != Method::patch && m != Method::lock && m != Method::other;
}

/// Names that the gateway itself looks at; all others pass as slices with `other`.
enum class HeaderId : std::uint8_t {
  other, host, connection, keep_alive, proxy_connection, te, transfer_encoding, trailer, upgrade, content_length,
  content_type, content_encoding, content_range, expect, date, server, location, refresh, set_cookie, cookie,
  authorization, proxy_authorization, accept, accept_encoding, accept_ranges, user_agent, referer, origin, range,
  if_range, if_modified_since, if_unmodified_since, if_match, if_none_match, etag, last_modified, cache_control,
  expires, vary, www_authenticate, retry_after, link, x_forwarded_for, x_real_ip, x_accel_redirect, x_accel_buffering,
  x_accel_expires, x_accel_limit_rate, x_accel_charset, http2_settings
};
/// By length and first letter; any case.
HeaderId header_id(std::string_view name);

struct Field {
  std::string_view name;   // as received
  std::string_view value;  // without surrounding white space
  HeaderId id = HeaderId::other;
};

/// How the end of a body is found (RFC 9112 6.3). A body of HTTP/2 without Content-Length counts as `chunked`.
enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;        // request-target as received
  std::string_view request_line;  // without CRLF, for $request
  std::uint8_t version_minor = 1; // HTTP/1.x
  bool http2 = false;             // it came over HTTP/2, which can do all that 1.1 can
  std::string_view protocol;      // :protocol of an extended CONNECT (RFC 8441)
  std::span<Field> fields;
  std::string_view host;          // Host field or the authority of an absolute target; empty when absent
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool keep_alive = false;        // what version and Connection ask for
  bool expect_continue = false;
  bool has_upgrade = false;       // an Upgrade field named by Connection
  bool has_connection_names = false;  // Connection names fields beyond close/keep-alive/upgrade: they must be dropped
};

struct ResponseHead {
  std::uint16_t status = 0;       // 100-599
  std::string_view reason;
  std::uint8_t version_minor = 1;
  std::span<Field> fields;
  BodyFraming framing = BodyFraming::until_close;  // already adjusted for HEAD, 1xx, 204, 304
  std::uint64_t content_length = 0;
  bool has_content_length = false;
  bool keep_alive = false;
  bool has_connection_names = false;
};

/// First field with this id, or nullptr.
const Field* find(std::span<const Field> fields, HeaderId id);
/// First field with this name, any case, or nullptr.
const Field* find(std::span<const Field> fields, std::string_view name);
/// True when the Connection fields of `fields` name this field: it is hop-by-hop (RFC 9110 7.6.1).
bool named_by_connection(std::span<const Field> fields, std::string_view name);
/// Fields that never pass a proxy whatever Connection says (RFC 9110 7.6.1): connection, keep_alive, te, ...
bool is_hop_by_hop(HeaderId id);

std::string_view reason_phrase(unsigned status);
std::string_view method_name(Method method);

}  // namespace gh::http
