// A small directive table for the tests of config/: real names with their real shapes, so that stories read like real
// files. The program's own table (src/directives) is not seen here.
#pragma once

#include <array>

#include "config/directive.h"

namespace test_rows {

using namespace gh::config;

inline constexpr Contexts hsl = in_http_server_location;
inline constexpr auto req = Presence::required;
inline constexpr auto opt = Presence::optional;
inline constexpr auto many = Presence::repeat;
inline constexpr auto some = Presence::repeat_one;

inline constexpr ArgSpec arg(std::string_view name, ArgType type, Presence presence = req,
                             std::string_view choices = {}, std::int64_t least = 0, std::int64_t most = INT64_MAX) {
  return {name, type, presence, choices, least, most};
}

inline const Row rows[] = {
    {.name = "http", .contexts = in_main, .block = Block::directives, .inside = in_http},
    {.name = "events", .contexts = in_main, .block = Block::directives, .inside = in_events},
    {.name = "worker_connections", .contexts = in_events, .args = {arg("number", ArgType::count, req, {}, 1, 1000000)}},
    {.name = "worker_processes", .contexts = in_main, .args = {arg("number", ArgType::word)}},
    {.name = "server", .contexts = in_http, .block = Block::directives, .inside = in_server, .repeatable = true},
    {.name = "server",
     .contexts = in_upstream,
     .args = {arg("address", ArgType::address), arg("weight=", ArgType::count, opt, {}, 1, 1000),
              arg("max_fails=", ArgType::count, opt), arg("fail_timeout=", ArgType::sec, opt),
              arg("backup", ArgType::flag, opt), arg("down", ArgType::flag, opt)},
     .repeatable = true},
    {.name = "upstream",
     .contexts = in_http,
     .args = {arg("name", ArgType::word)},
     .block = Block::directives,
     .inside = in_upstream,
     .repeatable = true},
    {.name = "least_conn", .contexts = in_upstream},
    {.name = "location",
     .contexts = in_server | in_location,
     .args = {arg("modifier", ArgType::one_of, opt, "=|~|~*|^~"), arg("path", ArgType::word)},
     .block = Block::directives,
     .inside = in_location,
     .repeatable = true},
    {.name = "if",
     .contexts = in_server | in_location,
     .args = {arg("condition", ArgType::expr)},
     .block = Block::directives,
     .inside = in_server_if | in_location_if,
     .repeatable = true},
    {.name = "listen",
     .contexts = in_server,
     .args = {arg("address", ArgType::address), arg("ssl", ArgType::flag, opt), arg("http2", ArgType::flag, opt),
              arg("default_server", ArgType::flag, opt), arg("backlog=", ArgType::count, opt)},
     .repeatable = true},
    {.name = "server_name", .contexts = in_server, .args = {arg("name", ArgType::word, many)}, .repeatable = true},
    {.name = "root", .contexts = hsl, .args = {arg("path", ArgType::path)}},
    {.name = "index", .contexts = hsl, .args = {arg("file", ArgType::word, some)}},
    {.name = "internal", .contexts = in_location},
    {.name = "return",
     .contexts = in_server | in_location | in_server_if | in_location_if,
     .args = {arg("code", ArgType::templ), arg("text", ArgType::templ, opt)},
     .repeatable = true},
    {.name = "set",
     .contexts = in_server | in_location | in_server_if | in_location_if,
     .args = {arg("variable", ArgType::variable), arg("value", ArgType::templ)},
     .repeatable = true},
    {.name = "rewrite",
     .contexts = in_server | in_location | in_server_if | in_location_if,
     .args = {arg("regex", ArgType::regex), arg("replacement", ArgType::templ),
              arg("flag", ArgType::one_of, opt, "last|break|redirect|permanent")},
     .repeatable = true},
    {.name = "proxy_pass", .contexts = in_location | in_location_if, .args = {arg("url", ArgType::templ)}},
    {.name = "proxy_set_header",
     .contexts = hsl,
     .args = {arg("name", ArgType::word), arg("value", ArgType::templ)},
     .inherit = Inherit::replace,
     .repeatable = true},
    {.name = "proxy_read_timeout", .contexts = hsl, .args = {arg("time", ArgType::msec)}},
    {.name = "proxy_buffering", .contexts = hsl, .args = {arg("switch", ArgType::on_off)}},
    {.name = "proxy_max_temp_file_size", .contexts = hsl, .args = {arg("size", ArgType::offset)}},
    {.name = "client_max_body_size", .contexts = hsl, .args = {arg("size", ArgType::offset)}},
    {.name = "client_body_buffer_size", .contexts = hsl, .args = {arg("size", ArgType::bytes)}},
    {.name = "keepalive_timeout",
     .contexts = hsl,
     .args = {arg("time", ArgType::sec), arg("header", ArgType::sec, opt)}},
    {.name = "add_header",
     .contexts = hsl | in_location_if,
     .args = {arg("name", ArgType::word), arg("value", ArgType::templ), arg("always", ArgType::flag, opt)},
     .inherit = Inherit::replace,
     .repeatable = true},
    {.name = "expires", .contexts = hsl, .args = {arg("time", ArgType::word)}},
    {.name = "gzip", .contexts = hsl, .args = {arg("switch", ArgType::on_off)}},
    {.name = "gzip_types", .contexts = hsl, .args = {arg("type", ArgType::word, some)}},
    {.name = "gzip_comp_level", .contexts = hsl, .args = {arg("level", ArgType::count, req, {}, 1, 9)}},
    {.name = "satisfy", .contexts = hsl, .args = {arg("which", ArgType::one_of, req, "all|any")}},
    {.name = "allow", .contexts = hsl, .args = {arg("network", ArgType::cidr)}, .repeatable = true},
    {.name = "deny", .contexts = hsl, .args = {arg("network", ArgType::cidr)}, .repeatable = true},
    {.name = "error_page",
     .contexts = hsl,
     .args = {arg("code", ArgType::word, some), arg("uri", ArgType::templ)},
     .repeatable = true},
    {.name = "limit_req_zone",
     .contexts = in_http,
     .args = {arg("key", ArgType::templ), arg("zone=", ArgType::word, req), arg("rate=", ArgType::rate, req)},
     .repeatable = true},
    {.name = "limit_req",
     .contexts = hsl,
     .args = {arg("zone=", ArgType::zone, req), arg("burst=", ArgType::count, opt), arg("nodelay", ArgType::flag, opt)},
     .repeatable = true},
    {.name = "limit_count",
     .contexts = hsl,
     .args = {arg("zone=", ArgType::zone, req), arg("cost=", ArgType::expr, opt), arg("message=", ArgType::word, opt)},
     .repeatable = true},
    {.name = "error_threshold", .contexts = in_upstream, .args = {arg("share", ArgType::ratio)}},
    {.name = "limit_req_status", .contexts = hsl, .args = {arg("code", ArgType::status, req, {}, 400, 599)}},
    {.name = "access_log",
     .contexts = hsl,
     .args = {arg("path", ArgType::path), arg("format", ArgType::log_format, opt)},
     .repeatable = true},
    {.name = "log_format",
     .contexts = in_http,
     .args = {arg("name", ArgType::word), arg("text", ArgType::templ, some)},
     .repeatable = true},
    {.name = "ssl_certificate",
     .contexts = in_http | in_server,
     .args = {arg("file", ArgType::conf_path)},
     .repeatable = true},
    {.name = "map",
     .contexts = in_http,
     .args = {arg("source", ArgType::templ), arg("variable", ArgType::variable)},
     .block = Block::data,
     .repeatable = true},
    {.name = "types", .contexts = hsl, .block = Block::data},
    {.name = "respond", .contexts = in_location, .block = Block::raw},
    {.name = "auth_require",
     .contexts = hsl,
     .args = {arg("condition", ArgType::expr), arg("error=", ArgType::status, opt)},
     .repeatable = true},
    {.name = "route",
     .contexts = in_server,
     .args = {arg("methods", ArgType::word), arg("path", ArgType::word), arg("when", ArgType::flag, opt),
              arg("condition", ArgType::expr, opt)},
     .block = Block::directives,
     .inside = in_location,
     .repeatable = true},
};

constexpr Row http2_row{.name = "http2", .contexts = in_http | in_server, .args = {{{"on|off", ArgType::on_off}}}};

inline const Known known[] = {
    {"worker_cpu_affinity", Known::Fate::note, "threads are not pinned", {}},
    {"*_hash_max_size", Known::Fate::note, "tables grow by themselves", {}},
    {"http3", Known::Fate::later, "HTTP/2 and HTTP/1.1 are served", {}},
    {"*_by_lua_block", Known::Fate::refused, "there is no Lua here: use `map`, `set` and expressions", "lua"},
    {"auth_basic", Known::Fate::missing, "without it everybody would pass", {}},
    {"fcgi_param", Known::Fate::note, "has no meaning without its pass", "fcgi"},
    {"fcgi_pass", Known::Fate::refused, "FastCGI is not spoken", "fcgi"},
    {"http2", Known::Fate::later, "HTTP/1.1 is served", {}, &http2_row},
    {"js_*", Known::Fate::refused, "there is no njs here: use `map`, `set` and expressions", {}},
};

inline Language language() {
  Language out;
  for (const Row& row : rows) out.rows.push_back(&row);
  out.known = known;
  return out;
}

}  // namespace test_rows
