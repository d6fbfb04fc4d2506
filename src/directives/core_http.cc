// http { } and the settings every location has: limits, times, keep-alive, redirects.
#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

using table::CoreSettings;
using table::ResolverSettings;
using table::ServerSettings;

void apply_http(Scope& scope, const Bound& directive) {
  Scope inner(scope.builder, &scope, config::in_http);
  inner.where = directive.span();
  scope.builder.build_block(inner, directive.children);
}

void apply_large_buffers(Scope& scope, const Bound& directive) {
  auto& settings = scope.edit<ServerSettings>();
  settings.large_buffers = directive.at(0).number;
  settings.large_buffer_bytes = directive.at(1).number;
}

void apply_keepalive_timeout(Scope& scope, const Bound& directive) {
  auto& core = scope.edit<CoreSettings>();
  core.keepalive_timeout_ms = directive.number("timeout", 0);
  core.keepalive_header_s = directive.number("header_timeout", 0);
}

void apply_body_temp_path(Scope& scope, const Bound& directive) {
  TempPath path{std::string(directive.at(0).text), {}};
  std::size_t at = 0;
  for (const std::string_view level : {"level1", "level2", "level3"}) {
    if (directive.has(level)) path.levels[at++] = static_cast<std::uint8_t>(directive.number(level, 0));
  }
  while (path.folder.size() > 1 && path.folder.ends_with("/")) path.folder.pop_back();
  assign<&CoreSettings::client_body_temp_path>(scope, path);
}

void apply_body_in_file(Scope& scope, const Bound& directive) {
  const std::string_view word = directive.at(0).text;
  assign<&CoreSettings::client_body_in_file_only>(scope, word == "on"      ? table::BodyInFile::on
                                                         : word == "clean" ? table::BodyInFile::clean
                                                                           : table::BodyInFile::off);
}

void apply_keepalive_disable(Scope& scope, const Bound& directive) {
  std::uint8_t bits = table::keepalive_none;
  for (const Value& value : directive.values) {
    if (value.text == "msie6") bits |= table::keepalive_msie6;
    if (value.text == "safari") bits |= table::keepalive_safari;
  }
  assign<&CoreSettings::keepalive_disable>(scope, bits);
}

void apply_lingering(Scope& scope, const Bound& directive) {
  const std::string_view word = directive.at(0).text;
  scope.edit<CoreSettings>().lingering = word == "off"  ? table::Lingering::off
                                         : word == "on" ? table::Lingering::on
                                                        : table::Lingering::always;
}

void apply_error_format(Scope& scope, const Bound& directive) {
  const std::string_view word = directive.at(0).text;
  scope.edit<CoreSettings>().error_format = word == "html"      ? table::ErrorFormat::html
                                            : word == "json"    ? table::ErrorFormat::json
                                            : word == "problem" ? table::ErrorFormat::problem
                                                                : table::ErrorFormat::automatic;
}

void apply_server_tokens(Scope& scope, const Bound& directive) {
  scope.edit<CoreSettings>().server_tokens = directive.at(0).text != "off";
}

/// "10.0.0.2", "10.0.0.2:53", "[::1]:53".
Result<Address> parse_name_server(std::string_view text) {
  constexpr std::uint16_t dns_port = 53;
  if (auto plain = Address::parse_ip(text, dns_port)) return plain;
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  std::uint64_t port = dns_port;
  if (text.ends_with("]")) {
    host = text;
  } else if (colon != std::string_view::npos) {
    const auto number = parse_uint(text.substr(colon + 1));
    if (!number || *number == 0 || *number > 65535) return fail("`" + std::string(text) + "` has no valid port");
    port = *number;
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (auto address = Address::parse_ip(host, static_cast<std::uint16_t>(port))) return address;
  if (iequals(host, "localhost")) return Address::parse_ip("127.0.0.1", static_cast<std::uint16_t>(port));
  return fail("`" + std::string(host) + "` is not the address of a name server");
}

void apply_resolver(Scope& scope, const Bound& directive) {
  auto& resolver = scope.edit_list<ResolverSettings>();
  for (const Value& value : directive.values) {
    if (value.spec->name != "address") continue;
    auto address = parse_name_server(value.text);
    if (address) resolver.servers.push_back(*address);
    else
      scope.error(table::code::bad_address, value.span, address.error().text)
          .with_help("write an IP address, with `:port` if it is not 53");
  }
  if (const Value* zone = directive.find("status_zone="))
    scope.note(table::code::no_effect, zone->span, "`status_zone=` has no effect: name servers are not counted");
  resolver.valid_ms = directive.number("valid=", 0) * 1000;
  resolver.ipv4 = directive.number("ipv4=", 1) != 0;
  resolver.ipv6 = directive.number("ipv6=", 1) != 0;
  if (!resolver.ipv4 && !resolver.ipv6)
    scope.error(table::code::bad_choice, directive.span(), "`resolver` with ipv4=off and ipv6=off finds nothing");
}

constexpr Row rows[] = {
    {.name = "http",
     .contexts = config::in_main,
     .block = Block::directives,
     .inside = config::in_http,
     .inherit = Inherit::none,
     .apply = apply_http,
     .doc = "The HTTP service; may be left out."},

    setting("client_max_body_size", hsl, {"size", ArgType::offset}, "1m", set<&CoreSettings::client_max_body_bytes>,
            "Largest request body; 413 above it. 0: no limit."),
    setting("client_body_buffer_size", hsl, {"size", ArgType::bytes, Presence::required, {}, 1}, "1m",
            set<&CoreSettings::client_body_buffer_bytes>, "Request body bytes kept in memory before a file is used."),
    setting("client_body_timeout", hsl, time_ms, "60s", set<&CoreSettings::client_body_timeout_ms>,
            "Longest pause between two reads of a request body."),
    setting("client_body_min_rate", hsl, size_bytes, "100", set<&CoreSettings::client_body_min_rate>,
            "Bytes per second a request body must bring on average after a grace time. 0: any."),
    setting("client_body_in_single_buffer", hsl, on_off, "off", set<&CoreSettings::client_body_in_single_buffer>,
            "Keep the whole request body in one buffer."),
    setting("client_body_in_file_only", hsl, {"mode", ArgType::one_of, Presence::required, "on|off|clean"}, "off",
            apply_body_in_file, "Keep each request body in a file: on leaves it there, clean removes it at the end."),
    {.name = "client_body_temp_path",
     .contexts = hsl,
     .args = {{{"path", ArgType::path},
               {"level1", ArgType::count, Presence::optional, {}, 1, 3},
               {"level2", ArgType::count, Presence::optional, {}, 1, 3},
               {"level3", ArgType::count, Presence::optional, {}, 1, 3}}},
     .fallback = "client_body_temp",
     .apply = apply_body_temp_path,
     .doc = "Folder for request bodies that do not fit in memory."},
    setting("send_timeout", hsl, time_ms, "60s", set<&CoreSettings::send_timeout_ms>,
            "Longest pause between two writes to a client."),
    setting("send_min_rate", hsl, size_bytes, "100", set<&CoreSettings::send_min_rate>,
            "Bytes per second a client must take on average after a grace time. 0: any."),

    setting("client_header_timeout", hs, time_ms, "60s", set<&ServerSettings::client_header_timeout_ms>,
            "Time for the whole request head; 408 after it."),
    setting("client_header_buffer_size", hs, {"size", ArgType::bytes, Presence::required, {}, 1}, "1k",
            set<&ServerSettings::client_header_buffer_bytes>, "First buffer for a request head."),
    {.name = "large_client_header_buffers",
     .contexts = hs,
     .args = {{{"number", ArgType::count, Presence::required, {}, 1},
               {"size", ArgType::bytes, Presence::required, {}, 1}}},
     .fallback = "4 8k",
     .apply = apply_large_buffers,
     .doc = "Limits of a request head: one line fits SIZE, the whole head NUMBER x SIZE."},
    setting("max_headers", hs, {"number", ArgType::count, Presence::required, {}, 1}, "1000",
            set<&ServerSettings::max_headers>, "Most header fields of a request."),
    setting("underscores_in_headers", hs, on_off, "off", set<&ServerSettings::underscores_in_headers>,
            "Keep request fields whose names hold an underscore."),
    setting("ignore_invalid_headers", hs, on_off, "on", set<&ServerSettings::ignore_invalid_headers>,
            "Drop request fields with unusual names instead of refusing the request."),
    setting("merge_slashes", hs, on_off, "on", set<&ServerSettings::merge_slashes>,
            "Take several slashes in a path as one."),

    {.name = "keepalive_timeout",
     .contexts = hsl,
     .args = {{{"timeout", ArgType::msec}, {"header_timeout", ArgType::sec, Presence::optional}}},
     .fallback = "75s",
     .apply = apply_keepalive_timeout,
     .doc = "How long an idle client connection stays open; 0 closes after each answer."},
    setting("keepalive_requests", hsl, any_count, "1000", set<&CoreSettings::keepalive_requests>,
            "Most requests on one client connection."),
    setting("keepalive_time", hsl, time_ms, "1h", set<&CoreSettings::keepalive_time_ms>,
            "Longest life of a client connection that gets requests."),
    setting("keepalive_min_timeout", hsl, time_ms, "0", set<&CoreSettings::keepalive_min_timeout_ms>,
            "An idle client connection is not closed before by a graceful end."),
    setting("keepalive_disable", hsl, {"browser", ArgType::one_of, Presence::repeat_one, "none|msie6|safari"}, "msie6",
            apply_keepalive_disable, "Old browsers whose connections are closed: msie6 behind a POST, safari always."),
    setting("lingering_close", hsl, {"mode", ArgType::one_of, Presence::required, "off|on|always"}, "on",
            apply_lingering, "Whether to read on for a while before closing, so that the client sees the answer."),
    setting("lingering_time", hsl, time_ms, "30s", set<&CoreSettings::lingering_time_ms>, "Longest lingering close."),
    setting("lingering_timeout", hsl, time_ms, "5s", set<&CoreSettings::lingering_timeout_ms>,
            "Longest silence during a lingering close."),

    {.name = "resolver",
     .contexts = hsl | config::in_upstream,
     .args = {{{"address", ArgType::word, Presence::repeat_one},
               {"valid=", ArgType::sec, Presence::optional},
               {"ipv4=", ArgType::on_off, Presence::optional},
               {"ipv6=", ArgType::on_off, Presence::optional},
               {"status_zone=", ArgType::word, Presence::optional}}},
     .inherit = Inherit::replace,
     .apply = apply_resolver,
     .doc = "Name servers for names in this block."},
    setting("resolver_timeout", hsl | config::in_upstream, time_ms, "30s", set<&CoreSettings::resolver_timeout_ms>,
            "Longest wait for a name."),

    setting("server_tokens", hsl, {"mode", ArgType::one_of, Presence::required, "on|off|build"}, "on",
            apply_server_tokens, "Version in the Server field and in error pages."),
    setting("absolute_redirect", hsl, on_off, "on", set<&CoreSettings::absolute_redirect>,
            "Own redirects name scheme and host."),
    setting("port_in_redirect", hsl, on_off, "on", set<&CoreSettings::port_in_redirect>,
            "Own redirects name the port."),
    setting("server_name_in_redirect", hsl, on_off, "off", set<&CoreSettings::server_name_in_redirect>,
            "Own redirects use the first server_name instead of Host."),
    setting("chunked_transfer_encoding", hsl, on_off, "on", set<&CoreSettings::chunked_transfer_encoding>,
            "Use chunked coding to HTTP/1.1 clients."),
    setting("etag", hsl, on_off, "on", set<&CoreSettings::etag>, "ETag fields for files."),
    setting("log_not_found", hsl, on_off, "on", set<&CoreSettings::log_not_found>, "Log missing files."),
    setting("tcp_nodelay", hsl, on_off, "on", set<&CoreSettings::tcp_nodelay>, "Send small packets at once."),
    setting("msie_padding", hsl, on_off, "on", set<&CoreSettings::msie_padding>, "Pad error pages for an old browser."),
    setting("recursive_error_pages", hsl | config::in_location_if, on_off, "off",
            set<&CoreSettings::recursive_error_pages>, "Let error_page act on the answers of error pages."),
    setting("error_format", hsl, {"format", ArgType::one_of, Presence::required, "html|json|problem|auto"}, "html",
            apply_error_format, "Form of the gateway's own error answers; auto follows Accept."),
};

void start(Scope& scope) {
  scope.edit<CoreSettings>().client_body_temp_path.folder = scope.builder.input.prefix + "client_body_temp";
}

}  // namespace

constinit const table::Module core_http_module{"core", rows, nullptr, start, nullptr};

}  // namespace gh::directives
