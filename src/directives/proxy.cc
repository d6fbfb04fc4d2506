// proxy_*: how requests go upstream and answers come back.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "directives/directives.h"
#include "directives/proxy_pass.h"
#include "directives/proxy_values.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "table/build.h"
#include "table/plan.h"
#include "table/proxy_target.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

using table::HeaderSetting;
using table::ProxySettings;
namespace code = table::code;

// --- request: fields, method, body ---

/// proxy_set_header_inherit as it stands here, and how many entries at the front of this block's list came from
/// outside.
struct SetHeaderInherit { bool merge = false; };
struct MergedCount { std::size_t inherited = 0; };

const std::vector<HeaderSetting>& outer_headers(Scope& scope) {
  static const std::vector<HeaderSetting> none;
  return scope.parent ? scope.parent->get<table::ProxySetHeaders>().list : none;
}

void apply_set_header(Scope& scope, const Bound& directive) {
  const bool first = !scope.is_own<table::ProxySetHeaders>();
  auto& list = scope.edit_list<table::ProxySetHeaders>().list;
  if (first && scope.get<SetHeaderInherit>().merge) {
    list = outer_headers(scope);
    scope.local<MergedCount>().inherited = list.size();
  }
  std::optional<HeaderSetting> header = read_set_header(scope, directive);
  if (!header) return;
  if (const auto merged = scope.local_or_null<MergedCount>()) {  // the inner line wins over an inherited one
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(merged->inherited);
    const auto is_same = [&](const HeaderSetting& h) { return iequals(h.name, header->name); };
    const auto same = std::find_if(list.begin(), end, is_same);
    if (same != end) {
      list.erase(same);
      --scope.local<MergedCount>().inherited;
    }
  }
  list.push_back(std::move(*header));
}

void apply_set_header_inherit(Scope& scope, const Bound& directive) {
  const std::string_view mode = directive.at(0).text;
  scope.edit<SetHeaderInherit>().merge = mode == "merge";
  if (mode == "off") {
    scope.edit_list<table::ProxySetHeaders>();
  } else if (mode == "merge" && scope.is_own<table::ProxySetHeaders>() && !scope.local_or_null<MergedCount>()) {
    auto& own = scope.edit_list<table::ProxySetHeaders>().list;  // stated before this line
    std::vector<HeaderSetting> all;
    for (const HeaderSetting& outer : outer_headers(scope)) {
      const auto same = [&](const HeaderSetting& h) { return iequals(h.name, outer.name); };
      if (std::none_of(own.begin(), own.end(), same)) all.push_back(outer);
    }
    scope.local<MergedCount>().inherited = all.size();
    all.insert(all.end(), own.begin(), own.end());
    own = std::move(all);
  }
}

template <auto Member>
void set_template(Scope& scope, const Bound& directive) {
  scope.edit<ProxySettings>().*Member = scope.compile(directive.at(0));
}

void apply_http_version(Scope& scope, const Bound& directive) {
  const Value& version = directive.at(0);
  assign<&ProxySettings::http_1_0>(scope, version.text == "1.0");
  assign<&ProxySettings::http2>(scope, version.text == "2");
}

void apply_proxy_protocol(Scope& scope, const Bound& directive) {
  const std::string_view mode = directive.at(0).text;
  assign<&ProxySettings::proxy_line_version>(scope, std::uint8_t(mode == "off" ? 0 : mode == "v2" ? 2 : 1));
}

void apply_bind(Scope& scope, const Bound& directive) { read_bind(scope, directive, scope.edit<ProxySettings>()); }

// --- answers ---

void apply_next_upstream(Scope& scope, const Bound& directive) {
  assign<&ProxySettings::next_upstream>(scope, read_next_upstream(directive));
}

void apply_ignore_headers(Scope& scope, const Bound& directive) {
  scope.edit_list<table::ProxyIgnoreHeaders>().bits |= read_ignored_headers(scope, directive);
}

constexpr config::Contexts pass_contexts = config::in_location | config::in_location_if | config::in_limit_except;

constexpr Row rows[] = {
    {.name = "proxy_pass",
     .contexts = pass_contexts,
     .args = {{{"url", ArgType::templ}}},
     .inherit = Inherit::none,
     .phase = Phase::content,
     .apply = apply_proxy_pass,
     .doc = "Send requests to this server or upstream."},
    {.name = "proxy_set_header",
     .contexts = hsl,
     .args = {{field_name, {"value", ArgType::templ}}},
     .fallback = "Host $proxy_host",
     .inherit = Inherit::replace,
     .repeatable = true,
     .apply = apply_set_header,
     .doc = "A field of the upstream request; an empty value removes it."},
    setting("proxy_set_header_inherit", hsl, {"mode", ArgType::one_of, Presence::required, "on|off|merge"}, "on",
            apply_set_header_inherit, "merge: the outer proxy_set_header lines stay beside those of this block."),
    setting("proxy_method", hsl, {"method", ArgType::templ}, {}, set_template<&ProxySettings::method>,
            "Method of the upstream request."),
    setting("proxy_set_body", hsl, {"text", ArgType::templ}, {}, set_template<&ProxySettings::set_body>,
            "Body of the upstream request, instead of the client's."),
    setting("proxy_http_version", hsl, {"version", ArgType::one_of, Presence::required, "1.0|1.1|2"}, "1.1",
            apply_http_version, "Version spoken to upstreams."),
    {.name = "proxy_bind",
     .contexts = hsl,
     .args = {{bind_address, is_transparent}},
     .apply = apply_bind,
     .doc = "Local address of upstream connections."},
    setting("proxy_protocol", hsl, {"version", ArgType::one_of, Presence::required, "on|off|v1|v2"}, "off",
            apply_proxy_protocol, "Upstream connections begin with a PROXY protocol header; on: version 1."),
    setting("proxy_pass_request_headers", hsl, on_off, "on", set<&ProxySettings::pass_request_headers>,
            "Whether the client's fields go upstream."),
    setting("proxy_pass_request_body", hsl, on_off, "on", set<&ProxySettings::pass_request_body>,
            "Whether the client's body goes upstream."),
    setting("proxy_request_buffering", hsl, on_off, "on", set<&ProxySettings::request_buffering>,
            "Read the whole request body before going upstream."),
    setting("proxy_socket_keepalive", hsl, on_off, "off", set<&ProxySettings::socket_keepalive>,
            "TCP keep-alive on upstream connections."),

    setting("proxy_connect_timeout", hsl, time_ms, "60s", set<&ProxySettings::connect_timeout_ms>,
            "Longest wait for an upstream connection."),
    setting("proxy_send_timeout", hsl, time_ms, "60s", set<&ProxySettings::send_timeout_ms>,
            "Longest pause between two writes upstream."),
    setting("proxy_read_timeout", hsl, time_ms, "60s", set<&ProxySettings::read_timeout_ms>,
            "Longest pause between two reads from upstream; 504 after it."),
    lists("proxy_next_upstream", next_upstream_conditions, apply_next_upstream,
          "When a request goes on to the next server.", false),
    setting("proxy_next_upstream_timeout", hsl, time_ms, "0", set<&ProxySettings::next_upstream_timeout_ms>,
            "Time in which further servers may be tried; 0: any."),
    setting("proxy_next_upstream_tries", hsl, any_count, "0", set<&ProxySettings::next_upstream_tries>,
            "Most tries of one request; 0: any."),

    setting("proxy_buffering", hsl, on_off, "on", set<&ProxySettings::buffering>,
            "Take answers from upstream faster than the client reads them."),
    setting("proxy_limit_rate", hsl, {"rate", ArgType::templ}, "0", set_size_template<&ProxySettings::limit_rate>,
            "Bytes per second read from upstream; 0: no limit."),
    setting("proxy_ignore_client_abort", hsl, on_off, "off", set<&ProxySettings::ignore_client_abort>,
            "Finish the upstream request when the client has gone."),
    setting("proxy_intercept_errors", hsl, on_off, "off", set<&ProxySettings::intercept_errors>,
            "Let error_page act on upstream answers of 300 and above."),
    setting("proxy_force_ranges", hsl, on_off, "off", set<&ProxySettings::force_ranges>,
            "Serve ranges whatever the upstream's Accept-Ranges says."),
    setting("proxy_pass_trailers", hsl, on_off, "off", set<&ProxySettings::pass_trailers>,
            "Pass the upstream's trailers."),
    lists("proxy_hide_header", field_name, apply_field_name<table::ProxyHideHeaders>,
          "An answer's field that is not passed on."),
    lists("proxy_pass_header", field_name, apply_field_name<table::ProxyPassHeaders>,
          "A field that would be hidden (Date, Server, X-Accel-...) is passed on."),
    lists("proxy_ignore_headers", field_names, apply_ignore_headers,
          "Fields of the answer that are not acted on.", false),
};

void end(Scope& main) {
  main.builder.at_end([&main] { report_unknown_upstreams(main); });
}

}  // namespace

constinit const table::Module proxy_module{"proxy", rows, policy::finish_proxy, nullptr, end};

}  // namespace gh::directives
