// grpc_pass: its address is looked at, and the location answers 502 until gRPC is served (policy/content/grpc_pass.cc).
#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "directives/upstreams.h"
#include "policy/policy.h"
#include "table/build.h"
#include "table/codes.h"

namespace gh::directives {
namespace {

namespace code = table::code;

/// grpc://ADDRESS, grpcs://ADDRESS or the ADDRESS alone: a host with a port, unix:/path, or an upstream.
void check_address(Scope& scope, const Value& value) {
  std::string_view rest = value.text;
  for (const std::string_view scheme : {"grpc://", "grpcs://"}) {
    if (rest.size() >= scheme.size() && iequals(rest.substr(0, scheme.size()), scheme)) {
      rest.remove_prefix(scheme.size());
      break;
    }
  }
  const bool uri = !rest.starts_with("unix:") && rest.find('/') != std::string_view::npos;
  const auto server = read_server(rest, 80);
  if (server && !uri) return;
  scope.error(code::bad_url, value.span, uri ? "`grpc_pass` takes no URI part" : server.error().text)
      .with_help("forms: grpc://host:50051, grpcs://host:50051, host:50051, unix:/run/app.sock, an upstream's name");
}

void apply_grpc_pass(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  if (value.text.find('$') != std::string_view::npos) scope.compile(value);
  else check_address(scope, value);
  scope.warning(code::not_served_yet, directive.span(), "`grpc_pass` is not served yet")
      .with_label("requests are answered with 502")
      .with_help("send these paths past the gateway");
  const std::size_t scheme = value.text.find("://");
  const std::string_view name = value.text.substr(scheme == std::string_view::npos ? 0 : scheme + 3);
  scope.builder.at_end([main = &table::outermost(scope), name, span = value.span] {
    if (main->builder.find_upstream(name) || name.find_first_of(".:[$") != std::string_view::npos) return;
    main->warning(code::taken_as_host, span, "no upstream is called `" + std::string(name) + "`")
        .with_label("it is taken as the name of a host")
        .with_help("write the port to say so, or add `upstream " + std::string(name) + " { server ...; }`");
  });
  policy::apply_grpc_pass(scope, directive);
}

constexpr Row rows[] = {
    {.name = "grpc_pass",
     .contexts = config::in_location | config::in_location_if,
     .args = {{{"address", ArgType::templ}}},
     .inherit = Inherit::none,
     .phase = Phase::content,
     .apply = apply_grpc_pass,
     .doc = "A gRPC server; not served yet: requests are answered with 502."},
};

}  // namespace

constinit const table::Module grpc_pass_module{"grpc_pass", rows, policy::finish_grpc_pass};

}  // namespace gh::directives
