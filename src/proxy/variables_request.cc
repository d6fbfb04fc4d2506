// Variables of the request itself: line, target, fields, body.
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/base64.h"
#include "base/hash.h"
#include "base/text.h"
#include "http/field_value.h"
#include "http/target.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/limit_report.h"
#include "proxy/limit_status.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

namespace variable {

std::string_view request(Exchange& x, const VariableParam&) { return x.request.request_line; }
std::string_view request_uri(Exchange& x, const VariableParam&) { return x.target.unparsed; }

std::string_view args(Exchange& x, const VariableParam&) {
  if (!x.args.empty()) return x.args;
  return x.target.has_args && !x.internal ? std::string_view("") : not_found;
}

std::string_view request_length(Exchange& x, const VariableParam&) { return number_text(x.arena, x.request_bytes); }
std::string_view request_time(Exchange& x, const VariableParam&) { return seconds_text(x.arena, request_ms(x)); }

/// Several fields of one name count as one with commas (RFC 9110 5.3); Cookie's are joined as RFC 6265 5.4 writes them.
std::string_view http(Exchange& x, const VariableParam& param) {
  return joined_fields(x.arena, x.request.fields, param.text, param.text == "cookie" ? "; " : ", ");
}

}  // namespace variable

namespace {

/// One pair of a Cookie value (RFC 6265 4.2.1), as nginx finds it: only a `;` ends it, only blanks are passed over.
/// Names are compared without case, as a variable's name has none.
std::string_view cookie_in(std::string_view rest, std::string_view name) {
  while (!rest.empty()) {
    if (rest.size() >= name.size() && iequals(rest.substr(0, name.size()), name)) {
      std::string_view value = without_blanks(rest.substr(name.size()));
      if (value.starts_with('=')) {
        value = without_blanks(value.substr(1));
        return value.substr(0, value.find(';'));
      }
    }
    const std::size_t end = rest.find(';');
    if (end == std::string_view::npos) break;
    rest = without_blanks(rest.substr(end + 1));
  }
  return not_found;
}

}  // namespace

std::string_view request_cookie(const Exchange& x, std::string_view name) {
  for (const http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::cookie) continue;
    if (const std::string_view found = cookie_in(field.value, name); found.data()) return found;
  }
  return not_found;
}

namespace {

std::string_view field_value(Exchange& x, http::HeaderId id) {
  const http::Field* field = http::find(x.request.fields, id);
  if (!field) return not_found;
  return field->value.data() ? field->value : std::string_view("");
}

// ---- line and target -----------------------------------------------------------------------------------------------

std::string_view host(Exchange& x, const VariableParam&) {
  if (!x.host_name.empty()) return x.host_name;
  return x.server ? std::string_view(x.server->name) : std::string_view("");
}

std::string_view scheme(Exchange& x, const VariableParam&) { return x.client->is_tls() ? "https" : "http"; }
std::string_view https(Exchange& x, const VariableParam&) { return x.client->is_tls() ? "on" : ""; }
std::string_view http2(Exchange& x, const VariableParam&) {
  if (!x.request.http2) return "";
  return x.client->is_tls() ? "h2" : "h2c";
}
std::string_view nothing(Exchange&, const VariableParam&) { return ""; }

std::string_view server_name(Exchange& x, const VariableParam&) {
  return x.server ? std::string_view(x.server->name) : std::string_view("");
}

std::string_view server_protocol(Exchange& x, const VariableParam&) {
  if (x.request.request_line.empty()) return "";
  if (x.request.http2) return "HTTP/2.0";
  return x.request.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

/// In a subexchange the method that the client used, as in nginx: auth_request's service is told it this way.
std::string_view request_method(Exchange& sub, const VariableParam&) {
  const Exchange& x = sub.main();
  if (x.method_now != x.request.method) return http::method_name(x.method_now);
  return x.request.method_text;
}

std::string_view uri(Exchange& x, const VariableParam&) { return x.uri.data() ? x.uri : std::string_view(""); }

void set_args(Exchange& x, std::string_view value) {
  x.args = http::safe_field_value(value, x.arena);
  x.uri_changed = true;
}

std::string_view is_args(Exchange& x, const VariableParam&) { return x.args.empty() ? "" : "?"; }

/// Raw, the first one, its name in any case (LANGUAGE 4.4).
std::string_view arg(Exchange& x, const VariableParam& param) {
  std::string_view rest = x.args;
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && iequals(pair.substr(0, equals), param.text)) return pair.substr(equals + 1);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return not_found;
}

std::string_view cookie(Exchange& x, const VariableParam& param) { return request_cookie(x, param.text); }

/// Of the route that the client's request came to; decoded, or one part of a URL where it becomes that.
std::string_view path(Exchange& sub, const VariableParam& param) {
  const Exchange& x = sub.main();
  if (!x.path_route) return not_found;
  const std::vector<std::string>& names = x.path_route->parameters;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != param.text) continue;
    const std::string_view value = x.path_values[i];
    return sub.escapes_path ? http::escape_segments(value, sub.arena) : http::plain_segments(value, sub.arena);
  }
  return not_found;
}

/// The port of Host as sent: behind the last colon outside of brackets.
std::string_view request_port(Exchange& x, const VariableParam&) {
  const std::string_view text = x.request.host;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos) return "";
  return text.substr(colon + 1);
}

std::string_view is_request_port(Exchange& x, const VariableParam& param) {
  return request_port(x, param).empty() ? "" : ":";
}

// ---- identity ------------------------------------------------------------------------------------------------------

/// 128 bits as hexadecimal digits. Not stored: a keyed hash of what tells this exchange from all others of the machine
/// gives the same text each time it is asked for, and nobody outside can guess it.
std::string_view request_id(Exchange& x, const VariableParam&) {
  struct Seed {
    std::uint64_t serial, requests;
    std::int64_t started_us, unix_ms;
    std::uint64_t half;
  } seed{x.client->serial(), x.client->requests(), x.started_us, x.started_unix_ms, 0};
  char* const to = x.arena.chars(32);
  for (std::uint64_t half = 0; half < 2; ++half) {
    seed.half = half;
    const std::uint64_t hash = keyed_hash({reinterpret_cast<const char*>(&seed), sizeof seed});
    fmt::format_to(to + 16 * half, "{:016x}", hash);
  }
  return {to, 32};
}

/// The name of Basic credentials (RFC 7617 2), whether anybody checked them or not.
std::string_view remote_user(Exchange& x, const VariableParam&) {
  std::string_view value = field_value(x, http::HeaderId::authorization);
  if (value.size() < 6 || !iequals(value.substr(0, 6), "basic ")) return not_found;
  value = trim(value.substr(6));
  const auto decoded = decode_base64(value, x.arena.chars(base64_decoded_bytes(value.size())));
  const std::size_t colon = decoded ? decoded->find(':') : std::string_view::npos;
  return colon == std::string_view::npos ? not_found : decoded->substr(0, colon);
}

std::string_view add_x_forwarded_for(Exchange& x, const VariableParam& param) {
  const std::string_view address = variable::remote_addr(x, param);
  const std::string_view before = joined_fields(x.arena, x.request.fields, "x_forwarded_for", ", ");
  if (before.empty()) return address;
  return join(x.arena, before, ", ", address);
}

// ---- body ----------------------------------------------------------------------------------------------------------

std::string_view content_length(Exchange& x, const VariableParam&) {
  const std::string_view stated = field_value(x, http::HeaderId::content_length);
  if (stated.data() || !x.body_complete || x.body.size() == 0) return stated;
  return number_text(x.arena, x.body.size());
}

/// Several (which no client may send) are joined, as nginx does.
std::string_view content_type(Exchange& x, const VariableParam&) {
  return joined_fields(x.arena, x.request.fields, "content_type", ", ");
}

/// Only a body that was read whole and lies in memory. One that streams to an upstream counts as long as it would
/// have fitted client_body_buffer_size.
std::string_view request_body(Exchange& x, const VariableParam&) {
  const RequestBody& body = x.forwarded_body();
  if (body.size() == 0 || body.in_file() || !x.body_complete) return not_found;
  std::string scratch;
  const std::string_view whole = body.whole(scratch);
  return whole.data() == scratch.data() ? x.arena.copy(whole) : whole;
}

/// Its file lives as long as the request, longer with client_body_in_file_only on.
std::string_view request_body_file(Exchange& x, const VariableParam&) {
  const std::string_view name = x.body.in_file() ? x.body.file_name() : std::string_view();
  return name.empty() ? not_found : x.arena.copy(name);
}

std::string_view limit_req_status(Exchange& x, const VariableParam&) {
  static constexpr std::array<std::string_view, 6> names = {not_found,  "PASSED",          "DELAYED",
                                                            "REJECTED", "DELAYED_DRY_RUN", "REJECTED_DRY_RUN"};
  return names[static_cast<std::size_t>(limit_outcome(x.main().limit_req_status))];
}

std::string_view limit_conn_status(Exchange& x, const VariableParam&) {
  static constexpr std::array<std::string_view, 4> names = {not_found, "PASSED", "REJECTED", "REJECTED_DRY_RUN"};
  return names[static_cast<std::size_t>(limit_outcome(x.main().limit_conn_status))];
}

std::string_view limit_count_status(Exchange& x, const VariableParam&) {
  static constexpr std::array<std::string_view, 4> names = {not_found, "PASSED", "REJECTED", "REJECTED_DRY_RUN"};
  const LimitReport* const report = x.main().limit_count;
  return report ? names[static_cast<std::size_t>(report->status)] : not_found;
}

std::string_view limit_count_remaining(Exchange& x, const VariableParam&) {
  const LimitReport* const report = x.main().limit_count;
  if (!report || report->status == LimitReport::Status::none) return not_found;
  return number_text(x.arena, report->remaining);
}

std::string_view limit_count_reset(Exchange& x, const VariableParam&) {
  const LimitReport* const report = x.main().limit_count;
  if (!report || report->status == LimitReport::Status::none) return not_found;
  return number_text(x.arena, static_cast<std::uint64_t>(LimitReport::seconds(report->reset_ms)));
}

constexpr table::VariableRow rows[] = {
    {"http_", variable::http, Phase::address, true, "a field of the request; several are joined with commas"},
    {"cookie_", cookie, Phase::address, true, "a cookie of the request"},
    {"arg_", arg, Phase::server_rewrite, true, "an argument of the query string, not decoded"},
    {.name = "path_", .get = path, .known_from = Phase::route, .family = true,
     .doc = "a part of the path: what stands for the name in the `route` block", .declared = true},
    {"host", host, Phase::address, false, "host of the request, lower case, without port; else the server's name"},
    {"scheme", scheme, Phase::address, false, "http or https"},
    {"https", https, Phase::address, false, "\"on\" with TLS, else empty"},
    {"http2", http2, Phase::address, false, "\"h2\" on HTTP/2 over TLS, \"h2c\" without TLS, else empty"},
    {"http3", nothing, Phase::address, false, "\"h3\" on HTTP/3, else empty"},
    {"server_name", server_name, Phase::address, false, "first name of the server block"},
    {"server_protocol", server_protocol, Phase::address, false, "HTTP/2.0, HTTP/1.1 or HTTP/1.0"},
    {"request", variable::request, Phase::address, false, "the request line as received"},
    {"request_method", request_method, Phase::address, false, "GET, POST ..."},
    {"request_uri", variable::request_uri, Phase::address, false, "target as received, with the query string"},
    {"uri", uri, Phase::server_rewrite, false, "normal form of the path; changes by internal redirects"},
    {"document_uri", uri, Phase::server_rewrite, false, "the same as $uri"},
    {"args", variable::args, Phase::server_rewrite, false, "query string without \"?\"", set_args},
    {"query_string", variable::args, Phase::server_rewrite, false, "the same as $args"},
    {"is_args", is_args, Phase::server_rewrite, false, "\"?\" when there is a query string, else empty"},
    {"request_port", request_port, Phase::address, false, "port of Host as sent; empty when it names none"},
    {"is_request_port", is_request_port, Phase::address, false, "\":\" when $request_port is not empty"},
    {"request_length", variable::request_length, Phase::address, false, "bytes read for this request: head and body"},
    {"request_time", variable::request_time, Phase::address, false, "seconds since the request began, with ms"},
    {"request_id", request_id, Phase::address, false, "32 hexadecimal digits, different for each request"},
    {"request_body", request_body, Phase::content, false, "the body, when it was read and lies in memory"},
    {"request_body_file", request_body_file, Phase::content, false, "name of the file that holds the body, if any"},
    {"content_length", content_length, Phase::address, false, "Content-Length of the request"},
    {"content_type", content_type, Phase::address, false, "Content-Type of the request"},
    {"remote_user", remote_user, Phase::access, false, "user name of Basic credentials, as sent"},
    {"proxy_add_x_forwarded_for", add_x_forwarded_for, Phase::address, false,
     "X-Forwarded-For with $remote_addr behind it"},
    {"limit_req_status", limit_req_status, Phase::limit, false, "PASSED, DELAYED, REJECTED; with _DRY_RUN"},
    {"limit_conn_status", limit_conn_status, Phase::limit, false, "PASSED, REJECTED, REJECTED_DRY_RUN"},
    {"limit_count_status", limit_count_status, Phase::limit, false, "PASSED, REJECTED, REJECTED_DRY_RUN"},
    {"limit_count_remaining", limit_count_remaining, Phase::limit, false,
     "what is left of the limit_count that has the least left"},
    {"limit_count_reset", limit_count_reset, Phase::limit, false, "seconds until that limit_count has more"},
};

}  // namespace

std::span<const table::VariableRow> request_variables() { return rows; }

}  // namespace gh::proxy
