// grpc_*: how gRPC calls go upstream and answers come back. grpc_pass itself is in grpc_pass.cc, grpc_ssl_* elsewhere.
#include "directives/directives.h"
#include "directives/proxy_values.h"
#include "directives/setters.h"
#include "table/grpc_settings.h"

namespace gh::directives {
namespace {

using table::GrpcSettings;
using table::ProxySettings;

/// As set<>, of a member that GrpcSettings has from ProxySettings.
template <auto Member>
void set_own(Scope& scope, const Bound& directive) {
  using Type = typename detail::MemberTraits<decltype(Member)>::Type;
  const auto value = static_cast<Type>(directive.at(0).number);
  if (scope.get<GrpcSettings>().*Member != value) scope.edit<GrpcSettings>().*Member = value;
}

void apply_set_header(Scope& scope, const Bound& directive) {
  auto& list = scope.edit_list<table::GrpcSetHeaders>().list;
  if (auto header = read_set_header(scope, directive)) list.push_back(std::move(*header));
}

void apply_bind(Scope& scope, const Bound& directive) { read_bind(scope, directive, scope.edit<GrpcSettings>()); }

void apply_next_upstream(Scope& scope, const Bound& directive) {
  scope.edit<GrpcSettings>().next_upstream = read_next_upstream(directive);
}

void apply_ignore_headers(Scope& scope, const Bound& directive) {
  scope.edit_list<table::GrpcIgnoreHeaders>().bits |= read_ignored_headers(scope, directive);
}

constexpr Row rows[] = {
    {.name = "grpc_set_header",
     .contexts = hsl,
     .args = {{field_name, {"value", ArgType::templ}}},
     .inherit = Inherit::replace,
     .repeatable = true,
     .apply = apply_set_header,
     .doc = "A field of the call as it goes upstream; an empty value removes it."},
    {.name = "grpc_bind",
     .contexts = hsl,
     .args = {{bind_address, is_transparent}},
     .apply = apply_bind,
     .doc = "Local address of connections to gRPC servers."},
    setting("grpc_socket_keepalive", hsl, on_off, "off", set_own<&ProxySettings::socket_keepalive>,
            "TCP keep-alive on connections to gRPC servers."),
    setting("grpc_buffer_size", hsl, size_bytes, "8k", set_own<&ProxySettings::buffer_bytes>,
            "Most of an answer's head."),
    setting("grpc_connect_timeout", hsl, time_ms, "60s", set_own<&ProxySettings::connect_timeout_ms>,
            "Longest wait for a connection."),
    setting("grpc_send_timeout", hsl, time_ms, "60s", set_own<&ProxySettings::send_timeout_ms>,
            "Longest pause between two writes upstream."),
    setting("grpc_read_timeout", hsl, time_ms, "60s", set_own<&ProxySettings::read_timeout_ms>,
            "Longest pause between two reads from upstream."),
    lists("grpc_next_upstream", next_upstream_conditions, apply_next_upstream,
          "When a call goes on to the next server.", false),
    setting("grpc_next_upstream_tries", hsl, any_count, "0", set_own<&ProxySettings::next_upstream_tries>,
            "Most tries of one call; 0: any."),
    setting("grpc_next_upstream_timeout", hsl, time_ms, "0", set_own<&ProxySettings::next_upstream_timeout_ms>,
            "Time in which further servers may be tried; 0: any."),
    setting("grpc_intercept_errors", hsl, on_off, "off", set_own<&ProxySettings::intercept_errors>,
            "Let error_page act on upstream answers of 300 and above."),
    lists("grpc_hide_header", field_name, apply_field_name<table::GrpcHideHeaders>,
          "An answer's field that is not passed on."),
    lists("grpc_pass_header", field_name, apply_field_name<table::GrpcPassHeaders>,
          "A field that would be hidden (Date, Server, X-Accel-...) is passed on."),
    lists("grpc_ignore_headers", field_names, apply_ignore_headers,
          "Fields of the answer that are not acted on.", false),
    setting("grpc_web", hsl, on_off, "off", set_own<&GrpcSettings::web>,
            "Take calls of browsers (gRPC-Web) and translate them."),
};

}  // namespace

constinit const table::Module grpc_module{"grpc", rows};

}  // namespace gh::directives
