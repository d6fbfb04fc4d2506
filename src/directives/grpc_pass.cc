// grpc_pass: its address becomes a ProxyTarget, as that of proxy_pass does (proxy_pass.cc). The step that executes it
// is policy/content/grpc_pass.cc.
#include "base/text.h"
#include "directives/directives.h"
#include "directives/proxy_values.h"
#include "directives/setters.h"
#include "directives/upstreams.h"
#include "policy/policy.h"
#include "table/build.h"
#include "table/codes.h"
#include "table/grpc_settings.h"
#include "table/proxy_target.h"

namespace gh::directives {
namespace {

namespace code = table::code;

constexpr std::string_view forms =
    "forms: grpc://host:50051, grpcs://host:50051, host:50051, unix:/run/app.sock, an upstream's name";

/// "http://" says nothing that "grpc://" does not, and is refused by nginx, too. True: reported.
bool has_scheme_of_http(Scope& scope, const Value& value) {
  const std::size_t size = value.text.find("://");
  if (size == std::string_view::npos) return false;
  const std::string_view scheme = value.text.substr(0, size);
  const std::string_view meant = iequals(scheme, "http") ? "grpc" : iequals(scheme, "https") ? "grpcs" : "";
  if (meant.empty()) return false;
  scope
      .error(code::bad_url, value.span,
             "`" + std::string(scheme) + "://` is no scheme of `grpc_pass`: its schemes are grpc:// and grpcs://")
      .with_help("write `" + std::string(meant) + "://" + printable(value.text.substr(size + 3)) + "`");
  return true;
}

/// The address without variables; false: reported.
bool check_address(Scope& scope, const Value& value, const std::string& url) {
  if (has_scheme_of_http(scope, value)) return false;
  const auto parsed = table::parse_proxy_url(url);
  std::string why;
  if (!parsed) why = parsed.error().text;
  else if (parsed->has_uri) why = "`grpc_pass` takes no URI part";
  const auto server = read_server(parsed ? parsed->authority : "localhost", 80);
  if (why.empty() && !server) why = server.error().text;
  if (why.empty()) return true;
  scope.error(code::bad_url, value.span, why).with_help(std::string(forms));
  return false;
}

void apply_grpc_pass(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  auto& target = scope.local<table::GrpcTarget>();
  target.where = directive.span();
  if (value.text.find('$') != std::string_view::npos) {
    target.url = scope.compile(value);
    target.has_variables = true;
    target.may_be_tls = !value.text.starts_with("grpc://");
    table::outermost(scope).local<DynamicTargets>().any = true;
    return;
  }
  const std::string url = table::url_of_grpc(value.text);
  if (!check_address(scope, value, url)) return;
  set_target(scope, std::const_pointer_cast<table::GrpcTarget>(scope.local_or_null<table::GrpcTarget>()), url,
             value.span);
}

constexpr Row rows[] = {
    {.name = "grpc_pass",
     .contexts = config::in_location | config::in_location_if,
     .args = {{{"address", ArgType::templ}}},
     .inherit = Inherit::none,
     .phase = Phase::content,
     .apply = apply_grpc_pass,
     .doc = "Send gRPC calls to this server or upstream."},
};

}  // namespace

constinit const table::Module grpc_pass_module{"grpc_pass", rows, policy::finish_grpc_pass};

}  // namespace gh::directives
