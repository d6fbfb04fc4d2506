// request-target (RFC 9112 3.2) to the one normal form of the path that serves matching, access rules and forwarding.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace gh::http {

struct Target {
  std::string_view path;       // nginx's $uri: decoded, no dot segments, slashes merged when asked; begins with "/"
  std::string_view args;       // raw, without "?": $args
  std::string_view unparsed;   // path and query as received (absolute-form: from the path on): $request_uri
  std::string_view authority;  // absolute-form only: host[:port] as received
  bool has_args = false;       // a "?" was there
  bool path_is_plain = false;  // path equals the raw path byte for byte: nothing was decoded, removed or merged
};

/// False when the target must be refused with 400: no path, bad %XX, %00, ".." above the root, control or non-ASCII
/// bytes, "#". OPTIONS * gives path "*"... only where `method` is options. CONNECT has no path: always false, so judge
/// the method first (405). `path` is a slice of `raw` where it can be.
bool parse_target(std::string_view raw, Method method, bool merge_slashes, Arena& arena, Target& out);

/// What stands for an encoded slash in a route_path: no path holds this byte, %00 is refused.
inline constexpr char encoded_slash = '\0';
/// The path of a parsed target as `route` blocks compare it: as Target::path, but an encoded slash (%2F) stays within
/// its segment, as `encoded_slash`. False: it fits no route, as such slashes hide a dot segment.
bool route_path(const Target& target, bool merge_slashes, Arena& arena, std::string_view& path);
/// A value of a route's parameter: a slice of a route_path, with its slashes ...
std::string_view plain_segments(std::string_view value, Arena& arena);
/// ... and as part of a URL: all but slashes between segments and RFC 3986's unreserved bytes is escaped.
std::string_view escape_segments(std::string_view value, Arena& arena);

/// The same normalisation for a URI written in a configuration or by a rewrite (no escapes are decoded there).
bool normalise_path(std::string_view path, bool merge_slashes, Arena& arena, std::string_view& out);

/// A URI that an upstream names (X-Accel-Redirect): escapes are decoded, bytes that stand for themselves are taken as
/// they are. False when it is unsafe: no leading slash, a ".." segment before or after decoding, a zero byte, or a bad
/// %XX. The result may still need normalise_path.
bool parse_internal_uri(std::string_view text, Arena& arena, std::string_view& path, std::string_view& args);

/// Is a segment of this file path ".."? For paths that are put together of pieces, each without one.
bool has_parent_segment(std::string_view path);

/// Percent-encodes what may not stand in a path (nginx's escape for proxy_pass with a URI part), "%" and "?" included.
std::string_view escape_path(std::string_view path, Arena& arena);
/// nginx's reading of the path of a redirect that is made of variables: "%3A" becomes ":"; what is no printing ASCII,
/// and everything up to "%", stays encoded, but a "%3F" becomes "?" and ends the decoding.
std::string_view unescape_redirect(std::string_view path, Arena& arena);
/// Percent-encodes a query argument or header text.
std::string_view escape_args(std::string_view text, Arena& arena);

/// A Host value: "name", "name:port", "[v6]:port". False when invalid (400). `name` is lower-cased, without port and
/// without a trailing dot; `port` 0 when absent.
bool parse_host(std::string_view host, Arena& arena, std::string_view& name, unsigned& port);

}  // namespace gh::http
