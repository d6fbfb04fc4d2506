// What nginx's directives of later releases take: TLS, HTTP/2 and 3, gRPC, caching, server-side includes and others.
// They are passed over with a warning (known.cc); their values are looked at as nginx does.
#include <array>

#include "config/values.h"
#include "directives/shapes.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

using namespace shape;
namespace code = table::code;

// ---- what a type cannot say ----------------------------------------------------------------------------------------

/// Variables in the values must exist.
void look_at_templates(Scope& scope, const Bound& directive) {
  for (const Value& value : directive.values) {
    const bool is_file = value.spec->type == ArgType::conf_path && value.text.find('$') != std::string_view::npos;
    if (value.spec->type == ArgType::templ || is_file) scope.compile(value);
  }
}

std::string cache_id(std::string_view name) { return "proxy_cache/" + std::string(name); }

/// "NAME:SIZE".
bool is_zone(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  return colon != std::string_view::npos && colon > 0 && config::parse_size(text.substr(colon + 1), false).has_value();
}

void look_at_cache_path(Scope& scope, const Bound& directive) {
  const Value& zone = *directive.find("keys_zone=");
  if (!is_zone(zone.text)) {
    scope.error(code::bad_size, zone.span, "invalid zone `" + std::string(zone.text) + "`")
        .with_label("not NAME:SIZE")
        .with_help("for example keys_zone=answers:10m");
    return;
  }
  const std::string id = cache_id(zone.text.substr(0, zone.text.rfind(':')));
  const auto [before, is_new] = scope.builder.zones.try_emplace(id, table::Builder::ZoneEntry{{}, zone.span, false});
  if (is_new) return;
  scope.error(code::duplicate_name, zone.span, "a second cache of this name")
      .with_related(before->second.where, "first defined here")
      .with_help("give one of them another name");
}

/// The zone may be defined below; a name with variables is known per request only.
void look_at_cache(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  scope.compile(value);
  if (value.text == "off" || value.text.find('$') != std::string_view::npos) return;
  Scope* main = &table::outermost(scope);
  main->builder.at_end([main, name = value.text, span = value.span] {
    if (main->builder.zones.contains(cache_id(name))) return;
    main->error(code::unknown_zone, span, "no cache is called `" + std::string(name) + "`")
        .with_help("define it: proxy_cache_path DIR keys_zone=" + std::string(name) + ":10m;");
  });
}

/// [STATUS...|any] TIME.
void look_at_cache_valid(Scope& scope, const Bound& directive) {
  for (std::size_t i = 0; i < directive.values.size(); ++i) {
    const Value& value = directive.at(i);
    if (i + 1 == directive.values.size()) {
      if (config::parse_time_ms(value.text, true)) return;
      scope.error(code::bad_time, value.span, "invalid time `" + std::string(value.text) + "`")
          .with_label("the last word is the time").with_help("for example `10m`");
      return;
    }
    const auto status = config::parse_signed(value.text);
    if (value.text == "any" || (status && *status >= 100 && *status <= 599)) continue;
    scope.error(code::bad_status, value.span, "invalid status code `" + std::string(value.text) + "`")
        .with_help("codes from 100 to 599, or `any`, then the time");
  }
}

/// Passing over it would let revoked certificates in.
void look_at_ocsp(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  if (value.text == "off") return;
  scope.error(code::not_served, value.span, "clients' certificates are not checked by OCSP yet")
      .with_help("write `ssl_ocsp off`, and name the revoked ones in a list: `ssl_crl FILE`");
}

/// off, shared:NAME:SIZE.
void look_at_ocsp_cache(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  if (value.text == "off" || (value.text.starts_with("shared:") && is_zone(value.text.substr(7)))) return;
  scope.error(code::bad_choice, value.span, "invalid value `" + std::string(value.text) + "`")
      .with_label("not a cache of OCSP answers")
      .with_help("write `off` or `shared:NAME:SIZE`");
}

/// "off", or KEY=VALUE words of which the first must be there.
template <std::size_t Count>
void look_at_keys(Scope& scope, const Bound& directive, const std::array<std::string_view, Count>& keys) {
  bool first = false;
  for (const Value& value : directive.values) {
    if (value.text == "off") return;
    bool known = false;
    for (const std::string_view key : keys) known = known || value.text.starts_with(key);
    first = first || value.text.starts_with(keys[0]);
    if (known) continue;
    scope.error(code::unknown_parameter, value.span,
                "`" + std::string(directive.row->name) + "` has no parameter `" + std::string(value.text) + "`")
        .with_help("it knows `off`, `" + std::string(keys[0]) + "` and `" + std::string(keys[1]) + "`");
    return;
  }
  if (first) return;
  scope.error(code::missing_parameter, directive.span(),
              "`" + std::string(directive.row->name) + "` needs the parameter `" + std::string(keys[0]) + "`")
      .with_help("add `" + std::string(keys[0]) + "...`, or write `off`");
}

void look_at_open_files(Scope& scope, const Bound& directive) {
  look_at_keys(scope, directive, std::array<std::string_view, 2>{"max=", "inactive="});
}
/// on | off | if_not_owner [from=PART].
void look_at_symlinks(Scope& scope, const Bound& directive) {
  for (const Value& value : directive.values) {
    const std::string_view text = value.text;
    if (text == "on" || text == "off" || text == "if_not_owner" || text.starts_with("from=")) continue;
    scope.error(code::bad_choice, value.span, "invalid value `" + std::string(text) + "`")
        .with_help("write `on`, `off` or `if_not_owner`, then perhaps `from=PART`");
  }
}

constexpr Presence optional = Presence::optional;
constexpr std::string_view tls_versions = "SSLv2|SSLv3|TLSv1|TLSv1.1|TLSv1.2|TLSv1.3";
constexpr std::string_view accesses = "user:r|user:w|user:rw|group:r|group:w|group:rw|all:r|all:w|all:rw";
constexpr ArgSpec access{"access", ArgType::one_of, Presence::required, accesses};
constexpr ArgSpec more_access{"access", ArgType::one_of, Presence::optional, accesses};

constexpr Shape all[] = {
    // --- TLS of clients
    one("ssl_certificate_compression", hs, {on_off}),
    one("ssl_ocsp", hs, {choice("off|on|leaf")}, look_at_ocsp),
    one("ssl_ocsp_cache", hs, {word}, look_at_ocsp_cache),
    one("ssl_ocsp_responder", hs, {word}),
    one("ssl_key_log", hs, {file}),
    many("ssl_ech_file", hs, {file}),

    // --- HTTP/2 and HTTP/3
    many("http2_push", hsl, {text}, look_at_templates),
    one("http2_push_preload", hsl, {on_off}),
    one("http2_max_concurrent_pushes", hs, {any_count}),
    many("http2_max_requests", hs, {word}),  // these five are obsolete: nginx does not look at them
    many("http2_max_field_size", hs, {word}),
    many("http2_max_header_size", hs, {word}),
    many("http2_idle_timeout", hs, {word}),
    many("http2_recv_timeout", hs, {word}),
    one("http2_recv_buffer_size", config::in_http, {size_bytes}),
    one("http2_pool_size", hs, {size_bytes}),
    one("http2_streams_index_size", hs, {any_count}),
    one("http3", hs, {on_off}),
    one("http3_hq", hs, {on_off}),
    one("http3_max_concurrent_streams", hs, {any_count}),
    one("http3_stream_buffer_size", hs, {size_bytes}),
    one("quic_retry", hs, {on_off}),
    one("quic_gso", hs, {on_off}),
    one("quic_host_key", hs, {file}),
    one("quic_active_connection_id_limit", hs, {any_count}),

    // --- caching
    many("proxy_cache_path", config::in_http,
         {{"path", ArgType::path},
          {"keys_zone=", ArgType::word},
          {"levels=", ArgType::word, optional},
          {"use_temp_path=", ArgType::on_off, optional},
          {"inactive=", ArgType::sec, optional},
          {"max_size=", ArgType::offset, optional},
          {"min_free=", ArgType::offset, optional},
          {"loader_files=", ArgType::count, optional},
          {"loader_sleep=", ArgType::msec, optional},
          {"loader_threshold=", ArgType::msec, optional},
          {"manager_files=", ArgType::count, optional},
          {"manager_sleep=", ArgType::msec, optional},
          {"manager_threshold=", ArgType::msec, optional},
          {"purger=", ArgType::on_off, optional},
          {"purger_files=", ArgType::count, optional},
          {"purger_sleep=", ArgType::msec, optional},
          {"purger_threshold=", ArgType::msec, optional}},
         look_at_cache_path),
    one("proxy_cache", hsl, {text}, look_at_cache),
    one("proxy_cache_key", hsl, {text}, look_at_templates),
    many("proxy_cache_valid", hsl, {words}, look_at_cache_valid),
    many("proxy_cache_bypass", hsl, {texts}, look_at_templates),
    many("proxy_no_cache", hsl, {texts}, look_at_templates),
    many("proxy_cache_purge", hsl, {texts}, look_at_templates),
    many("proxy_cache_use_stale", hsl,
         {choices_of("error|timeout|invalid_header|updating|http_500|http_502|http_503|http_504|http_403|http_404|"
                     "http_429|off")}),
    one("proxy_cache_lock", hsl, {on_off}),
    one("proxy_cache_lock_timeout", hsl, {time_ms}),
    one("proxy_cache_lock_age", hsl, {time_ms}),
    one("proxy_cache_revalidate", hsl, {on_off}),
    one("proxy_cache_background_update", hsl, {on_off}),
    one("proxy_cache_min_uses", hsl, {any_count}),
    many("proxy_cache_methods", hsl, {choices_of("GET|HEAD|POST")}),
    one("proxy_cache_max_range_offset", hsl, {{"offset", ArgType::offset}}),
    one("proxy_cache_convert_head", hsl, {on_off}),
    one("proxy_store", hsl, {text}, look_at_templates),
    one("proxy_store_access", hsl, {access, more_access, more_access}),
    one("open_file_cache", hsl, {words}, look_at_open_files),
    one("open_file_cache_valid", hsl, {time_s}),
    one("open_file_cache_min_uses", hsl, {any_count}),
    one("open_file_cache_errors", hsl, {on_off}),
    one("open_file_cache_events", hsl, {on_off}),
    one("slice", hsl, {size_bytes}),

    // --- what changes answers
    one("charset", in_hsl_and_if, {text}, look_at_templates),
    one("source_charset", in_hsl_and_if, {word}),
    one("override_charset", in_hsl_and_if, {on_off}),
    many("charset_types", hsl, {words}),
    one("add_before_body", hsl, {word}),
    one("add_after_body", hsl, {word}),
    many("addition_types", hsl, {words}),
    one("userid", hsl, {choice("off|on|v1|log")}),
    one("userid_domain", hsl, {word}),
    one("userid_expires", hsl, {word}),
    one("userid_flags", hsl, {choices_of("off|httponly|secure|samesite=strict|samesite=lax|samesite=none")}),
    one("userid_mark", hsl, {word}),
    one("userid_name", hsl, {word}),
    one("userid_p3p", hsl, {word}),
    one("userid_path", hsl, {word}),
    one("userid_service", hsl, {any_count}),
    one("ssi", in_hsl_and_if, {on_off}),
    one("ssi_last_modified", hsl, {on_off}),
    one("ssi_min_file_chunk", hsl, {size_bytes}),
    one("ssi_silent_errors", hsl, {on_off}),
    many("ssi_types", hsl, {words}),
    one("ssi_value_length", hsl, {any_count}),
    one("autoindex", hsl, {on_off}),
    one("autoindex_exact_size", hsl, {on_off}),
    one("autoindex_format", hsl, {choice("html|xml|json|jsonp")}),
    one("autoindex_localtime", hsl, {on_off}),
    one("random_index", config::in_location, {on_off}),
    one("disable_symlinks", hsl, {words}, look_at_symlinks),
};

}  // namespace

std::span<const Row> later_shapes() { return all; }

}  // namespace gh::directives
