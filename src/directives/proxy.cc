// proxy_*: how requests go upstream and answers come back.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "directives/directives.h"
#include "directives/proxy_pass.h"
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
  const std::string_view name = directive.at(0).text;
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_tchar)) {
    scope.error(code::bad_choice, directive.at(0).span, "`" + printable(name) + "` is no field name");
    return;
  }
  if (const auto merged = scope.local_or_null<MergedCount>()) {  // the inner line wins over an inherited one
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(merged->inherited);
    const auto same = std::find_if(list.begin(), end, [&](const HeaderSetting& h) { return iequals(h.name, name); });
    if (same != end) {
      list.erase(same);
      --scope.local<MergedCount>().inherited;
    }
  }
  list.push_back({std::string(name), scope.compile(directive.at(1)), http::header_id(name)});
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
  if (version.text == "2")
    scope.error(code::not_served, version.span, "HTTP/2 to upstreams is not served yet").with_help("use 1.1");
  assign<&ProxySettings::http_1_0>(scope, version.text == "1.0");
}

void apply_proxy_protocol(Scope& scope, const Bound& directive) {
  const std::string_view mode = directive.at(0).text;
  assign<&ProxySettings::proxy_line_version>(scope, std::uint8_t(mode == "off" ? 0 : mode == "v2" ? 2 : 1));
}

void apply_bind(Scope& scope, const Bound& directive) {
  auto& proxy = scope.edit<ProxySettings>();
  const Value& value = directive.at(0);
  proxy.bind.reset();
  proxy.bind_template.reset();
  proxy.bind_off = value.text == "off";
  if (const Value* transparent = directive.find("transparent")) {
    scope.error(code::not_served, transparent->span, "`proxy_bind ... transparent` is not served yet");
  }
  if (proxy.bind_off) return;
  if (value.text.find('$') != std::string::npos) {
    proxy.bind_template = scope.compile(value);
    return;
  }
  const Result<Address> address = Address::parse(value.text, 0);
  if (address) proxy.bind = *address;
  else scope.error(code::bad_address, value.span, "`" + printable(value.text) + "` is not an address of this machine")
           .with_help("forms: 10.0.0.1, 10.0.0.1:5000, [::1]:5000, off");
}

// --- answers ---

struct Word {
  std::string_view name;
  std::uint32_t bit;
};
constexpr Word next_words[] = {{"error", table::next_error},
                               {"timeout", table::next_timeout},
                               {"invalid_header", table::next_invalid_header},
                               {"non_idempotent", table::next_non_idempotent},
                               {"http_500", table::next_500},
                               {"http_502", table::next_502},
                               {"http_503", table::next_503},
                               {"http_504", table::next_504},
                               {"http_403", table::next_403},
                               {"http_404", table::next_404},
                               {"http_429", table::next_429},
                               {"off", table::next_off},
                               {"denied", table::next_denied}};
constexpr Word ignore_words[] = {
    {"x-accel-redirect", table::ignore_x_accel_redirect},   {"x-accel-expires", table::ignore_x_accel_expires},
    {"x-accel-limit-rate", table::ignore_x_accel_limit_rate}, {"x-accel-buffering", table::ignore_x_accel_buffering},
    {"x-accel-charset", table::ignore_x_accel_charset},     {"expires", table::ignore_expires},
    {"cache-control", table::ignore_cache_control},         {"set-cookie", table::ignore_set_cookie},
    {"vary", table::ignore_vary}};

template <std::size_t N>
std::uint32_t bit_of(const Word (&words)[N], std::string_view name) {
  const auto it =
      std::find_if(std::begin(words), std::end(words), [&](const Word& w) { return iequals(w.name, name); });
  return it == std::end(words) ? 0 : it->bit;
}

void apply_next_upstream(Scope& scope, const Bound& directive) {
  std::uint32_t bits = 0;
  for (const Value& value : directive.values) bits |= bit_of(next_words, value.text);
  if (bits & table::next_off) bits = table::next_off;
  assign<&ProxySettings::next_upstream>(scope, bits);
}

void apply_ignore_headers(Scope& scope, const Bound& directive) {
  auto& group = scope.edit_list<table::ProxyIgnoreHeaders>();
  for (const Value& value : directive.values) {
    const std::uint32_t bit = bit_of(ignore_words, value.text);
    if (bit == 0)
      scope.error(code::bad_choice, value.span, "`" + printable(value.text) + "` is not a field that is acted on")
          .with_help(
              "one of X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset "
              "Expires Cache-Control Set-Cookie Vary");
    group.bits |= bit;
  }
}

template <class Group>
void apply_field_name(Scope& scope, const Bound& directive) {
  scope.edit_list<Group>().list.push_back(to_lower(directive.at(0).text));
}

constexpr config::Contexts pass_contexts = config::in_location | config::in_location_if | config::in_limit_except;
constexpr ArgSpec field_name{"field", ArgType::word};

constexpr Row lists(std::string_view name, ArgSpec arg, config::Apply apply, std::string_view doc,
                    bool repeatable = true) {
  Row row = setting(name, hsl, arg, {}, apply, doc);
  row.inherit = Inherit::replace;
  row.repeatable = repeatable;
  return row;
}

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
     .args = {{{"address", ArgType::templ}, {"transparent", ArgType::flag, Presence::optional}}},
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
    lists("proxy_next_upstream",
          {"condition", ArgType::one_of, Presence::repeat_one,
           "error|timeout|invalid_header|http_500|http_502|http_503|http_504|http_403|http_404|http_429|non_idempotent|"
           "denied|off"},
          apply_next_upstream, "When a request goes on to the next server.", false),
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
    lists("proxy_ignore_headers", {"field", ArgType::word, Presence::repeat_one}, apply_ignore_headers,
          "Fields of the answer that are not acted on.", false),
};

void end(Scope& main) {
  main.builder.at_end([&main] { report_unknown_upstreams(main); });
}

}  // namespace

constinit const table::Module proxy_module{"proxy", rows, policy::finish_proxy, nullptr, end};

}  // namespace gh::directives
